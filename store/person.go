package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/domain/estate"
)

// Purposes of blind indexes of personal data.
const (
	indexIdentity   = "identity"
	indexName       = "name"
	indexPhone      = "phone"
	indexPhoneLast4 = "phone-last4"
	indexIDNo       = "id-no"
	indexIDNoLast4  = "id-no-last4"
	indexEmail      = "email"
)

// personFacts are what is known of a person, normalised. IDShared: the ID number is given to several names, so that it
// tells nobody from another.
type personFacts struct {
	Name        string
	Company     bool
	Phone       string
	OtherPhones []string
	IDNo        string
	Email       string
	IDShared    bool
}

func (f personFacts) kind() string {
	if f.Company {
		return "company"
	}
	return "person"
}

// identity is the natural key of a record, by which two imports at the same time can't make one person twice: the name with
// the phone, else with the ID number, else with the unit. A company is its name, so that a developer is one debtor however
// many units and phones the rows give. Which person a row means is found by more than that: see people.
func (k *KeyRing) identity(f personFacts, unitID string) []byte {
	name := estate.NameKey(f.Name)
	switch {
	case f.Company:
		return k.Index(indexIdentity, "company|"+name)
	case f.Phone != "":
		return k.Index(indexIdentity, "phone|"+name+"|"+f.Phone)
	case f.IDNo != "" && !f.IDShared:
		return k.Index(indexIdentity, "id|"+name+"|"+f.IDNo)
	}
	return k.Index(indexIdentity, "unit|"+name+"|"+unitID)
}

// ownIdentity is the natural key of a record whose usual one is another record's.
func (k *KeyRing) ownIdentity(personID string) []byte { return k.Index(indexIdentity, "own|"+personID) }

// personRow is a person as far as an import compares it.
type personRow struct {
	ID           string `db:"id"`
	Kind         string `db:"kind"`
	IdentityBidx []byte `db:"identity_bidx"`
	NameBidx     []byte `db:"name_bidx"`
	PhoneBidx    []byte `db:"phone_bidx"`
	IDNoBidx     []byte `db:"id_no_bidx"`
	EmailBidx    []byte `db:"email_bidx"`
	NameEnc      []byte `db:"name_enc"`
	PhoneEnc     []byte `db:"phone_enc"`
	IDNoEnc      []byte `db:"id_no_enc"`
	EmailEnc     []byte `db:"email_enc"`
	MergedInto   string `db:"merged_into"`
	otherPhones  []personPhone
}

const personColumns = `p.id, p.kind, p.identity_bidx, p.name_bidx, p.phone_bidx, p.id_no_bidx, p.email_bidx, p.name_enc, p.phone_enc, p.id_no_enc, p.email_enc,
	COALESCE(p.merged_into, '') AS merged_into`

// personChange is a person to be written with new contact data; nil indexes keep what is there.
type personChange struct {
	id       string
	identity []byte // new natural key, nil keeps the old one
	facts    personFacts
}

func (s *Store) personValues(orgID, id string, identity []byte, f personFacts, at any) []any {
	k := s.keys
	return []any{
		orgID, id, f.kind(), identity, k.Seal(f.Name), k.Index(indexName, estate.NameKey(f.Name)),
		k.Seal(f.Phone), k.Index(indexPhone, f.Phone), k.Index(indexPhoneLast4, estate.LastFour(f.Phone)),
		k.Seal(f.IDNo), k.Index(indexIDNo, f.IDNo), k.Index(indexIDNoLast4, estate.LastFour(f.IDNo)),
		k.Seal(f.Email), k.Index(indexEmail, f.Email), at,
	}
}

const insertPersons = `INSERT INTO person (org_id, id, kind, identity_bidx, name_enc, name_bidx, phone_enc, phone_bidx, phone_last4_bidx,
	id_no_enc, id_no_bidx, id_no_last4_bidx, email_enc, email_bidx, created_at)`

// updatePerson writes changed contact data, each only where it is given.
func (s *Store) updatePerson(ctx context.Context, tx *sqlx.Tx, orgID string, c personChange) error {
	k, f := s.keys, c.facts
	_, err := tx.ExecContext(ctx, `UPDATE person SET identity_bidx = COALESCE(?, identity_bidx),
		phone_enc = COALESCE(?, phone_enc), phone_bidx = COALESCE(?, phone_bidx), phone_last4_bidx = COALESCE(?, phone_last4_bidx),
		id_no_enc = COALESCE(?, id_no_enc), id_no_bidx = COALESCE(?, id_no_bidx), id_no_last4_bidx = COALESCE(?, id_no_last4_bidx),
		email_enc = COALESCE(?, email_enc), email_bidx = COALESCE(?, email_bidx), version = version + 1
		WHERE org_id = ? AND id = ?`, c.identity,
		k.Seal(f.Phone), k.Index(indexPhone, f.Phone), k.Index(indexPhoneLast4, estate.LastFour(f.Phone)),
		k.Seal(f.IDNo), k.Index(indexIDNo, f.IDNo), k.Index(indexIDNoLast4, estate.LastFour(f.IDNo)),
		k.Seal(f.Email), k.Index(indexEmail, f.Email), orgID, c.id)
	if err != nil {
		return fmt.Errorf("change a person: %w", err)
	}
	return nil
}

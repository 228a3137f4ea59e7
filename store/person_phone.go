package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/importing"
)

// personPhone is a further phone of a person: people call it and search by it, messages go to the one of the person.
type personPhone struct {
	ID        string `db:"id"`
	PersonID  string `db:"person_id"`
	PhoneEnc  []byte `db:"phone_enc"`
	PhoneBidx []byte `db:"phone_bidx"`
	plain     string // of one that is to be written
}

// readOtherPhones gives the further phones of people, in the order in which they were added.
func readOtherPhones(ctx context.Context, q sqlx.QueryerContext, orgID string, personIDs []string) (map[string][]personPhone, error) {
	found := map[string][]personPhone{}
	for chunk := range slices.Chunk(personIDs, idsPerRead) {
		var rows []personPhone
		err := selectIn(ctx, q, &rows, `SELECT id, person_id, phone_enc, phone_bidx FROM person_phone FORCE INDEX (person_phone_natural)
			WHERE org_id = ? AND person_id IN (?) ORDER BY id`, orgID, chunk)
		if err != nil {
			return nil, fmt.Errorf("read further phones: %w", err)
		}
		for _, r := range rows {
			found[r.PersonID] = append(found[r.PersonID], r)
		}
	}
	return found, nil
}

// openOtherPhones gives the further phones of a person, without the one that messages go to.
func (k *KeyRing) openOtherPhones(phone string, others []personPhone) (out []string, err error) {
	for _, o := range others {
		plain, err := k.Open(o.PhoneEnc)
		if err != nil {
			return nil, fmt.Errorf("read a further phone of %s: %w", o.PersonID, err)
		}
		if plain != phone {
			out = append(out, plain)
		}
	}
	return out, nil
}

// addPhones gives a person the phones that he or she does not have.
func (p *rosterPlan) addPhones(person *personRow, phones []string) (added int) {
	for _, phone := range phones {
		index := p.keys.Index(indexPhone, phone)
		if holds(person.numbers(), index) {
			continue
		}
		one := personPhone{ID: NewID(), PersonID: person.ID, PhoneEnc: p.keys.Seal(phone), PhoneBidx: index, plain: phone}
		person.otherPhones = append(person.otherPhones, one)
		p.plan.makes("person_phone", one.ID)
		p.newPhones = append(p.newPhones, one)
		added++
	}
	return added
}

// changePhones is addPhones for a person who was there.
func (p *rosterPlan) changePhones(person *personRow, phones []string) ([]importing.Change, error) {
	before := len(person.otherPhones)
	if p.addPhones(person, phones) == 0 {
		return nil, nil
	}
	phone, err := p.keys.Open(person.PhoneEnc)
	if err != nil {
		return nil, fmt.Errorf("read a person's phone: %w", err)
	}
	var texts [2]string
	for i, n := range []int{before, len(person.otherPhones)} {
		others, err := p.keys.openOtherPhones(phone, person.otherPhones[:n])
		if err != nil {
			return nil, err
		}
		texts[i] = strings.Join(others, "、")
	}
	notes := p.changeList()
	notes.note("other_phones", texts[0], texts[1])
	return notes.found, nil
}

func (s *Store) writePhones(ctx context.Context, tx *sqlx.Tx, sc access.Scope, p *rosterPlan) error {
	now := s.clock.Now()
	var rows [][]any
	for _, n := range p.newPhones {
		rows = append(rows, []any{sc.OrgID, n.ID, n.PersonID, n.PhoneEnc, n.PhoneBidx, s.keys.Index(indexPhoneLast4, estate.LastFour(n.plain)), now})
	}
	err := insertRows(ctx, tx, `INSERT INTO person_phone (org_id, id, person_id, phone_enc, phone_bidx, phone_last4_bidx, created_at)`, rows)
	if err != nil {
		return fmt.Errorf("write further phones: %w", err)
	}
	return nil
}

// movePhones gives one person's further phones to the other; one that both have is kept once.
func movePhones(ctx context.Context, tx *sqlx.Tx, orgID, into, gone string) error {
	found, err := readOtherPhones(ctx, tx, orgID, []string{into, gone})
	if err != nil {
		return err
	}
	for _, one := range found[gone] {
		statement, args := `UPDATE person_phone SET person_id = ?, version = version + 1 WHERE org_id = ? AND id = ?`, []any{into, orgID, one.ID}
		if slices.ContainsFunc(found[into], func(o personPhone) bool { return bytes.Equal(o.PhoneBidx, one.PhoneBidx) }) {
			statement, args = `DELETE FROM person_phone WHERE org_id = ? AND id = ?`, []any{orgID, one.ID}
		}
		if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
			return fmt.Errorf("move a further phone: %w", err)
		}
	}
	return nil
}

// numbers are the indexes of all phones of a person.
func (r *personRow) numbers() [][]byte {
	var all [][]byte
	if r.PhoneBidx != nil {
		all = append(all, r.PhoneBidx)
	}
	for _, o := range r.otherPhones {
		all = append(all, o.PhoneBidx)
	}
	return all
}

func holds(indexes [][]byte, one []byte) bool {
	return one != nil && slices.ContainsFunc(indexes, func(i []byte) bool { return bytes.Equal(i, one) })
}

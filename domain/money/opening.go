package money

import (
	"time"

	"steward/domain/refusal"
)

// OpeningBalances are what a community's debtors owed and had paid in advance when Steward took over: the imported bills,
// corrected, less the imported payments that pay them, and what is left of those payments. Money that the desk takes later
// does not change them. Fingerprint stands for every bill and payment in them.
type OpeningBalances struct {
	CommunityID    string           `json:"community_id"`
	PrincipalFen   int64            `json:"principal_fen"`
	AdvanceFen     int64            `json:"advance_fen"`
	Bills          int              `json:"bills"`
	Debtors        int              `json:"debtors"`
	AdvanceDebtors int              `json:"advance_debtors"`
	FeeItems       []OpeningFeeItem `json:"fee_items"`
	Fingerprint    string           `json:"fingerprint"`
	SignOff        *OpeningSignOff  `json:"sign_off,omitempty"`
	ChangedSince   bool             `json:"changed_since_sign_off"`
}

// OpeningFeeItem is what was owed for one fee item.
type OpeningFeeItem struct {
	FeeItemID    string `json:"fee_item_id"`
	FeeItem      string `json:"fee_item"`
	Bills        int    `json:"bills"`
	Debtors      int    `json:"debtors"`
	PrincipalFen int64  `json:"principal_fen"`
}

// OpeningSignOff is who found the opening balances right, and which figures these were.
type OpeningSignOff struct {
	ID           string    `json:"id" db:"id"`
	PrincipalFen int64     `json:"principal_fen" db:"principal_fen"`
	AdvanceFen   int64     `json:"advance_fen" db:"advance_fen"`
	Fingerprint  string    `json:"fingerprint" db:"fingerprint"`
	Note         string    `json:"note,omitempty" db:"note"`
	SignedBy     string    `json:"signed_by" db:"signed_by"`
	SignedName   string    `json:"signed_name" db:"signed_name"`
	SignedAt     time.Time `json:"signed_at" db:"signed_at"`
}

// NewOpeningSignOff is what a person signs: the figures that the person saw. Fingerprint may be left out.
type NewOpeningSignOff struct {
	PrincipalFen int64
	AdvanceFen   int64
	Fingerprint  string
	Note         string
}

// Check refuses a sign-off of other figures than the present ones.
func (n NewOpeningSignOff) Check(present OpeningBalances) error {
	if n.PrincipalFen == present.PrincipalFen && n.AdvanceFen == present.AdvanceFen && (n.Fingerprint == "" || n.Fingerprint == present.Fingerprint) {
		return nil
	}
	return refusal.New(refusal.Conflict, "opening-balances-changed", "期初余额与您看到的不一致：当前欠费 %s、预存 %s，您确认的是欠费 %s、预存 %s。请重新核对后再签认。",
		Format(present.PrincipalFen), Format(present.AdvanceFen), Format(n.PrincipalFen), Format(n.AdvanceFen)).
		With("seen", map[string]any{"principal_fen": n.PrincipalFen, "advance_fen": n.AdvanceFen}).
		With("present", map[string]any{"principal_fen": present.PrincipalFen, "advance_fen": present.AdvanceFen, "fingerprint": present.Fingerprint})
}

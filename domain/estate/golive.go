package estate

import (
	"fmt"
	"time"

	"steward/domain/refusal"
)

// GoLive is a community's guard against early mistakes: while it is on, messages go only to the test phones. Signing off
// the opening balances ends it.
type GoLive struct {
	CommunityID string     `json:"community_id"`
	Guard       bool       `json:"guard"`
	TestPhones  []string   `json:"test_phones"`
	SignedOff   bool       `json:"signed_off"`
	SignedOffAt *time.Time `json:"signed_off_at,omitempty"`
	SignedOffBy string     `json:"signed_off_by,omitempty"`
	Version     int        `json:"version"`
}

// GoLiveChange is what an editor sets; what is left out stays. Signing off wins over the guard.
type GoLiveChange struct {
	Guard      *bool     `json:"guard,omitempty"`
	TestPhones *[]string `json:"test_phones,omitempty"`
	SignedOff  *bool     `json:"signed_off,omitempty"`
}

const maxTestPhones = 50

// Apply gives the guard after a change; phones are normalised, and what cannot be one is refused.
func (c GoLiveChange) Apply(g GoLive) (GoLive, error) {
	if c.TestPhones != nil {
		if len(*c.TestPhones) > maxTestPhones {
			return g, refusal.New(refusal.Rule, "too-many-test-phones", "测试手机最多 %d 个。", maxTestPhones).At("test_phones", "数量过多", len(*c.TestPhones))
		}
		g.TestPhones = make([]string, 0, len(*c.TestPhones))
		for i, phone := range *c.TestPhones {
			digits, ok := Phone(phone)
			if !ok {
				return g, refusal.New(refusal.Rule, "invalid-phone", "测试手机号码无效，请检查后重试。").At(fmt.Sprintf("test_phones[%d]", i), "号码无效", nil)
			}
			g.TestPhones = append(g.TestPhones, digits)
		}
	}
	if c.Guard != nil {
		g.Guard = *c.Guard
	}
	if c.SignedOff != nil {
		g.SignedOff = *c.SignedOff
	}
	g.Guard = g.Guard && !g.SignedOff
	return g, nil
}

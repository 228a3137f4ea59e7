package money

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"steward/domain/calendar"
	"steward/domain/refusal"
)

// NewPayment is money that came in. It is the same payment as another with the same channel and external number. The
// debtor is named directly, or found from the unit; CommunityID is only needed when neither settles the community.
type NewPayment struct {
	CommunityID string
	UnitID      string
	DebtorID    string
	AmountFen   int64
	Method      string
	Channel     string
	ExternalNo  string // compared byte for byte
	PaidAt      time.Time
	TakenNow    bool     // nobody named PaidAt, it is this moment: taken also after today was closed, and booked on the next day
	BillIDs     []string // bills that the payer names, in the payer's order
	Source      Source
	PurposeID   string // a fee item: only its bills are paid, and the rest waits for them alone
	DepositKind string // a deposit or bond of that kind: nothing of it pays bills
	RoundOffFen int64  // what is left off (抹零), at the desk only
	ExpectedFen *int64 // what the desk showed as owed, nil when it did not say
	MovedFrom   string // the payment that this one replaces: it is booked now, together with that one's reversal
}

const (
	maxExternalNo = 96
	maxNamedBills = 500
	// clockLeeway is how far ahead of business time a payment instant may lie.
	clockLeeway = 5 * time.Minute
)

var (
	methodForm  = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,19}$`)
	channelForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:-]{0,31}$`)
	earliest    = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Check refuses a payment that cannot have happened or cannot be kept; now is business time.
func (p NewPayment) Check(now time.Time) error {
	if err := CheckAmount(p.AmountFen); err != nil {
		return err
	}
	switch {
	case !methodForm.MatchString(p.Method):
		return refusal.New(refusal.Rule, "method-malformed", "缴费方式不正确，请使用 cash、wechat、alipay、bank、card、pos、transfer、online 等小写代码。").
			At("method", "缴费方式不正确", p.Method)
	case !channelForm.MatchString(p.Channel):
		return refusal.New(refusal.Rule, "channel-malformed", "收款渠道不正确，请使用不超过 32 位的字母、数字或 _ . : -。").
			At("channel", "收款渠道不正确", p.Channel)
	case len(p.BillIDs) > maxNamedBills:
		return refusal.New(refusal.Rule, "too-many-bills", "一笔缴费最多指定 %d 张账单。", maxNamedBills).At("bill_ids", "账单过多", len(p.BillIDs))
	case p.PaidAt.Before(earliest):
		return refusal.New(refusal.Rule, "paid-at-malformed", "请填写正确的缴费时间。").At("paid_at", "缴费时间不正确", p.PaidAt)
	case p.PaidAt.After(now.Add(clockLeeway)):
		return refusal.New(refusal.Rule, "paid-in-future", "缴费时间晚于当前时间，请核对后重新填写。").At("paid_at", "缴费时间不能在将来", p.PaidAt)
	}
	return checkExternalNo(p.ExternalNo)
}

// checkExternalNo also refuses blanks at either end: the database would take "A1" and "A1 " for the same number.
func checkExternalNo(no string) error {
	refuse := func(why string) error {
		return refusal.New(refusal.Rule, "external-no-malformed", "外部流水号不正确：%s。", why).At("external_no", why, nil)
	}
	switch {
	case no == "":
		return refuse("不能为空")
	case !utf8.ValidString(no):
		return refuse("含有无法识别的字符")
	case utf8.RuneCountInString(no) > maxExternalNo:
		return refuse("不能超过 96 个字符")
	case strings.ContainsFunc(no, unicode.IsControl):
		return refuse("不能含有控制字符")
	case strings.TrimSpace(no) != no:
		return refuse("首尾不能有空格")
	}
	return nil
}

// PaymentStatus is where a payment stands.
type PaymentStatus string

// The statuses of a payment.
const (
	PaymentRecorded PaymentStatus = "recorded"
	PaymentReversed PaymentStatus = "reversed"
)

// Payment is money that was taken, with its split. Allocations are what it pays now, net of what was taken back;
// AdvanceFen is what no bill has used yet.
type Payment struct {
	ID          string        `json:"id"`
	CommunityID string        `json:"community_id"`
	DebtorID    string        `json:"debtor_id"`
	UnitID      string        `json:"unit_id,omitempty"`
	AmountFen   int64         `json:"amount_fen"`
	Method      string        `json:"method"`
	Channel     string        `json:"channel"`
	ExternalNo  string        `json:"external_no"`
	PaidAt      time.Time     `json:"paid_at"`
	KnownAt     time.Time     `json:"known_at"`
	Status      PaymentStatus `json:"status"`
	ReceiptNo   string        `json:"receipt_no"`
	Allocations []Allocation  `json:"allocations"`
	AdvanceFen  int64         `json:"advance_fen"`
	ReversedAt  *time.Time    `json:"reversed_at,omitempty"`
	ReversedWhy string        `json:"reversed_why,omitempty"`
	RecordedBy  string        `json:"recorded_by"`
	Version     int           `json:"version"`
	PurposeID   string        `json:"purpose_id,omitempty"`    // the fee item whose bills alone the advance may pay
	DepositKind string        `json:"deposit_kind,omitempty"`  // what the deposit is for
	DepositFen  int64         `json:"deposit_fen,omitempty"`   // held as a deposit
	RefundedFen int64         `json:"refunded_fen,omitempty"`  // given back
	RoundOffFen int64         `json:"round_off_fen,omitempty"` // left off on top of the amount
	ShiftID     string        `json:"shift_id,omitempty"`
}

// Recorded is what became of one payment of a set: the payment, or why it was refused. Existed tells that it had been
// recorded before with the same content.
type Recorded struct {
	Payment Payment
	Existed bool
	Refused *refusal.Refusal
}

// PaymentFilter narrows a list of payments; empty fields do not. Date is the day of payment in China.
type PaymentFilter struct {
	CommunityID string
	DebtorID    string
	UnitID      string
	Date        calendar.Date
	Status      string
}

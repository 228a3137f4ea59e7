package payorder_test

import (
	"context"
	"errors"
	"log/slog"
	"net/textproto"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"steward/activities"
	"steward/domain/access"
	"steward/domain/checkout"
	"steward/domain/refusal"
	"steward/workflows/payorder"
)

// rows is a database of one order and one refund.
type rows struct {
	mu     sync.Mutex
	head   checkout.OrderHead
	refund checkout.RefundHead
	trail  []string // what was written, in order
	why    string
	errs   []error // answers of the next reads
}

func (r *rows) note(what string, change func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trail = append(r.trail, what)
	if change != nil {
		change()
	}
	return nil
}

func (r *rows) PayOrderHead(context.Context, checkout.Ref) (checkout.OrderHead, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.errs) > 0 {
		err := r.errs[0]
		r.errs = r.errs[1:]
		return checkout.OrderHead{}, err
	}
	return r.head, nil
}

func (r *rows) PayOrderAsked(context.Context, checkout.Ref) error {
	return r.note("asked", func() { r.head.Asked = true })
}

func (r *rows) PayOrderPlaced(context.Context, checkout.Ref, checkout.Placed) error {
	return r.note("placed", func() { r.head.Status = checkout.OrderWaiting })
}

func (r *rows) PayOrderEnded(_ context.Context, _ checkout.Ref, s checkout.Status, why string) error {
	return r.note(string(s), func() { r.head.Status, r.why = s, why })
}

func (r *rows) PayOrderLooked(context.Context, checkout.Ref) error {
	return r.note("looked", func() { r.head.LookWanted = false })
}

func (r *rows) PayOrderAttention(_ context.Context, _ checkout.Ref, why string) error {
	return r.note("attention:"+map[bool]string{true: "on", false: "off"}[why != ""], func() { r.head.NeedsAttention, r.why = why != "", why })
}

func (r *rows) SettlePayOrder(_ context.Context, _ access.Scope, _, _ string, got checkout.Receipt) error {
	return r.note("settled "+got.TransactionNo, func() { r.head.Status = checkout.OrderPaid })
}

func (r *rows) RefundHead(context.Context, checkout.Ref) (checkout.RefundHead, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refund, nil
}

func (r *rows) RefundAsked(context.Context, checkout.Ref) error {
	return r.note("refund asked", func() { r.refund.Paying = true })
}

func (r *rows) RefundPaid(_ context.Context, _ access.Scope, _, no string) error {
	return r.note("refund paid "+no, func() { r.refund.Over = true })
}

func (r *rows) RefundFailed(_ context.Context, _ access.Scope, _, why string) error {
	return r.note("refund failed", func() { r.refund.Over, r.why = true, why })
}

func (r *rows) RefundStuck(_ context.Context, _ checkout.Ref, why string) error {
	return r.note("refund stuck", func() { r.why, r.refund.Told = why, why != "" })
}

// gateway is a provider whose answers a test has written down: the last one of each call is given again and again.
type gateway struct {
	mu      sync.Mutex
	create  []error
	query   []any // a State, or an error
	closing []error
	refund  []any // a RefundState, or an error
	asked   []any // the same, of QueryRefund
	calls   []string
}

func next[T any](g *gateway, call string, answers *[]T) (answer T) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, call)
	if len(*answers) > 0 {
		answer = (*answers)[0]
		if len(*answers) > 1 {
			*answers = (*answers)[1:]
		}
	}
	return answer
}

func (g *gateway) Name() string { return "gate" }

func (g *gateway) Create(context.Context, checkout.Ask) (checkout.Placed, error) {
	return checkout.Placed{ProviderNo: "P"}, next(g, "create", &g.create)
}

func (g *gateway) Query(context.Context, string) (checkout.Standing, error) {
	switch a := next(g, "query", &g.query).(type) {
	case error:
		return checkout.Standing{}, a
	case checkout.State:
		return checkout.Standing{State: a, Receipt: checkout.Receipt{TransactionNo: "T1", PaidFen: 100}}, nil
	}
	return checkout.Standing{State: checkout.Waiting}, nil
}

func (g *gateway) Close(context.Context, string) error { return next(g, "close", &g.closing) }

func (g *gateway) Refund(context.Context, checkout.RefundAsk) (checkout.RefundStanding, error) {
	return refundAnswer(next(g, "refund", &g.refund))
}

func (g *gateway) QueryRefund(context.Context, checkout.RefundAsk) (checkout.RefundStanding, error) {
	return refundAnswer(next(g, "query-refund", &g.asked))
}

func refundAnswer(a any) (checkout.RefundStanding, error) {
	if err, ok := a.(error); ok {
		return checkout.RefundStanding{}, err
	}
	state, _ := a.(checkout.RefundState)
	return checkout.RefundStanding{State: state, ProviderNo: "R1", Why: "余额不足"}, nil
}

func (g *gateway) ParseNotice(textproto.MIMEHeader, []byte) (checkout.Notice, error) {
	return checkout.Notice{}, errors.New("not asked here")
}

func start(t *testing.T, r *rows, g *gateway) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterActivity(&activities.Checkout{Orders: r, Refunds: r, Providers: map[string]checkout.Provider{"gate": g}, CallLimit: 50 * time.Millisecond})
	return env
}

func order(status checkout.Status) *rows {
	return &rows{head: checkout.OrderHead{Order: checkout.Order{ID: "O1", Provider: "gate", Status: status, ExpiresAt: time.Now().Add(time.Hour)}}}
}

var (
	errBroken = errors.New("connection reset")
	errDenied = &checkout.Denied{Code: "NOAUTH", Message: "商户未开通"}
)

// The process is driven by what the provider answers; what it writes, and what it calls, is the whole of it.
func TestThePathsOfAnOrder(t *testing.T) {
	ended := func(r *rows) *rows { r.head.Ending = true; return r }
	asked := func(r *rows) *rows { r.head.Asked = true; return r }
	looked := func(r *rows) *rows { r.head.Asked, r.head.LookWanted = true, true; return r }
	const waiting, paid, closed, unknown = checkout.Waiting, checkout.Paid, checkout.Closed, checkout.Unknown
	for name, c := range map[string]struct {
		rows  *rows
		gate  *gateway
		trail []string
		calls []string
	}{
		"paid, the notice lost": {order(checkout.OrderCreated), &gateway{query: []any{waiting, waiting, paid}},
			[]string{"asked", "placed", "settled T1"}, []string{"create", "query", "query", "query"}},
		"the answer to create lost: asked before it is repeated": {order(checkout.OrderCreated), &gateway{create: []error{errBroken, nil}, query: []any{waiting, paid}},
			[]string{"asked", "asked", "placed", "settled T1"}, []string{"create", "query", "create", "query"}},
		"create never came: made with the same number": {order(checkout.OrderCreated), &gateway{create: []error{errBroken, nil}, query: []any{unknown, paid}},
			[]string{"asked", "asked", "placed", "settled T1"}, []string{"create", "query", "create", "query"}},
		"the provider does not take it":          {order(checkout.OrderCreated), &gateway{create: []error{errDenied}}, []string{"asked", "failed"}, []string{"create"}},
		"closed before the provider heard of it": {ended(order(checkout.OrderCreated)), &gateway{}, []string{"closed"}, nil},
		"expired":                                {ended(asked(order(checkout.OrderWaiting))), &gateway{query: []any{waiting, closed}}, []string{"closed"}, []string{"query", "close", "query"}},
		"expired, unknown to the provider":       {ended(asked(order(checkout.OrderCreated))), &gateway{query: []any{unknown}}, []string{"closed"}, []string{"query", "close", "query"}},
		"paid while it is closed":                {ended(asked(order(checkout.OrderWaiting))), &gateway{query: []any{waiting, paid}}, []string{"settled T1"}, []string{"query", "close", "query"}},
		"close got no answer":                    {ended(asked(order(checkout.OrderWaiting))), &gateway{query: []any{waiting, waiting, closed}, closing: []error{errBroken, nil}}, []string{"closed"}, []string{"query", "close", "query", "close", "query"}},
		"closed by the provider":                 {asked(order(checkout.OrderWaiting)), &gateway{query: []any{closed}}, []string{"closed"}, []string{"query"}},
		"over already":                           {order(checkout.OrderPaid), &gateway{}, nil, nil},
		"a wanted look at a closed order":        {looked(order(checkout.OrderClosed)), &gateway{query: []any{closed}}, []string{"looked"}, []string{"query"}},
		"a wanted look that finds money":         {looked(order(checkout.OrderClosed)), &gateway{query: []any{paid}}, []string{"settled T1", "looked"}, []string{"query"}},
	} {
		t.Run(name, func(t *testing.T) {
			env := start(t, c.rows, c.gate)
			env.ExecuteWorkflow(payorder.Run, payorder.State{Ref: checkout.Ref{OrgID: "org", ID: "O1"}})
			require.True(t, env.IsWorkflowCompleted())
			require.NoError(t, env.GetWorkflowError())
			require.Equal(t, c.trail, c.rows.trail)
			require.Equal(t, c.calls, c.gate.calls)
		})
	}
}

func TestAProviderThatIsAwayIsAskedUntilItComesBack(t *testing.T) {
	r, g := order(checkout.OrderCreated), &gateway{create: []error{errBroken, nil}}
	for range checkout.AwayTold + 2 {
		g.query = append(g.query, errBroken)
	}
	g.query = append(g.query, checkout.Unknown, checkout.Paid)
	env := start(t, r, g)
	env.ExecuteWorkflow(payorder.Run, payorder.State{Ref: checkout.Ref{OrgID: "org", ID: "O1"}})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"asked", "attention:on", "asked", "placed", "attention:off", "settled T1"}, r.trail, "a person is told once, and told when it is over")
}

func TestADatabaseThatIsAwayDelaysOnly(t *testing.T) {
	r, g := order(checkout.OrderCreated), &gateway{query: []any{checkout.Paid}}
	r.errs = []error{errors.New("connection refused"), refusal.New(refusal.Unavailable, "unavailable", "稍后再试"), errors.New("gone")}
	env := start(t, r, g)
	env.ExecuteWorkflow(payorder.Run, payorder.State{Ref: checkout.Ref{OrgID: "org", ID: "O1"}})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, checkout.OrderPaid, r.head.Status)
}

func TestWhatOnlyAPersonCanMendParks(t *testing.T) {
	r, g := order(checkout.OrderWaiting), &gateway{query: []any{errDenied, checkout.Paid}}
	r.head.Asked = true
	env := start(t, r, g)
	env.RegisterDelayedCallback(func() {
		answer, err := env.QueryWorkflow(payorder.StateQuery)
		require.NoError(t, err)
		var s payorder.State
		require.NoError(t, answer.Get(&s))
		require.True(t, s.Parked)
		require.Contains(t, r.why, "NOAUTH")
		env.SignalWorkflow(payorder.RefreshSignal, nil)
	}, 48*time.Hour)
	env.ExecuteWorkflow(payorder.Run, payorder.State{Ref: checkout.Ref{OrgID: "org", ID: "O1"}})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"attention:on", "settled T1"}, r.trail)
}

func TestTheWayOfARefund(t *testing.T) {
	const unknown, accepted, done, refused = checkout.RefundUnknown, checkout.RefundAccepted, checkout.RefundDone, checkout.RefundRefused
	for name, c := range map[string]struct {
		paying bool
		gate   *gateway
		trail  []string
		calls  []string
		why    string
	}{
		"done at once": {gate: &gateway{asked: []any{unknown}, refund: []any{done}}, trail: []string{"refund asked", "refund paid R1"}, calls: []string{"query-refund", "refund"}},
		"done later": {gate: &gateway{refund: []any{accepted}, asked: []any{unknown, accepted, done}},
			trail: []string{"refund asked", "refund paid R1"}, calls: []string{"query-refund", "refund", "query-refund", "query-refund"}},
		"no answer: asked before it is repeated": {gate: &gateway{refund: []any{errBroken}, asked: []any{unknown, done}},
			trail: []string{"refund asked", "refund paid R1"}, calls: []string{"query-refund", "refund", "query-refund"}},
		"it never came: asked for again with the same number": {gate: &gateway{refund: []any{errBroken, done}, asked: []any{unknown}},
			trail: []string{"refund asked", "refund asked", "refund paid R1"}, calls: []string{"query-refund", "refund", "query-refund", "refund"}},
		"refused":                          {gate: &gateway{asked: []any{unknown}, refund: []any{refused}}, trail: []string{"refund asked", "refund failed"}, calls: []string{"query-refund", "refund"}, why: "余额不足"},
		"denied":                           {gate: &gateway{asked: []any{unknown}, refund: []any{errDenied}}, trail: []string{"refund asked", "refund failed"}, calls: []string{"query-refund", "refund"}, why: "商户未开通"},
		"a worker's heir":                  {paying: true, gate: &gateway{asked: []any{done}}, trail: []string{"refund paid R1"}, calls: []string{"query-refund"}},
		"paid before the row was restored": {gate: &gateway{asked: []any{done}}, trail: []string{"refund paid R1"}, calls: []string{"query-refund"}},
		"not allowed to ask: nobody knows, and it is asked again": {paying: true, gate: &gateway{asked: []any{errDenied, errDenied, done}},
			trail: []string{"refund stuck", "refund stuck", "refund stuck", "refund paid R1"}, calls: []string{"query-refund", "query-refund", "query-refund"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := &rows{refund: checkout.RefundHead{Provider: "gate", Paying: c.paying}}
			env := start(t, r, c.gate)
			env.ExecuteWorkflow(payorder.RunRefund, payorder.State{Ref: checkout.Ref{OrgID: "org", ID: "R"}})
			require.NoError(t, env.GetWorkflowError())
			require.Equal(t, c.trail, r.trail)
			require.Equal(t, c.calls, c.gate.calls)
			require.Contains(t, r.why, c.why)
		})
	}
}

func TestARefundWithoutItsProviderGoesBackToAPerson(t *testing.T) {
	r := &rows{refund: checkout.RefundHead{Provider: "gone"}}
	env := start(t, r, &gateway{})
	env.ExecuteWorkflow(payorder.RunRefund, payorder.State{Ref: checkout.Ref{OrgID: "org", ID: "R"}})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"refund failed"}, r.trail)
	require.Contains(t, r.why, "gone")
}

func TestARefundThatMayBePaidWaitsForItsProvider(t *testing.T) {
	r := &rows{refund: checkout.RefundHead{Provider: "gone", Paying: true}}
	env := start(t, r, &gateway{asked: []any{checkout.RefundDone}})
	env.RegisterDelayedCallback(func() {
		require.Contains(t, r.why, "gone")
		require.NotContains(t, r.trail, "refund failed", "nobody pays it another way")
		r.mu.Lock()
		r.refund.Provider = "gate"
		r.mu.Unlock()
	}, time.Hour)
	env.ExecuteWorkflow(payorder.RunRefund, payorder.State{Ref: checkout.Ref{OrgID: "org", ID: "R"}})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, "refund paid R1", r.trail[len(r.trail)-1])
}

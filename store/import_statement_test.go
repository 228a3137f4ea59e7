package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/importing"
	"steward/domain/money"
	"steward/domain/page"
	"steward/domain/refusal"
)

func statement(lines ...string) importing.Request {
	return csv(importing.BankStatements, "交易日期,贷方金额,借方金额,对方户名,附言,交易流水号,本方账号", lines)
}

// statementHousehold is two households that owe, and people of one name.
var statementHousehold = []string{
	"3栋,2单元,1501,89.50,甲一,13800001501,业主", "3栋,2单元,1502,89.50,乙二,13800001502,业主",
	"3栋,2单元,1601,89.50,同名,13800001601,业主", "3栋,2单元,1602,89.50,同名,13800001602,业主",
}

func withArrears(t *testing.T) importer {
	i := withHousehold(t)
	i.run(csv(importing.Roster, "楼栋,单元,房号,建筑面积,业主,联系电话,业主类型", statementHousehold))
	i.run(csv(importing.Receivables, "楼栋,单元,房号,业主,收费项目,账期,应收金额,应缴日期", []string{
		"3栋,2单元,1501,甲一,物业费,2025-10,250.60,2025-10-31", "3栋,2单元,1501,甲一,物业费,2025-11,250.60,2025-11-30",
		"3栋,2单元,1502,乙二,物业费,2025-10,100,2025-10-31", "3栋,2单元,1502,乙二,物业费,2025-11,120,2025-11-30",
		"3栋,2单元,1601,同名,物业费,2025-11,77,2025-11-30",
	}))
	return i
}

var statementLines = []string{
	"2026-01-03,250.60,,某某,3#1501物业费,B0000001,6200000000001234", // the unit in the note, whoever pays
	"2026-01-03,100.00,,乙二,转账,B0000002,6200000000001234",        // the name, and one bill
	"2026-01-04,77.00,,同名,物业费,B0000003,6200000000001234",        // two of one name
	"2026-01-04,5.00,,甲一,转账,B0000004,6200000000001234",          // the name, and no such debt
	"2026-01-05,88.00,,无人,,B0000005,6200000000001234",           // nothing says whose
	"2026-01-05,,300.00,电力公司,电费,B0000006,6200000000001234",      // going out
	"2026-01-06,60.00,,代交,13800001502代缴,,6200000000001234",      // a whole phone, no serial
	"2026-01-06,10.00,,甲一,9-9-901物业费,B0000008,6200000000001234", // a unit that is not there
}

func (i importer) sound() {
	i.t.Helper()
	found, err := i.Store.CheckBooks(i.t.Context(), i.Scope)
	require.NoError(i.t, err)
	require.Empty(i.t, found)
}

func (i importer) waiting() []money.SuspenseItem {
	i.t.Helper()
	p, err := i.Store.Suspense(i.t.Context(), i.Scope, money.SuspenseFilter{Status: "open"}, page.Query{Limit: 50})
	require.NoError(i.t, err)
	return p.Items
}

func TestAStatementBooksWhatIsSureAndKeepsTheRest(t *testing.T) {
	i := withArrears(t)
	tried := i.run(dry(statement(statementLines...)))
	require.Empty(t, tried.Problems)
	require.Equal(t, importing.Counts{Created: 7, Unchanged: 1}, tried.Counts)
	require.Zero(t, i.count("payment")+i.count("suspense"))
	said := i.said(tried.ID)
	require.Contains(t, said, "2 created 2026-01-03 ¥250.60 某某 → 3-2-1501（按摘要中的房屋）")
	require.Contains(t, said, "4 created 2026-01-04 ¥77.00 同名 ?several-people")

	job := i.run(statement(statementLines...))
	require.Empty(t, job.Problems)
	require.Equal(t, importing.Counts{Created: 7, Unchanged: 1}, job.Counts)
	require.Equal(t, []string{"3-2-1501 25060 bank:1234", "3-2-1502 10000 bank:1234", "3-2-1502 6000 bank:1234"}, i.texts(
		`SELECT CONCAT(u.unit_key, ' ', p.amount_fen, ' ', p.channel) FROM payment p JOIN unit u ON u.org_id = p.org_id AND u.id = p.unit_id
			WHERE p.org_id = ? AND p.method = 'bank' ORDER BY p.id`))
	why := map[string]string{}
	for _, w := range i.waiting() {
		why[w.ExternalNo] = w.Why
	}
	require.Equal(t, map[string]string{"B0000003": "several-people", "B0000004": "amount-differs", "B0000005": "no-trace", "B0000008": "unknown-unit"}, why)
	require.Equal(t, []string{"0"}, i.texts(`SELECT COUNT(*) FROM suspense WHERE org_id = ? AND (note_enc LIKE '%物业费%' OR payer_enc LIKE '%同名%')`), "what the bank wrote is sealed")
	i.sound()

	again := i.run(statement(statementLines...))
	require.Equal(t, importing.Counts{Unchanged: 8}, again.Counts, "a statement that is imported twice changes nothing")
	other := i.run(dry(statement("2026-01-03,250.61,,某某,3#1501物业费,B0000001,6200000000001234")))
	require.Equal(t, []string{"2 交易流水号 external-no-reused"}, problemsOf(other))

	i.rollBack(job.ID)
	require.Empty(t, i.waiting())
	require.Equal(t, []string{"0"}, i.texts(`SELECT COUNT(*) FROM payment WHERE org_id = ? AND status = 'recorded'`))
	i.sound()
	require.Equal(t, importing.Counts{Created: 7, Unchanged: 1}, i.run(statement(statementLines...)).Counts, "the corrected file may use the serials again")
	i.sound()
}

func TestMoneyInSuspenseIsSuggestedKeptAndMatched(t *testing.T) {
	i := withArrears(t)
	job := i.run(statement("2026-01-04,77.00,,同名,物业费,B0000003,6200000000001234"))
	waiting := i.waiting()
	require.Len(t, waiting, 1)
	require.Equal(t, "同名", waiting[0].Payer)
	candidates, err := i.Store.SuspenseCandidates(t.Context(), i.Scope, waiting[0].ID)
	require.NoError(t, err)
	require.Len(t, candidates, 2)
	require.Equal(t, 60, candidates[0].Score, "the one who owes exactly this comes first: %v", candidates)
	require.Equal(t, "3栋2单元1601", candidates[0].Unit)
	require.Equal(t, "同名", candidates[0].Name)

	_, err = i.Store.KeepSuspense(t.Context(), i.Scope, waiting[0].ID, "01ARZ3NDEKTSV4RRFFQ69G5FAV")
	require.True(t, refusal.Is(err, "keeper-unknown"))
	elsewhere := access.Scope{OrgID: i.OrgID, ActorID: "x", Grants: []access.Grant{{Role: access.Cashier, Level: access.LevelCommunity, Communities: []string{"other"}, Money: access.MoneyDetail}}}
	_, err = i.Store.SuspenseCandidates(t.Context(), elsewhere, waiting[0].ID)
	require.True(t, refusal.Is(err, "suspense-not-found"))
	_, err = i.Store.MatchSuspense(t.Context(), elsewhere, waiting[0].ID, money.NewPayment{UnitID: candidates[0].UnitID})
	require.True(t, refusal.Is(err, "suspense-not-found"))

	payment, err := i.Store.MatchSuspense(t.Context(), i.Scope, waiting[0].ID, money.NewPayment{UnitID: candidates[1].UnitID, DebtorID: candidates[1].DebtorID})
	require.NoError(t, err)
	_, err = i.Store.RollBackImport(t.Context(), i.Scope, job.ID)
	require.True(t, refusal.Is(err, "import-in-use"), "%v", err)
	_, err = i.Store.ReversePayment(t.Context(), i.Scope, payment.ID, "认领错了")
	require.NoError(t, err)
	require.Len(t, i.waiting(), 1)
	i.rollBack(job.ID)
	require.Empty(t, i.waiting())
	i.sound()
	again := i.run(statement("2026-01-04,77.00,,同名,物业费,B0000003,6200000000001234"))
	require.Equal(t, 1, again.Created, "the match that was taken back does not keep the serial")
	require.Len(t, i.waiting(), 1)
	i.sound()
}

// TestAStatementBringsWhatTheDeskTookBack: a transfer that a cashier had written down by its serial and reversed is not in the
// books any more; one that stands, or was moved, is.
func TestAStatementBringsWhatTheDeskTookBack(t *testing.T) {
	i := withArrears(t)
	unit := i.units(estate.UnitFilter{})[0].ID
	at := func(no string) money.Payment {
		p, _, err := i.Store.RecordPayment(t.Context(), i.Scope, money.NewPayment{UnitID: unit, AmountFen: 8800, Method: "transfer", Channel: "transfer", ExternalNo: no, PaidAt: i.Clock.Now()})
		require.NoError(t, err)
		return p
	}
	at("B0000011")
	reversed := at("B0000012")
	_, err := i.Store.ReversePayment(t.Context(), i.Scope, reversed.ID, "登记错了")
	require.NoError(t, err)
	job := i.run(statement("2026-01-05,88.00,,无人,,B0000011,6200000000001234", "2026-01-05,88.00,,无人,,B0000012,6200000000001234"))
	require.Equal(t, importing.Counts{Created: 1, Unchanged: 1}, job.Counts)
	require.Equal(t, "B0000012", i.waiting()[0].ExternalNo)
	i.sound()
}

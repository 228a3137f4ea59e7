package importing

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStatementsOfDifferentBanks(t *testing.T) {
	for name, file := range map[string]string{
		"two columns":         "账号：6200000000001234\n交易日期,交易时间,借方发生额,贷方发生额,余额,对方户名,对方账号,摘要,附言,交易流水号\n2026-01-02,09:30:00,,1250.60,9.00,测试甲,6200,转账,3-2-1501物业费,S1",
		"one amount, a word":  "记账日期,收支,交易金额,对方名称,用途,摘要,流水号\n20260102,收入,1250.60,测试甲,3-2-1501物业费,转账,S1",
		"signed amounts":      "交易时间,发生额,付款人,备注,摘要,交易序号\n2026-01-02 09:30:00,+1250.60,测试甲,3-2-1501物业费,转账,S1",
		"debit written as 0":  "交易日,贷方金额,借方金额,付款方户名,附言,摘要,核心流水号\n2026/1/2,1250.60,0.00,测试甲,3-2-1501物业费,转账,S1",
		"our own, no summary": "交易日期（必填）,贷方金额（必填）,借方金额,对方户名,附言,摘要,交易流水号\n2026-01-02,1250.60,,测试甲,3-2-1501物业费,转账,S1",
	} {
		t.Run(name, func(t *testing.T) {
			r := reading(BankStatements, nil, file)
			require.Empty(t, r.Problems)
			require.Len(t, r.Good.Statements, 1)
			s := r.Good.Statements[0]
			require.EqualValues(t, 125060, s.AmountFen)
			require.Equal(t, []any{"测试甲", "3-2-1501物业费；转账", "S1", "bank", false}, []any{s.Payer, s.Note, s.ExternalNo, s.Channel, s.Outgoing})
			require.Equal(t, "2026-01-02", s.PaidAt.Format("2006-01-02"))
		})
	}
}

func TestWhatAStatementDoesNotBring(t *testing.T) {
	head := "交易日期,交易金额,借贷标志,贷方金额,借方金额,对方户名,附言,交易流水号,本方账号\n"
	for row, fen := range map[string]int64{
		"2026-01-02,-3.50,,,,甲,,S1,": 350, "2026-01-02,3.50,借,,,甲,,S1,": 350, "2026-01-02,,,,3.50,甲,,S1,": 350, "2026-01-02,3.50,支出,,,甲,,,": 350,
	} {
		r := reading(BankStatements, nil, head+row)
		require.Empty(t, r.Problems, row)
		require.True(t, r.Good.Statements[0].Outgoing, row)
		require.Equal(t, fen, r.Good.Statements[0].AmountFen, row)
	}
	for row, want := range map[string]string{
		",1,,,,甲,,S1,":                 "missing-value",
		"2026-13-01,1,,,,甲,,S1,":       "bad-date",
		"2099-01-01,1,,,,甲,,S1,":       "date-in-future",
		"2026-01-02,,,,,甲,,S1,":        "missing-value",
		"2026-01-02,一块,,,,甲,,S1,":      "bad-amount",
		"2026-01-02,1.005,,,,甲,,S1,":   "amount-precision",
		"2026-01-02,1,,,,甲,,1.23E+15,": "number-rounded",
		"2026-01-02,0,,,,甲,,S1,":       "amount-not-positive",
	} {
		r := reading(BankStatements, nil, head+row)
		require.Equal(t, []string{want}, codes(r), row)
	}
	twice := reading(BankStatements, nil, head+"2026-01-02,1,,,,甲,,S1,6200000000001234\n2026-01-03,1,,,,甲,,S1,6200000000001234")
	require.Equal(t, []string{"duplicate-row"}, codes(twice))
	unnumbered := reading(BankStatements, nil, head+"2026-01-02,1,,,,甲,,,6200000000001234\n2026-01-02,1,,,,甲,,,6200000000001234")
	require.Len(t, unnumbered.Good.Statements, 2, "two equal lines are two payments")
	a, b := unnumbered.Good.Statements[0], unnumbered.Good.Statements[1]
	require.Equal(t, "bank:1234", a.Channel)
	require.True(t, a.Derived)
	require.NotEqual(t, a.ExternalNo, b.ExternalNo)
}

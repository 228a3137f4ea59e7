package money_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/money"
)

func TestAnEntryThatDoesNotSumToZeroCannotBeMade(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.SliceOfN(rapid.Int64Range(-money.MaxFen, money.MaxFen), 0, 8).Draw(t, "amounts")
		var sum int64
		zero := false
		postings := make([]money.Posting, 0, len(amounts)+1)
		for _, a := range amounts {
			sum += a
			zero = zero || a == 0
			postings = append(postings, money.Posting{Account: money.Receivable, AmountFen: a})
		}
		if rapid.Bool().Draw(t, "balance it") && sum != 0 {
			postings = append(postings, money.Posting{Account: money.Revenue, AmountFen: -sum})
			sum = 0
		}
		entry, err := money.NewEntry(money.EntryHead{ID: "e"}, postings...)
		if sum != 0 || zero || len(postings) < 2 {
			require.ErrorIs(t, err, money.ErrUnbalanced)
			require.Empty(t, entry.Postings())
			return
		}
		require.NoError(t, err)
		mirror := entry.Mirror(money.EntryHead{ID: "m"})
		require.Equal(t, "e", mirror.Head().ReversesID)
		for i, p := range entry.Postings() {
			require.Equal(t, -p.AmountFen, mirror.Postings()[i].AmountFen)
			require.Equal(t, p.Account, mirror.Postings()[i].Account)
		}
	})
}

func TestAnEntryThatWrapsAroundCannotBeMade(t *testing.T) {
	_, err := money.NewEntry(money.EntryHead{},
		money.Posting{Account: money.Receivable, AmountFen: math.MaxInt64},
		money.Posting{Account: money.Receivable, AmountFen: math.MaxInt64},
		money.Posting{Account: money.Revenue, AmountFen: 2})
	require.ErrorIs(t, err, money.ErrUnbalanced)
}

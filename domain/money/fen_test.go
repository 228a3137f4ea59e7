package money_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/money"
	"steward/domain/refusal"
)

func TestFormat(t *testing.T) {
	for fen, want := range map[int64]string{
		0: "¥0.00", 5: "¥0.05", -5: "-¥0.05", 123450: "¥1,234.50", 100000000: "¥1,000,000.00", -99999: "-¥999.99",
	} {
		require.Equal(t, want, money.Format(fen))
	}
}

func TestParseYuan(t *testing.T) {
	for text, want := range map[string]int64{
		"88": 8800, "88元": 8800, "¥ 1,234.50": 123450, "￥0.1": 10, "１２３．４": 12340, "-3.05": -305, "12.340": 1234, " 7.00 ": 700,
	} {
		got, err := money.ParseYuan(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "元", "1,23", "1.2.3", "abc", "1e5", "+5", "9999999999999999", "12,3456"} {
		_, err := money.ParseYuan(text)
		require.True(t, refusal.Is(err, "amount-unreadable"), "%q: %v", text, err)
	}
	_, err := money.ParseYuan("1.005")
	require.True(t, refusal.Is(err, "amount-too-precise"))
}

func TestParseReadsWhatFormatWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64Range(0, money.MaxFen).Draw(t, "fen")
		got, err := money.ParseYuan(money.Format(fen))
		require.NoError(t, err)
		require.Equal(t, fen, got)
	})
}

func TestWords(t *testing.T) {
	for fen, want := range map[int64]string{
		0:             "人民币零元整",
		5:             "人民币伍分",
		50:            "人民币伍角整",
		100:           "人民币壹元整",
		102050:        "人民币壹仟零贰拾元伍角整",
		1000005:       "人民币壹万元零伍分",
		1001000000:    "人民币壹仟零壹万元整",
		10000000100:   "人民币壹亿零壹元整",
		123456789:     "人民币壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分",
		-12345:        "人民币负壹佰贰拾叁元肆角伍分",
		1000000000000: "人民币壹佰亿元整",
		10001010000:   "人民币壹亿零壹万零壹佰元整",
	} {
		require.Equal(t, want, money.Words(fen), strconv.FormatInt(fen, 10))
	}
}

func TestWordsOfDifferentAmountsDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64Range(0, 1_000_000_00).Draw(t, "a")
		b := rapid.Int64Range(0, 1_000_000_00).Draw(t, "b")
		if a != b {
			require.NotEqual(t, money.Words(a), money.Words(b))
		}
		require.False(t, strings.Contains(money.Words(a), "零零"))
	})
}

package money

import "strings"

// Words writes an amount the way a Chinese receipt must (人民币大写): 人民币壹仟零贰拾元伍角整. Negative amounts begin 负.
func Words(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "负", -fen
	}
	yuan, jiao, odd := fen/100, fen/10%10, fen%10
	var b strings.Builder
	b.WriteString("人民币" + sign)
	if yuan > 0 || fen == 0 {
		b.WriteString(integerWords(yuan) + "元")
	}
	switch {
	case jiao == 0 && odd == 0:
		b.WriteString("整")
	case odd == 0:
		b.WriteString(numeral(jiao) + "角整")
	case jiao == 0:
		if yuan > 0 {
			b.WriteString("零")
		}
		b.WriteString(numeral(odd) + "分")
	default:
		b.WriteString(numeral(jiao) + "角" + numeral(odd) + "分")
	}
	return b.String()
}

func numeral(n int64) string { return string([]rune("零壹贰叁肆伍陆柒捌玖")[n]) }

func integerWords(n int64) string {
	if n == 0 {
		return "零"
	}
	groups := []string{"", "万", "亿", "万亿"}
	var parts []string
	zeroBelow := false // the group below has no thousands, so a 零 joins it
	for g := 0; n > 0; g, n = g+1, n/10000 {
		four := n % 10000
		if four > 0 {
			text := groupWords(four) + groups[g]
			if zeroBelow && len(parts) > 0 {
				parts[0] = "零" + parts[0]
			}
			parts = append([]string{text}, parts...)
		}
		zeroBelow = four < 1000
	}
	return strings.Join(parts, "")
}

func groupWords(four int64) string {
	units := []string{"仟", "佰", "拾", ""}
	var b strings.Builder
	pendingZero := false
	for i, div := range []int64{1000, 100, 10, 1} {
		d := four / div % 10
		if d == 0 {
			pendingZero = b.Len() > 0
			continue
		}
		if pendingZero {
			b.WriteString("零")
			pendingZero = false
		}
		b.WriteString(numeral(d) + units[i])
	}
	return b.String()
}

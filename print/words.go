package print

import (
	"fmt"
	"strings"
	"time"

	"steward/domain/calendar"
	"steward/domain/money"
)

var methods = map[string]string{
	"cash": "现金", "wechat": "微信", "alipay": "支付宝", "bank": "银行转账", "transfer": "银行转账", "card": "刷卡", "pos": "刷卡", "qr": "扫码", "online": "线上支付",
}

var depositKinds = map[string]string{
	"fit_out": "装修押金", "access_card": "门禁卡押金", "decoration": "装修押金", "key": "钥匙押金", "rent": "租赁押金", "parking": "车位押金",
}

// channels are the names of the product's own channels; any other is a community's own word.
var channels = map[string]string{"counter": "柜台", "bank": "银行", "online": "线上", "qr": "扫码", "sandbox": "演示渠道"}

func channelName(code string) string { return named(channels, code) }

func methodName(code string) string { return named(methods, code) }

func depositName(code string) string { return named(depositKinds, code) }

func named(names map[string]string, code string) string {
	if name, ok := names[code]; ok {
		return name
	}
	return code
}

// yuan is an amount in figures without the sign of the currency: 1,234.50.
func yuan(fen int64) string { return strings.Replace(money.Format(fen), "¥", "", 1) }

func day(at time.Time) string { return calendar.DateOf(at).String() }

func minute(at time.Time) string { return at.In(calendar.Shanghai).Format("2006-01-02 15:04") }

// reprintMark is what a copy says about itself; the original says nothing.
func reprintMark(p money.ReceiptPrint) string {
	if p.No <= 1 {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("补打 第%d次 %s %s", p.No-1, minute(p.PrintedAt), p.By))
}

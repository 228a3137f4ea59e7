package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func newTable(header ...any) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row(header))
	return t
}

// yuan writes fen as yuan with two decimals.
func yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100)
}

func previewTable(p campaignPreview) string {
	t := newTable("阶段 stage", "日期 date", "触达 touches", "费用 cost (元)")
	for _, s := range p.Schedule {
		t.AppendRow(table.Row{s.Stage, s.Date, s.Touches, yuan(s.CostFen)})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "户数 households: %d   欠费 arrears: %s 元\n%s", p.Households, yuan(p.AmountFen), t.Render())
	for _, e := range p.Excluded {
		fmt.Fprintf(&b, "\n不纳入 left out: %s %d", e.Reason, e.Households)
	}
	for _, w := range p.Warnings {
		fmt.Fprintf(&b, "\n注意 warning: %s (%s)", w.Message, w.Code)
	}
	return b.String()
}

func funnelTable(v campaignView) string {
	t := newTable("阶段 stage", "到期 due", "已发 sent", "送达 delivered", "失败 failed", "跳过 skipped", "触达后缴清 paid after", "回款 collected (元)")
	for _, s := range v.Stages {
		t.AppendRow(table.Row{s.Key, s.Due, s.Sent, s.Delivered, s.Failed, s.Skipped, s.PaidAfter, yuan(s.CollectedFen)})
	}
	return fmt.Sprintf("%s  %s  %s\n户数 households: %d   未结 open: %d   已缴清 paid: %d   暂缓 held: %d   欠费 arrears: %s 元   回款 collected: %s 元\n%s",
		v.Name, v.ID, v.Status, v.Households, v.Open, v.Paid, v.Held, yuan(v.AmountFen), yuan(v.CollectedFen), t.Render())
}

func campaignsTable(views []campaignView) string {
	t := newTable("编号 id", "名称 name", "状态 status", "户数 households", "欠费 arrears (元)", "回款 collected (元)")
	for _, v := range views {
		t.AppendRow(table.Row{v.ID, v.Name, v.Status, v.Households, yuan(v.AmountFen), yuan(v.CollectedFen)})
	}
	return t.Render()
}

package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/importing"
	"steward/domain/page"
	"steward/store/storetest"
)

// peopleTables are what an import of a roster, of people or of vehicles may touch.
var peopleTables = append([]string{"person_match", "parking_space", "vehicle"}, masterTables...)

// randomRoster draws a roster in which names, phones, ID numbers and rooms meet as often as they can.
func randomRoster(t *rapid.T) importing.Request {
	seen := map[string]bool{}
	var lines []string
	for range rapid.IntRange(1, 14).Draw(t, "rows") {
		room := rapid.SampledFrom([]string{"101", "102", "201", "202", "301"}).Draw(t, "room")
		name := rapid.SampledFrom([]string{"", "测试甲", "测试乙", "测试丙", "云栖置业公司"}).Draw(t, "name")
		role := rapid.SampledFrom([]string{"", "业主", "租户", "家属"}).Draw(t, "role")
		phone := rapid.SampledFrom([]string{"", "13800000001", "13800000002", "13800000003"}).Draw(t, "phone")
		idNo := rapid.SampledFrom([]string{"", "", "110101199001010011", "110101199001010022"}).Draw(t, "id")
		key := room + name + strings.TrimSuffix(role, "业主")
		if name == "" || name == "云栖置业公司" {
			role, key = "", room+name
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		from := rapid.SampledFrom([]string{"", "", "2020-01-01", "2024-06-01"}).Draw(t, "from")
		to := rapid.SampledFrom([]string{"", "", "2025-05-31"}).Draw(t, "to")
		area := map[string]string{"101": "80.5", "102": "", "201": "99", "202": "60", "301": "120"}[room]
		if rapid.Bool().Draw(t, "bigger") {
			area = ""
		}
		lines = append(lines, strings.Join([]string{"1", "1", room, area, name, phone, idNo, role, from, to}, ","))
	}
	return csv(importing.Roster, "楼栋,单元,房号,建筑面积,业主,联系电话,身份证号,业主类型,起始日期,终止日期", lines)
}

func TestImportingTwiceChangesNothingAndRollingBackRestores(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		i := importer{storetest.New(t), t}
		var done []string
		contents := []string{i.content(peopleTables...)}
		files := rapid.IntRange(1, 3).Draw(rt, "files")
		for range files {
			file := randomRoster(rt)
			dry := file
			dry.DryRun = true
			tried := i.run(dry)
			job := i.run(file)
			require.Equal(rt, importing.Done, job.Status, "%v", job.Problems)
			require.Equal(rt, tried.Counts, job.Counts, "a dry run tells what applying does\n%s", file.Content)
			after := i.content(peopleTables...)
			again := i.run(file)
			require.Equal(rt, importing.Counts{Unchanged: job.Created + job.Updated + job.Unchanged}, again.Counts, "%s\n%s", file.Content, i.effects(again.ID))
			require.Equal(rt, after, i.content(peopleTables...), "importing again changes nothing")
			done, contents = append(done, job.ID), append(contents, after)
		}
		for n := len(done) - 1; n >= 0; n-- {
			i.rollBack(done[n])
			require.Equal(rt, contents[n], i.content(peopleTables...), "after taking back file %d of %d", n+1, files)
		}
	})
}

// effects writes out what an import did row by row.
func (i importer) effects(id string) string {
	i.t.Helper()
	p, err := i.Store.ImportEffects(i.t.Context(), i.Scope, id, importing.AllEffects, page.Query{Limit: 500})
	require.NoError(i.t, err)
	var out []string
	for _, e := range p.Items {
		text := fmt.Sprintf("%d %s %s", e.Row, e.Outcome, e.Subject)
		for _, c := range e.Changes {
			text += fmt.Sprintf(" [%s %s→%s]", c.Column, c.Old, c.New)
		}
		for _, d := range e.Doubts {
			text += " ?" + d.Code
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/importing"
	"steward/domain/page"
	"steward/store/storetest"
)

// peopleTables are what an import of a roster, of people or of vehicles may touch.
var peopleTables = append([]string{"person_match", "person_phone", "parking_space", "vehicle"}, masterTables...)

var (
	rooms  = []string{"101", "102", "201", "202", "301"}
	names  = []string{"", "测试甲", "测试乙", "测试丙", "云栖置业公司"}
	phones = []string{"", "13800000001", "13800000002", "13800000003", "13800000001/13800000002", "13800000003、13800000004"}
	idNos  = []string{"", "", "110101199001010011", "110101199001010022"}
)

// draw takes one of the words.
func draw(t *rapid.T, what string, words ...string) string {
	return rapid.SampledFrom(words).Draw(t, what)
}

// randomFile draws a roster, or a file about the people or the vehicles of units that are there.
func randomFile(t *rapid.T, n int) importing.Request {
	if n == 0 {
		return randomRoster(t)
	}
	return rapid.SampledFrom([]func(*rapid.T) importing.Request{randomRoster, randomOwners, randomTenants, randomVehicles}).Draw(t, "kind")(t)
}

// randomRoster draws a roster in which names, phones, ID numbers and rooms meet as often as they can. It has every room.
func randomRoster(t *rapid.T) importing.Request {
	seen := map[string]bool{}
	lines := []string{"1,1,101,,,,,,,", "1,1,102,,,,,,,", "1,1,201,,,,,,,", "1,1,202,,,,,,,", "1,1,301,,,,,,,"}
	for _, r := range rooms {
		seen[r] = true
	}
	for range rapid.IntRange(1, 14).Draw(t, "rows") {
		room, name, role := draw(t, "room", rooms...), draw(t, "name", names...), draw(t, "role", "", "业主", "租户", "家属")
		key := room + name + strings.TrimSuffix(role, "业主")
		if name == "" || name == "云栖置业公司" {
			role, key = "", room+name
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		area := map[string]string{"101": "80.5", "102": "", "201": "99", "202": "60", "301": "120"}[room]
		if rapid.Bool().Draw(t, "bigger") {
			area = ""
		}
		lines = append(lines, strings.Join([]string{"1", "1", room, area, name, draw(t, "phone", phones...), draw(t, "id", idNos...), role,
			draw(t, "from", "", "", "2020-01-01", "2024-06-01"), draw(t, "to", "", "", "2025-05-31")}, ","))
	}
	return csv(importing.Roster, "楼栋,单元,房号,建筑面积,业主,联系电话,身份证号,业主类型,起始日期,终止日期", lines)
}

func randomOwners(t *rapid.T) importing.Request {
	return owners(randomPeople(t, func(room, name string) string {
		return strings.Join([]string{name, draw(t, "phone", phones...), draw(t, "id", idNos...), "1-1-" + room,
			draw(t, "from", "", "", "2020-01-01", "2024-06-01"), draw(t, "to", "", "", "2025-05-31")}, ",")
	})...)
}

func randomTenants(t *rapid.T) importing.Request {
	return tenants(randomPeople(t, func(room, name string) string {
		return strings.Join([]string{name, draw(t, "phone", phones...), "1-1-" + room, draw(t, "from", "", "", "2024-06-01"), draw(t, "to", "", "2025-05-31"), "", ""}, ",")
	})...)
}

// randomPeople draws lines of named people, each once in a unit.
func randomPeople(t *rapid.T, line func(room, name string) string) (lines []string) {
	seen := map[string]bool{}
	for range rapid.IntRange(1, 10).Draw(t, "rows") {
		room, name := draw(t, "room", rooms...), draw(t, "name", names[1:]...)
		if !seen[room+name] {
			seen[room+name] = true
			lines = append(lines, line(room, name))
		}
	}
	return lines
}

func randomVehicles(t *rapid.T) importing.Request {
	var lines []string
	for _, plate := range []string{"浙A11111", "浙A22222", "浙A33333"} {
		space := draw(t, "space", "", "B1", "B2")
		if slices.ContainsFunc(lines, func(l string) bool { return space != "" && strings.Contains(l, ","+space+",") }) {
			space = ""
		}
		lines = append(lines, strings.Join([]string{"1", space, "地下停车位", "", "1-1-" + draw(t, "room", rooms...), draw(t, "name", names[:4]...),
			draw(t, "phone", phones[:4]...), plate, draw(t, "brand", "", "甲牌"), "", draw(t, "colour", "", "白"), draw(t, "tenure", "", "H", "S"),
			draw(t, "from", "", "2024-06-01"), draw(t, "to", "", "2025-05-31")}, ","))
	}
	return vehicles(lines...)
}

func TestImportingTwiceChangesNothingAndRollingBackRestores(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		i := importer{storetest.New(t), t}
		var done []string
		contents := []string{i.content(peopleTables...)}
		files := rapid.IntRange(1, 3).Draw(rt, "files")
		for n := range files {
			file := randomFile(rt, n)
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

package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/activities"
	"steward/domain/access"
	"steward/domain/importing"
	"steward/domain/page"
	"steward/spreadsheet"
	"steward/store"
)

// mayImport are the roles that bring files in.
var mayImport = map[access.Role]bool{access.Admin: true, access.CompanyFinance: true, access.RegionManager: true, access.CommunityManager: true}

func TestOnlyWhoMayImportSeesAndTakesBackImports(t *testing.T) {
	h := newHarness(t, withSheets)
	done := h.imported(rosterUpload())
	routes := []call{
		{Method: "GET", Path: "/imports/" + done.ID + "/rows"},
		{Method: "GET", Path: "/imports/" + done.ID},
		{Method: "POST", Path: "/imports/" + done.ID + "/rollback", Key: "auto"},
	}
	for _, role := range access.Roles {
		h := *h
		t.Run(string(role), func(t *testing.T) {
			h.t = t
			inspect := rosterUpload().call(role, "")
			inspect.Path = "/imports/inspect"
			if answer := h.do(inspect); mayImport[role] {
				answer.ok(200, nil)
			} else {
				answer.problem(403, "forbidden")
			}
			for _, c := range routes {
				c.Role = role
				answer := h.do(c)
				if mayImport[role] {
					answer.ok(200, nil)
				} else {
					require.Contains(t, []int{403, 404}, answer.Status, c.Path)
				}
			}
		})
	}
}

func (h *harness) imported(u upload) importing.Job {
	h.t.Helper()
	var started struct{ ID string }
	h.do(u.call(access.CommunityManager, "auto")).ok(202, &started)
	ref := importing.Ref{OrgID: h.OrgID, ImportID: started.ID}
	steps := activities.Importing{Store: h.Store, Sheets: spreadsheet.New(), Clock: h.Clock}
	checked, err := steps.Check(h.t.Context(), ref)
	require.NoError(h.t, err)
	for n := range checked.Batches {
		require.NoError(h.t, steps.Apply(h.t.Context(), importing.BatchRef{Ref: ref, Batch: n}))
	}
	if !checked.Ended {
		require.NoError(h.t, steps.Finish(h.t.Context(), ref))
	}
	var job importing.Job
	h.do(call{Method: "GET", Path: "/imports/" + started.ID, Role: access.CommunityManager}).ok(200, &job)
	return job
}

// A file whose headers nobody has taught the system.
const strangeRoster = "楼,户号代码,谁家,打哪个电话,养狗吗\n3栋,2-1501,测试甲,13800000001,否\n"

func TestHeadersAreProposedSettledAndKept(t *testing.T) {
	h := newHarness(t, withSheets)
	u := upload{fields: map[string]string{"kind": "roster", "community": "测试小区"}, fileName: "清册.csv", content: []byte(strangeRoster)}
	inspect := func(u upload) (seen importing.Inspection) {
		c := u.call(access.CommunityManager, "")
		c.Path = "/imports/inspect"
		h.do(c).ok(200, &seen)
		return seen
	}
	column := func(i importing.Inspection, header string) importing.ColumnView {
		for _, c := range i.Sheets[0].Columns {
			if c.Header == header {
				return c
			}
		}
		require.Fail(t, "no such header", header)
		return importing.ColumnView{}
	}
	require.Equal(t, importing.HowUnknown, column(inspect(u), "养狗吗").How)

	u.fields["mapping"] = `{"户号代码":"房号","谁家":"业主","打哪个电话":"联系电话","养狗吗":""}`
	require.Equal(t, "phone", column(inspect(u), "打哪个电话").Column)
	u.fields["save_mapping"] = "true"
	job := h.imported(u)
	require.Equal(t, importing.Done, job.Status, "%v", job.Problems)
	require.Equal(t, 1, job.Created)
	require.Empty(t, job.Notices)

	delete(u.fields, "mapping")
	delete(u.fields, "save_mapping")
	require.Equal(t, importing.How("saved"), column(inspect(u), "谁家").How)
	require.Equal(t, importing.Counts{Unchanged: 1}, h.imported(u).Counts)

	u.fields["mapping"], u.fields["save_mapping"] = `{"别处的户号":"房号"}`, "true"
	h.imported(u)
	delete(u.fields, "save_mapping")
	require.Equal(t, importing.How("saved"), column(inspect(u), "谁家").How, "a later one is laid over what was kept")

	u.fields["mapping"] = `{"谁家":"星座"}`
	h.do(u.call(access.CommunityManager, "auto")).problem(422, "bad-mapping")
	u.fields["mapping"] = `["谁家"]`
	h.do(u.call(access.CommunityManager, "auto")).problem(400, "invalid-parameter")
	u.fields["mapping"], u.fields["save_mapping"] = "", "true"
	require.Equal(t, importing.Failed, h.imported(u).Status, "an empty mapping that is saved forgets the kept one")
}

func TestAnUnknownColumnIsReported(t *testing.T) {
	h := newHarness(t, withSheets)
	u := rosterUpload()
	u.content = []byte("楼栋,单元,房号,业主,联系电话,养狗吗\n3,2,1501,测试甲,13800000001,否\n")
	job := h.imported(u)
	require.Equal(t, importing.Counts{Created: 1}, job.Counts)
	require.Len(t, job.Notices, 1)
	require.Equal(t, []string{"unknown-column", "养狗吗"}, []string{job.Notices[0].Code, job.Notices[0].Column})
}

func TestAFileThatChangedOnItsWayIsRefused(t *testing.T) {
	h := newHarness(t, withSheets)
	u := rosterUpload()
	sum := sha256.Sum256(u.content)
	u.fields["sha256"] = hex.EncodeToString(sum[:])
	h.do(u.call(access.CommunityManager, "auto")).ok(202, nil)
	u.content = append(u.content, "测试小区,3,2,1502,89.5,测试乙,13800000002\n"...)
	h.do(u.call(access.CommunityManager, "auto")).problem(422, "file-changed")
}

func TestRowsOfAnImportArePaged(t *testing.T) {
	h := newHarness(t, withSheets)
	u := rosterUpload()
	u.content = append(u.content, "测试小区,3,2,1502,89.5,测试乙,13800000002\n"...)
	job := h.imported(u)
	path := "/imports/" + job.ID + "/rows"
	var p page.Of[importing.Effect]
	h.do(call{Method: "GET", Path: path + "?limit=1", Role: access.CommunityManager}).ok(200, &p)
	require.Equal(t, 2, p.Items[0].Row)
	h.do(call{Method: "GET", Path: path + "?limit=1&cursor=" + p.NextCursor, Role: access.CommunityManager}).ok(200, &p)
	require.Equal(t, 3, p.Items[0].Row)
	h.do(call{Method: "GET", Path: path + "?outcome=updated", Role: access.CommunityManager}).ok(200, &p)
	require.Empty(t, p.Items)
	h.do(call{Method: "GET", Path: path + "?outcome=gone", Role: access.CommunityManager}).problem(400, "invalid-parameter")
	for _, cursor := range []string{"x", "-1.0", "1", "1.0x", "01.0"} {
		h.do(call{Method: "GET", Path: path + "?cursor=" + cursor, Role: access.CommunityManager}).problem(400, "invalid-cursor")
	}
	h.do(call{Method: "GET", Path: "/imports/" + store.NewID() + "/rows", Role: access.CommunityManager}).problem(404, "not-found")
	h.do(call{Method: "POST", Path: "/imports/" + store.NewID() + "/rollback", Key: "auto", Role: access.CommunityManager}).problem(404, "not-found")
}

package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/api"
	"steward/domain/access"
	"steward/domain/estate"
	"steward/domain/importing"
	"steward/domain/page"
	"steward/spreadsheet"
	"steward/store"
)

func withSheets(d *api.Deps) { d.Sheets = spreadsheet.New() }

type upload struct {
	fields   map[string]string
	fileName string
	content  []byte
}

func (u upload) call(role access.Role, key string) call {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, k := range slices.Sorted(maps.Keys(u.fields)) {
		_ = w.WriteField(k, u.fields[k])
	}
	if u.fileName != "" {
		part, _ := w.CreateFormFile("file", u.fileName)
		_, _ = part.Write(u.content)
	}
	_ = w.Close()
	return call{Method: http.MethodPost, Path: "/imports", Role: role, Key: key, Body: b.Bytes(), Headers: map[string]string{"Content-Type": w.FormDataContentType()}}
}

const rosterText = "小区,楼栋,单元,房号,建筑面积,业主,联系电话\n测试小区,3,2,1501,89.5,测试甲,13800000001\n"

func rosterUpload() upload {
	return upload{fields: map[string]string{"kind": "roster", "community": "测试小区"}, fileName: "业主清册.csv", content: []byte(rosterText)}
}

func TestAnUploadIsAcceptedOnce(t *testing.T) {
	h := newHarness(t, withSheets)
	u := rosterUpload()
	u.fields["dry_run"], u.fields["mapping"] = "true", `{"门牌":"房号"}`
	var started, repeated struct{ ID, Status string }
	h.do(u.call(access.CommunityManager, "one")).ok(202, &started)
	require.Equal(t, "running", started.Status)
	h.do(u.call(access.CommunityManager, "one")).ok(202, &repeated)
	require.Equal(t, started, repeated, "another boundary is the same upload")
	u.content = append(u.content, "测试小区,3,2,1502,89.5,测试乙,13800000002\n"...)
	h.do(u.call(access.CommunityManager, "one")).problem(422, "idempotency-key-reused")

	var job importing.Job
	h.do(call{Method: "GET", Path: "/imports/" + started.ID, Role: access.CommunityManager}).ok(200, &job)
	require.Equal(t, importing.Running, job.Status)
	require.True(t, job.DryRun)
	require.Equal(t, []importing.Problem{}, job.Problems)
	raw := h.do(call{Method: "GET", Path: "/imports/" + started.ID, Role: access.CommunityManager})
	for _, field := range []string{"rows", "created", "updated", "unchanged", "rejected", "problems", "progress"} {
		require.Contains(t, string(raw.Body), fmt.Sprintf("%q:", field))
	}
	var list page.Of[importing.Job]
	h.do(call{Method: "GET", Path: "/imports", Role: access.CommunityManager}).ok(200, &list)
	require.Len(t, list.Items, 1)
	h.do(call{Method: "POST", Path: "/imports/" + started.ID + "/rollback", Role: access.CommunityManager, Key: "auto"}).problem(409, "import-running")
	h.do(call{Method: "GET", Path: "/imports/" + store.NewID(), Role: access.CommunityManager}).problem(404, "not-found")
	h.do(call{Method: "GET", Path: "/imports/小区", Role: access.CommunityManager}).problem(404, "not-found")
}

func TestBadUploadsAreRefusedAtTheDoor(t *testing.T) {
	h := newHarness(t, withSheets)
	for name, c := range map[string]struct {
		change func(*upload)
		role   access.Role
		status int
		code   string
	}{
		"unknown kind":           {func(u *upload) { u.fields["kind"] = "cats" }, "", 400, "unknown-import-kind"},
		"a page named xlsx":      {func(u *upload) { u.fileName, u.content = "a.xlsx", []byte("<html>") }, "", 415, "unsupported-file-type"},
		"a cut workbook":         {func(u *upload) { u.fileName, u.content = "a.xlsx", []byte("PK\x03\x04abc") }, "", 422, "file-truncated"},
		"a password":             {func(u *upload) { u.fileName, u.content = "a.xlsx", encrypted() }, "", 422, "file-encrypted"},
		"an empty file":          {func(u *upload) { u.content = nil }, "", 422, "empty-file"},
		"a file over the limit":  {func(u *upload) { u.content = bytes.Repeat([]byte("1,2\n"), 21<<18) }, "", 413, "file-too-large"},
		"a body over the limit":  {func(u *upload) { u.content = bytes.Repeat([]byte("1,2\n"), 25<<18) }, "", 413, "too-large"},
		"no community":           {func(u *upload) { u.fields["community"] = "　" }, "", 422, "community-name-malformed"},
		"a long community":       {func(u *upload) { u.fields["community"] = strings.Repeat("园", 121) }, "", 422, "community-name-malformed"},
		"unknown community":      {func(u *upload) { u.fields["kind"], u.fields["community"] = "receivables", "没有的小区" }, "", 422, "community-unknown"},
		"a mapping that is none": {func(u *upload) { u.fields["mapping"] = "[1]" }, "", 400, "invalid-parameter"},
		"a dry run that is none": {func(u *upload) { u.fields["dry_run"] = "maybe" }, "", 400, "invalid-parameter"},
		"a cashier":              {func(*upload) {}, access.Cashier, 403, "forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.t = t
			u := rosterUpload()
			c.change(&u)
			if c.role == "" {
				c.role = access.CommunityManager
			}
			h.do(u.call(c.role, "auto")).problem(c.status, c.code)
		})
	}
	var n int
	require.NoError(t, h.DB.GetContext(t.Context(), &n, `SELECT COUNT(*) FROM import_job WHERE org_id = ?`, h.OrgID))
	require.Zero(t, n)
	missing := rosterUpload()
	missing.fileName = ""
	require.Contains(t, fmt.Sprint(h.do(missing.call(access.CommunityManager, "auto")).problem(400, "invalid-parameter")["errors"]), "请选择要上传的文件")
	h.do(rosterUpload().call(access.CommunityManager, "")).problem(400, "idempotency-key-required")
}

func encrypted() []byte {
	b := []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	for _, c := range []byte("EncryptedPackage") {
		b = append(b, c, 0)
	}
	return b
}

func TestUnitsAreFoundByWhoMaySeeThem(t *testing.T) {
	h := newHarness(t, withSheets)
	reading := importing.NewReading(importing.Roster, "测试小区", nil, h.Clock.Now())
	require.NoError(t, spreadsheet.New().Read("a.csv", []byte(rosterText), reading.Take))
	job, err := h.Store.CreateImport(t.Context(), h.Scope, importing.Request{Kind: importing.Roster, Community: "测试小区", FileName: "a.csv", Content: []byte(rosterText)})
	require.NoError(t, err)
	require.NoError(t, h.Store.SaveImportVerdict(t.Context(), h.Scope, job.ID, importing.Verdict{Rows: 1, Batches: reading.Result().Good.Batches()}))
	require.NoError(t, h.Store.ApplyImportBatch(t.Context(), h.Scope, job.ID, 0, false))

	var found page.Of[estate.Unit]
	h.do(call{Method: "GET", Path: "/units?q=3%231501&community_id=" + h.community, Role: access.Steward}).ok(200, &found)
	require.Len(t, found.Items, 1)
	require.Equal(t, "测试甲", found.Items[0].Occupancies[0].Name)
	path := "/units/" + found.Items[0].ID
	var unit estate.Unit
	h.do(call{Method: "GET", Path: path, Role: access.Auditor}).ok(200, &unit)
	require.Equal(t, "测**", unit.Occupancies[0].Name)
	require.Equal(t, "138****0001", unit.Occupancies[0].Phone)
	h.do(call{Method: "GET", Path: path, Role: access.Owner}).problem(404, "not-found")
	h.do(call{Method: "GET", Path: path}).problem(401, "signed-out")
	var communities page.Of[estate.Community]
	h.do(call{Method: "GET", Path: "/communities", Role: access.Cashier}).ok(200, &communities)
	require.Equal(t, 1, communities.Items[0].Units)
	var one estate.CommunityDetail
	h.do(call{Method: "GET", Path: "/communities/" + h.community, Role: access.Cashier}).ok(200, &one)
	require.Equal(t, "3栋", one.BuildingList[0].Name)
	h.do(call{Method: "GET", Path: "/communities/" + store.NewID(), Role: access.Cashier}).problem(404, "not-found")
}

// hangingUp is a store whose caller goes away in the middle of a rollback.
type hangingUp struct {
	api.Store
	hangUp func()
	ended  *error
}

func (h hangingUp) RollBackImport(ctx context.Context, s access.Scope, id string) (importing.Job, error) {
	h.hangUp()
	*h.ended = ctx.Err()
	return h.Store.RollBackImport(ctx, s, id)
}

func TestARollbackGoesOnWhenItsCallerHangsUp(t *testing.T) {
	ctx, hangUp := context.WithCancel(t.Context())
	ended := errors.New("not called")
	h := newHarness(t, func(d *api.Deps) { d.Store = hangingUp{d.Store, hangUp, &ended} })
	w := httptest.NewRecorder()
	h.server.Handler().ServeHTTP(w, h.request(call{Method: "POST", Path: "/imports/" + store.NewID() + "/rollback", Role: access.CommunityManager, Key: "one"}).WithContext(ctx))
	require.Equal(t, 404, w.Code)
	require.NoError(t, ended)
	require.Error(t, ctx.Err())
}

func TestWhoTakesMoneyBringsInWhatTheBankSays(t *testing.T) {
	h := newHarness(t, withSheets)
	elsewhere := insertCommunity(t, h.Env, "别的小区")
	statement := func(community string) upload {
		return upload{fields: map[string]string{"kind": "bank_statements", "community": community}, fileName: "流水.csv", content: []byte("交易日期,贷方金额,对方户名,交易流水号\n2026-02-01,88.00,某人,S1\n")}
	}
	var started struct{ ID string }
	for role, may := range map[access.Role]bool{access.Admin: true, access.CompanyFinance: true, access.CommunityManager: true, access.Cashier: true, access.RegionManager: false,
		access.Steward: false, access.TeamLeader: false, access.Auditor: false, access.Owner: false, access.Worker: false} {
		a := h.do(statement("测试小区").call(role, "auto"))
		if !may {
			a.problem(403, "forbidden")
			continue
		}
		a.ok(202, &started)
		var j importing.Job
		h.do(call{Method: "GET", Path: "/imports/" + started.ID, Role: access.Cashier}).ok(200, &j)
		require.Equal(t, importing.BankStatements, j.Kind)
	}
	h.do(statement("别的小区").call(access.Cashier, "auto")).problem(403, "forbidden")
	h.do(rosterUpload().call(access.Cashier, "auto")).problem(403, "forbidden")
	h.do(call{Method: "GET", Path: "/import-templates/bank_statements", Role: access.Cashier}).ok(200, nil)
	h.do(call{Method: "GET", Path: "/import-templates/receivables", Role: access.Cashier}).problem(403, "forbidden")

	var roster struct{ ID string }
	h.do(rosterUpload().call(access.Admin, "auto")).ok(202, &roster)
	h.do(call{Method: "GET", Path: "/imports/" + roster.ID, Role: access.Cashier}).problem(404, "not-found")
	h.do(call{Method: "POST", Path: "/imports/" + roster.ID + "/rollback", Role: access.Cashier, Key: "auto"}).problem(404, "not-found")
	var list page.Of[importing.Job]
	h.do(call{Method: "GET", Path: "/imports", Role: access.Cashier}).ok(200, &list)
	require.Len(t, list.Items, 4)
	h.do(call{Method: "GET", Path: "/imports", Role: access.RegionManager}).ok(200, &list)
	require.Len(t, list.Items, 1, "who brings in rosters and takes no money")
	h.do(call{Method: "GET", Path: "/imports?community_id=" + elsewhere, Role: access.Admin}).ok(200, &list)
	require.Empty(t, list.Items)
	h.do(call{Method: "GET", Path: "/imports", Role: access.Steward}).problem(403, "forbidden")
}

package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// A roster as an office keeps it: 300 rows in the encoding of old Excel, three of them wrong.
func officeRoster(t *testing.T) []byte {
	t.Helper()
	var b strings.Builder
	b.WriteString("楼栋,单元,房号,建筑面积,房屋类型,业主姓名,手机号\r\n")
	for n := range 300 {
		line, area, kind, name := n+2, "89.50", "住宅", fmt.Sprintf("业主%03d", n)
		switch line {
		case 17:
			area = "-89"
		case 40:
			kind = "空中楼阁"
		case 77:
			name = "=A2&B2"
		}
		fmt.Fprintf(&b, "%d栋,%d单元,%d,%s,%s,%s,199%08d\r\n", 1+n/60, 1+n/30%2, 101+n%30, area, kind, name, n)
	}
	content, err := simplifiedchinese.GB18030.NewEncoder().String(b.String())
	require.NoError(t, err)
	return []byte(content)
}

func TestAnOfficesRosterGoesInAndComesOut(t *testing.T) {
	t.Parallel()
	s := startDev(t, t.TempDir())
	const name = "金桂苑"
	file := officeRoster(t)
	units := func() (n int) {
		require.NoError(t, s.db().Get(&n, `SELECT COUNT(*) FROM unit u JOIN community c ON c.org_id = u.org_id AND c.id = u.community_id WHERE c.name = ?`, name))
		return n
	}

	tried := s.importFile("roster", name, "花名册.csv", file, "dry_run=true")
	require.Equal(t, "done", tried.Status)
	require.Equal(t, []int{300, 297, 0, 0, 3}, []int{tried.Rows, tried.Created, tried.Updated, tried.Unchanged, tried.Rejected})
	var problems []string
	for _, p := range tried.Problems {
		require.NotEmpty(t, p.Message)
		problems = append(problems, fmt.Sprintf("%d %s %s", p.Row, p.Column, p.Code))
	}
	require.Equal(t, []string{"17 建筑面积 bad-area", "40 房屋类型 bad-unit-kind", "77 业主姓名 formula-cell"}, problems)
	require.Zero(t, units())

	whole := s.importFile("roster", name, "花名册.csv", file)
	require.Equal(t, "failed", whole.Status)
	require.Zero(t, units(), "failed means that nothing was written")

	partial := s.importFile("roster", name, "花名册.csv", file, "partial=true")
	require.Equal(t, []any{"done", 297, 3}, []any{partial.Status, partial.Created, partial.Rejected})
	require.Equal(t, 297, units())
	again := s.importFile("roster", name, "花名册.csv", file, "partial=true")
	require.Equal(t, []int{0, 0, 297, 3}, []int{again.Created, again.Updated, again.Unchanged, again.Rejected})
	require.Equal(t, 297, units())

	for _, id := range []string{again.ID, partial.ID} {
		s.call(http.MethodPost, "/imports/"+id+"/rollback", nil, http.StatusOK)
	}
	require.Zero(t, units())
}

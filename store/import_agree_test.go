package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/importing"
	"steward/store/storetest"
)

const datedHead = "楼栋,单元,房号,业主,联系电话,身份证号,业主类型,起始日期,终止日期"

func TestRowsOfOnePersonAgreeAcrossBatches(t *testing.T) {
	for name, first := range map[string]bool{"into a new community": true, "into one that is there": false} {
		t.Run(name, func(t *testing.T) {
			i := importer{storetest.New(t), t}
			if !first {
				i.run(csv(importing.Roster, datedHead, []string{"1,1,9001,测试甲,13800000009,,,,"}))
			}
			lines := []string{"1,1,9001,测试甲,13800000001,110101199001010011,,,"}
			for n := range importing.BatchRows {
				lines = append(lines, fmt.Sprintf("1,1,%d,测试%d,1390000%04d,,,,", 101+n, n, n))
			}
			lines = append(lines, "1,1,9002,测试甲,13800000002,110101199001010011,,,", "1,1,9003,测试甲,13800000003,110101199001010022,,,")
			file := csv(importing.Roster, datedHead, lines)
			job := i.run(file)
			require.Equal(t, []string{"503 values-differ"}, i.doubtful(job.ID)[len(i.doubtful(job.ID))-1:])
			require.Equal(t, []string{"测试甲 13800000001 []"}, i.phonesIn("1-1-9002"), "the first row counts")
			require.Equal(t, []string{"测试甲 13800000003 []"}, i.phonesIn("1-1-9003"), "a namesake is somebody else")
			after := i.content(peopleTables...)
			require.Equal(t, importing.Counts{Unchanged: len(lines)}, i.run(file).Counts)
			require.Equal(t, after, i.content(peopleTables...))
		})
	}
}

// TestNamesakesInOneUnitKeepTheirPhones has an earlier and a later owner of one name, and the later one as a tenant too: a
// row about the earlier one says nothing of the later one.
func TestNamesakesInOneUnitKeepTheirPhones(t *testing.T) {
	i := importer{storetest.New(t), t}
	i.run(csv(importing.Roster, datedHead, []string{"1,1,101,测试乙,13800000002,110101199001010022,,2020-01-01,2025-05-31"}))
	i.run(csv(importing.Roster, datedHead, []string{"1,1,101,测试乙,13800000001,,,2025-06-01,", "1,1,101,测试乙,13800000001,,租户,,"}))
	require.Equal(t, 2, i.count("person"))
	after := i.content(peopleTables...)
	job := i.run(csv(importing.Roster, datedHead, []string{"1,1,101,测试乙,13800000002,110101199001010022,,,2025-05-31", "1,1,101,测试乙,13800000001,,租户,,"}))
	require.Equal(t, importing.Counts{Unchanged: 2}, job.Counts)
	require.Empty(t, i.effects(job.ID))
	require.Equal(t, after, i.content(peopleTables...))
}

package worker_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
	"steward/domain/importing"
	process "steward/workflows/importing"
)

// breaking loses the answer to the first writing of one batch: it is committed, and its worker never hears of it.
type breaking struct {
	importing.Store
	batch  int
	once   sync.Once
	broken chan struct{}
}

func (b *breaking) ApplyImportBatch(ctx context.Context, s access.Scope, importID string, batch int, guardNew bool) error {
	err := b.Store.ApplyImportBatch(ctx, s, importID, batch, guardNew)
	if batch == b.batch {
		b.once.Do(func() {
			close(b.broken)
			err = errors.New("connection lost")
		})
	}
	return err
}

func TestAnImportGoesOnWhereAnotherWorkerLeftIt(t *testing.T) {
	const rows = 1600
	g := newGround(t, 1, 1)
	lost := &breaking{Store: g.store, batch: 1, broken: make(chan struct{})}
	g.imports = lost
	stop := g.work()
	t.Cleanup(func() { stop() })

	var sheet strings.Builder
	sheet.WriteString("楼栋,单元,房号,业主,联系电话\n")
	for i := range rows {
		fmt.Fprintf(&sheet, "%d,1,%d,住户%d,199%08d\n", 1+i/100, 101+i%100, i, i)
	}
	job, err := g.store.CreateImport(t.Context(), g.Scope, importing.Request{
		Kind: importing.Roster, Community: "云杉里 " + g.OrgID, FileName: "名册.csv", Content: []byte(sheet.String()),
	})
	require.NoError(t, err)
	select {
	case <-lost.broken:
	case <-time.After(time.Minute):
		t.Fatal("the second batch was never written")
	}
	stop()
	stop = g.work()
	require.Eventually(t, func() bool {
		job, err = g.store.Import(t.Context(), g.Scope, job.ID)
		return err == nil && job.Status != importing.Running
	}, time.Minute, 50*time.Millisecond)

	require.Equal(t, importing.Done, job.Status, "%+v", job)
	require.Empty(t, job.Problems)
	require.Equal(t, importing.Counts{Created: rows}, job.Counts)
	for table, where := range map[string]string{"unit": "community_id", "occupancy": "unit_id IN (SELECT id FROM unit WHERE community_id"} {
		var n int
		closing := strings.Repeat(")", strings.Count(where, "("))
		require.NoError(t, g.DB.GetContext(t.Context(), &n, "SELECT COUNT(*) FROM "+table+" WHERE org_id = ? AND "+where+" = ?"+closing, g.OrgID, job.CommunityID))
		require.Equal(t, rows, n, table)
	}
	await(t, process.ID(job.ID))
	history(t, process.ID(job.ID), "import")
}

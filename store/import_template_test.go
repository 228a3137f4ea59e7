package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/importing"
	"steward/spreadsheet/templatetest"
	"steward/store/storetest"
)

func TestOurOwnTemplatesGoInWithoutAWord(t *testing.T) {
	i := importer{storetest.New(t), t}
	for _, kind := range templatetest.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			i := importer{i.Env, t}
			content, err := templatetest.Filled(kind)
			require.NoError(t, err)
			file := importing.Request{Kind: kind, Community: "云栖苑", FileName: "模板.xlsx", Content: content}
			first := i.run(file)
			require.Empty(t, first.Problems)
			require.Empty(t, first.Notices)
			require.Equal(t, templatetest.Rows, first.Created+first.Updated+first.Unchanged)
			require.Positive(t, first.Created)
			require.Equal(t, importing.Counts{Unchanged: templatetest.Rows}, i.run(file).Counts)
		})
	}
}

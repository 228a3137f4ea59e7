package importing

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheVocabularyIsSound(t *testing.T) {
	v, err := loadVocabulary(vocabularyFile)
	require.NoError(t, err, "no header of a form means two columns, no word of a list two things")
	shapes := []string{"", "name", "phone", "id_no", "area", "amount", "number", "date", "period"}
	for _, f := range v.Forms {
		require.NotEmpty(t, f.Title, f.Key)
		if f.Like != "" {
			require.NotNil(t, v.byKey[f.Like], f.Key)
		}
		for _, c := range f.Columns {
			require.NotEmpty(t, c.Title, f.Key+"."+c.Key)
			key, ok := f.find(newHeading(c.Title))
			require.True(t, ok && key == c.Key, f.Key+"."+c.Key)
			if list, isWord := strings.CutPrefix(c.Holds, "word:"); isWord {
				require.NotNil(t, v.Words[list], c.Holds)
			} else {
				require.Contains(t, shapes, c.Holds, f.Key+"."+c.Key)
			}
		}
		for _, key := range slices.Concat(append([][]string{f.Required}, f.AnyOf...)...) {
			require.NotNil(t, f.byKey[key], f.Key+" needs "+key)
			require.False(t, f.byKey[key].Unused, f.Key+" needs what it does not use: "+key)
		}
		require.True(t, len(f.Required)+len(f.AnyOf) > 0, f.Key+" would fit every sheet")
		require.True(t, f.Helper || takers[Kind(f.Key)] != nil || f.Key == "owners" || f.Key == "tenants" || f.Key == "vehicles", f.Key+" can't be read")
	}
	for _, j := range v.Joins {
		from, to := v.byKey[string(j.Kind)], v.byKey[j.Form]
		require.True(t, from != nil && to != nil && from.byKey[j.Column] != nil && from.byKey[j.Column].Joins && to.byKey[j.By] != nil, j)
		for _, key := range j.Parallel {
			require.NotNil(t, from.byKey[key], j)
		}
		require.True(t, j.List || len(j.Parallel) == 0, j)
	}
	for code := range noticeTexts {
		require.Equal(t, 1, strings.Count(noticeTexts[code], "%s"), code)
	}
}

func TestAFormCallsAColumnOfAGroupByItsOwnName(t *testing.T) {
	name := formOf(Vehicles).byKey[colName]
	require.Equal(t, "车主", name.Title)
	require.Equal(t, "name", name.Holds)
	for _, header := range []string{"车主姓名", "业主", "业主姓名"} {
		key, _ := formOf(Vehicles).find(newHeading(header))
		require.Equal(t, colName, key, header)
	}
	_, known := formOf(Roster).find(newHeading("车主姓名"))
	require.False(t, known)
}

func TestAVocabularyWithAMistakeIsRefused(t *testing.T) {
	for mistake, file := range map[string]string{
		"stands for":         `{"forms":[{"key":"x","title":"x","columns":[{"key":"a","title":"甲","synonyms":["丙（必填）"]},{"key":"b","title":"丙"}]}]}`,
		"column a is there":  `{"forms":[{"key":"x","title":"x","columns":[{"key":"a","title":"甲"},{"key":"a","title":"乙"}]}]}`,
		"form x is there":    `{"forms":[{"key":"x","title":"x"},{"key":"x","title":"y"}]}`,
		"no group g":         `{"forms":[{"key":"x","title":"x","with":["g"]}]}`,
		"means":              `{"words":{"w":{"values":{"a":["一"],"b":["一 "]}}}}`,
		"is refused and has": `{"words":{"w":{"values":{"a":["一"]},"refused":{"一":"一"}}}}`,
		"unknown field":      `{"form":[]}`,
	} {
		_, err := loadVocabulary([]byte(file))
		require.ErrorContains(t, err, mistake)
	}
}

package importing

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// kinds are the kinds of the contract.
var kinds = []Kind{Roster, Owners, Tenants, Vehicles, Receivables, Payments, FeeItems, MeterReadings, Equipment, Staff, BankStatements}

func TestEveryKindHasATemplate(t *testing.T) {
	all, err := loadTemplates(templatesFile)
	require.NoError(t, err)
	require.Len(t, all, len(kinds))
	for _, kind := range kinds {
		form := formOf(kind)
		template := all[kind]
		require.NotEmpty(t, template.Notes, kind)
		here := map[string]bool{}
		for _, c := range template.Columns {
			require.False(t, here[c.Key], "%s %s", kind, c.Key)
			here[c.Key] = true
			require.NotEmpty(t, c.Explain)
			key, ok := form.find(newHeading(c.Header()))
			require.True(t, ok, c.Header())
			require.Equal(t, c.Key, key)
			require.LessOrEqual(t, len(strings.Join(c.Choices, ",")), 255, "what a list may hold")
			list, ok := strings.CutPrefix(form.column(c.Key).Holds, "word:")
			for _, choice := range c.Choices {
				if ok {
					_, known := words(list).mean(choice)
					require.True(t, known, "%s %s %s", kind, c.Key, choice)
				}
			}
			require.Equal(t, ok, len(c.Choices) > 0 && !c.Free, "%s %s: a column of fixed words offers them", kind, c.Key)
		}
		for _, key := range form.Required {
			require.True(t, here[key], "%s lacks %s", kind, key)
		}
	}
}

func TestTemplatesNameNobody(t *testing.T) {
	phone, idNo := regexp.MustCompile(`1[3-9]\d{9}`), regexp.MustCompile(`\d{15,18}`)
	for _, p := range phone.FindAllString(string(templatesFile), -1) {
		require.Regexp(t, `^1380000\d{4}$`, p)
	}
	for _, n := range idNo.FindAllString(string(templatesFile), -1) {
		require.NotRegexp(t, `^[1-9]\d{5}(19|20)\d{2}(0[1-9]|1[0-2])`, n)
	}
	require.True(t, json.Valid(templatesFile))
}

func TestTheExampleOfOurTemplateIsPassedOverInSilence(t *testing.T) {
	for _, kind := range kinds {
		template := templates()[kind]
		var header []string
		for _, c := range template.Columns {
			header = append(header, c.Header())
		}
		empty := reading(kind, nil, strings.Join(header, ",")+"\n"+strings.Join(template.ExampleLine(), ","))
		require.Equal(t, []string{"no-rows"}, codes(empty), kind)
		require.Empty(t, empty.Notices, kind)

		changed := template.ExampleLine()
		changed[0] = ExampleMark + "另一个"
		require.Equal(t, "example-rows", reading(kind, nil, strings.Join(header, ",")+"\n"+strings.Join(changed, ",")).Notices[0].Code, kind)
	}
}

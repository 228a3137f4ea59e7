package spreadsheet_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/importing"
	"steward/domain/refusal"
	"steward/spreadsheet"
)

func TestCSVInEveryEncodingSaysTheSame(t *testing.T) {
	text := "楼栋,房号,业主\r\n\r\n3,\"1501\",𠮷田😀\r\n4,\"12\n3\",李丽\r\n5,=1+2,=\"0012\"\r\n"
	big := []byte(utf16le(text))
	for i := 0; i+1 < len(big); i += 2 {
		big[i], big[i+1] = big[i+1], big[i]
	}
	for name, content := range map[string][]byte{
		"utf-8": []byte(text), "utf-8 with bom": append([]byte("\xEF\xBB\xBF"), text...), "gb18030": gb18030(t, text),
		"utf-16": []byte(utf16le(text)), "utf-16, the other end first": big,
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, []string{"!1: 楼栋|房号|业主", "!3: 3|1501|𠮷田😀", "!4: 4|12\n3|李丽", "!6: 5|{=1+2}|0012"}, said(t, "表.CSV", content),
				"an empty line counts, a cell of two lines counts two")
		})
	}
}

func TestCSVOfEveryKindOfProgram(t *testing.T) {
	for why, c := range map[string]struct{ text, want string }{
		"tabs":                          {"a\tb\n1\t2,5", "!1: a|b / !2: 1|2,5"},
		"semicolons":                    {"a;b\n1;2,5", "!1: a|b / !2: 1|2,5"},
		"a title without a delimiter":   {"某园业主表\n\n楼栋\t房号\n1\t101", "!1: 某园业主表 / !3: 楼栋|房号 / !4: 1|101"},
		"tabs that protect digits":      {"交易号\t,金额\t\n0012\t,5\t\n\"0013\"\t,6", "!1: 交易号|金额 / !2: 0012|5 / !3: 0013|6"},
		"its delimiter named":           {"sep=;\r\na,b;c\r\n", "!2: a,b|c"},
		"its delimiter named in quotes": {"\"SEP=,\"\na\tb,c\n", "!2: a\tb|c"},
		"CR alone":                      {"a,b\r\r1,\"x\ry\"\r2,3\r", "!1: a|b / !3: 1|x\ny / !5: 2|3"},
		"no end of the last line":       {"a,b\n1,2", "!1: a|b / !2: 1|2"},
		"the end mark of DOS":           {"a,b\r\n1,2\r\n\x1A", "!1: a|b / !2: 1|2"},
		"protected text":                {"a,b\n=\"0012\",\"x,=\"\"0\"\"\"\n=\"1,2\",3\n", "!1: a|b / !2: 0012|x,=\"0\" / !3: 1,2|3"},
		"protected text in quotes":      {"a,b\n\"=\"\"0012\"\"\",3\n", "!1: a|b / !2: 0012|3"},
		"apostrophe for text":           {"a,b\n'0012,'=1+2\n", "!1: a|b / !2: 0012|=1+2"},
		"formulas":                      {"a,b\n=A1,\"=B1\"\n", "!1: a|b / !2: {=A1}|{=B1}"},
		"half protected":                {"a,b\n=\"x\"&A1,=\"y\n", "!1: a|b / !2: {=\"x\"&A1}|{=\"y}"},
		"an opening of protected text":  {"a,b\n=\",1\n", "!1: a|b / !2: {=\"}|1"},
		"quotes inside a field":         {"a,b\n5\"管,x\n", "!1: a|b / !2: 5\"管|x"},
		"quotes doubled":                {"a,b\n\"5\"\"管\",\"\"\n", "!1: a|b / !2: 5\"管"},
		"blanks around quotes":          {"a,b\n \"x,y\" , \"z\"\n", "!1: a|b / !2: x,y|z"},
		"empty cells beyond the limit":  {"a,b" + strings.Repeat(",", 5000) + "\n", "!1: a|b"},
		"blank lines of delimiters":     {"a,b\n,,\n , \n1,2\n", "!1: a|b / !4: 1|2"},
		"rows of different length":      {"a\n1,2,3\n,x\n", "!1: a / !2: 1|2|3 / !3: |x"},
		"full-width blanks":             {"a,b\n　1　,\u00a02\n", "!1: a|b / !2: 1|2"},
	} {
		t.Run(why, func(t *testing.T) {
			require.Equal(t, c.want, strings.Join(said(t, "a.csv", []byte(c.text)), " / "))
			if !strings.Contains(c.text, "\x1A") {
				require.Equal(t, c.want, strings.Join(said(t, "a.txt", []byte(utf16le(c.text))), " / "), "the same in Excel's Unicode text")
			}
		})
	}
}

// Line numbers of a refusal are those that a text editor shows.
func TestAQuoteThatIsNotClosedIsRefusedBeforeTheFirstLine(t *testing.T) {
	for text, line := range map[string]string{
		"a,b\n1,2\n3,\"4\n5,6\n":          "第 3 行",
		"a,b\n\"x\ny\",2\n3,\"4\n5,\"6\"": "第 4 行",
		"a,b\n1,\"2\"3\n":                 "第 2 行",
	} {
		err := spreadsheet.New().Read("a.csv", []byte(text), func(importing.Line) error {
			require.FailNow(t, "a line was handed on")
			return nil
		})
		r, ok := refusal.As(err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "malformed-csv", r.Code)
		require.Contains(t, r.Message, line)
	}
}

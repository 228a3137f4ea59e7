package importing

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"steward/domain/estate"
)

// templatesFile says for each kind which columns its template has, with an example and what to write. Titles, and which
// columns must be there, come from the vocabulary.
//
//go:embed templates.json
var templatesFile []byte

// Template is an empty form of our own for one kind.
type Template struct {
	Kind    Kind             `json:"kind"`
	Title   string           `json:"title"`
	Notes   []string         `json:"notes"`
	Columns []TemplateColumn `json:"columns"`
}

// TemplateColumn is one column of a template. Choices is what its list offers; Free allows other words too. Format is text,
// date, area, money, price or number, and "" for plain words.
type TemplateColumn struct {
	Key      string   `json:"key"`
	Title    string   `json:"title"`
	Required bool     `json:"required"`
	Format   string   `json:"format"`
	Choices  []string `json:"choices"`
	Free     bool     `json:"free"`
	Example  string   `json:"example"`
	Explain  string   `json:"explain"`
}

// Header is what stands above the column.
func (c TemplateColumn) Header() string {
	if c.Required {
		return c.Title + "（必填）"
	}
	return c.Title
}

// What our own templates have that is no data.
const (
	ExampleMark      = "示例：" // the line of examples begins with it
	InstructionSheet = "填写说明"
)

// ExampleLine is the line below the header: examples, told from data by its first cell.
func (t Template) ExampleLine() []string {
	line := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		line[i] = c.Example
	}
	line[0] = ExampleMark + line[0]
	return line
}

var templates = sync.OnceValue(func() map[Kind]Template {
	all, err := loadTemplates(templatesFile)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return all
})

func loadTemplates(content []byte) (map[Kind]Template, error) {
	d := json.NewDecoder(strings.NewReader(string(content)))
	d.DisallowUnknownFields()
	all := map[Kind]Template{}
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("read the templates: %w", err)
	}
	for kind, t := range all {
		f := formOf(kind)
		if f == nil || f.Helper {
			return nil, fmt.Errorf("a template for %q, which is no kind", kind)
		}
		t.Kind, t.Title = kind, kind.Title()
		for i := range t.Columns {
			c := &t.Columns[i]
			known := f.column(c.Key)
			if known == nil || known.Unused {
				return nil, fmt.Errorf("template %s: the vocabulary reads no column %s", kind, c.Key)
			}
			c.Title = known.Title
			c.Required = c.Required || f.needs(c.Key)
		}
		all[kind] = t
	}
	return all, nil
}

// TemplateOf gives the template of a kind.
func TemplateOf(kind Kind) (Template, error) {
	if err := kind.Accept(); err != nil {
		return Template{}, err
	}
	t, ok := templates()[kind]
	if !ok {
		return Template{}, fmt.Errorf("make a template for %s: there is none", kind)
	}
	return t, nil
}

// isOwnExample tells whether a line is the example of our own template as it was handed out: nobody needs to be told that
// it was not imported.
func (s *sheet) isOwnExample(l Line) bool {
	if s.form == nil || s.form.Helper {
		return false
	}
	columns := templates()[Kind(s.form.Key)].Columns
	if len(columns) == 0 {
		return false
	}
	for i, cell := range l.Cells {
		text := estate.Fold(cell.Text)
		if text == "" {
			continue
		}
		key := ""
		if i < len(s.head.cells) {
			key = s.head.cells[i].key
		}
		at := slices.IndexFunc(columns, func(c TemplateColumn) bool { return c.Key == key })
		if at < 0 || text != estate.Fold(columns[at].Example) && text != estate.Fold(ExampleMark+columns[at].Example) {
			return false
		}
	}
	return true
}

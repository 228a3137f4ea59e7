package importing

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"steward/domain/estate"
)

// vocabularyFile holds every header and word that files of property offices use: to know another one, write it there.
//
// A form is what one sheet can be: a kind of import, or a helper that another sheet refers to by numbers. Its columns are
// those of the groups that it names "with", and its own; one with the key of a group's column renames that and adds headers.
// A column's title and synonyms are headers, compared after folding. Of each list in any_of one column must be there.
// "holds" says what its cells look like (name, phone, id_no, area, amount, number, date, period, word:<list>). "unused" is
// known, yet has no place in Steward. "numbered" may come again with 2, 3 ... behind it. "ordinal" only counts lines. "end"
// is the last day of something: a month alone means its last day.
//
// A join adds to each row of a kind the rows of another form whose column "by" holds the number in "column"; a "list"
// holds several numbers, and the "parallel" columns as many values.
//
//go:embed vocabulary.json
var vocabularyFile []byte

type vocabulary struct {
	Marks struct {
		Harmless []string            `json:"harmless"` // in brackets of a header, these say nothing about which column it is
		Above    map[string][]string `json:"above"`    // a header over headers: what it adds before the lower ones
	} `json:"marks"`
	Lines struct {
		Examples   []string `json:"examples"`
		Totals     []string `json:"totals"`
		Notes      []string `json:"notes"`
		Signatures []string `json:"signatures"`
	} `json:"lines"`
	Placeholders map[string][]string  `json:"placeholders"` // what forms ask to write where nothing is known
	Groups       map[string][]column  `json:"groups"`
	Forms        []*form              `json:"forms"`
	Joins        []join               `json:"joins"`
	Words        map[string]*wordList `json:"words"`

	byKey       map[string]*form
	harmless    map[string]bool
	placeholder map[string]map[string]bool
}

// column is one thing that a form says, with every header that staff write for it.
type column struct {
	Key      string   `json:"key"`
	Title    string   `json:"title"` // how messages call it, also a header that is understood
	Synonyms []string `json:"synonyms"`
	Holds    string   `json:"holds"`
	Unused   bool     `json:"unused"`
	Numbered bool     `json:"numbered"`
	Ordinal  bool     `json:"ordinal"`
	Joins    bool     `json:"joins"`
	End      bool     `json:"end"`
}

// form is what one sheet can be.
type form struct {
	Key      string     `json:"key"`
	Title    string     `json:"title"`
	Like     string     `json:"like"`   // a form with the same sheets, of which this one reads a part
	Helper   bool       `json:"helper"` // no kind of import
	With     []string   `json:"with"`
	Required []string   `json:"required"`
	AnyOf    [][]string `json:"any_of"`
	Columns  []column   `json:"columns"`

	byKey map[string]*column
	dict  map[string]string // folded header -> column key
}

// join is how a sheet of a kind refers to rows of another form by numbers.
type join struct {
	Kind     Kind     `json:"kind"`
	Column   string   `json:"column"`
	Form     string   `json:"form"`
	By       string   `json:"by"`
	List     bool     `json:"list"`
	Parallel []string `json:"parallel"`
	Unique   bool     `json:"unique"`
	None     []string `json:"none"`
	Code     string   `json:"code"`
}

// wordList is the values that staff write in a cell with a fixed set of meanings, with the codes that older systems
// export. Empty is what an empty cell means; refused words are known and have no meaning here.
type wordList struct {
	Empty   string              `json:"empty"`
	Values  map[string][]string `json:"values"`
	Refused map[string]string   `json:"refused"`

	meaning map[string]string
}

var vocab = sync.OnceValue(func() *vocabulary {
	v, err := loadVocabulary(vocabularyFile)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return v
})

func loadVocabulary(content []byte) (*vocabulary, error) {
	v := &vocabulary{byKey: map[string]*form{}, harmless: map[string]bool{}, placeholder: map[string]map[string]bool{}}
	d := json.NewDecoder(strings.NewReader(string(content)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return nil, fmt.Errorf("read the vocabulary: %w", err)
	}
	for _, m := range v.Marks.Harmless {
		v.harmless[wordKey(m)] = true
	}
	for of, all := range v.Placeholders {
		v.placeholder[of] = map[string]bool{}
		for _, p := range all {
			v.placeholder[of][wordKey(p)] = true
		}
	}
	for _, f := range v.Forms {
		if err := v.complete(f); err != nil {
			return nil, err
		}
	}
	for name, list := range v.Words {
		if err := list.complete(); err != nil {
			return nil, fmt.Errorf("words %s: %w", name, err)
		}
	}
	return v, nil
}

func (v *vocabulary) complete(f *form) error {
	if v.byKey[f.Key] != nil {
		return fmt.Errorf("form %s is there twice", f.Key)
	}
	v.byKey[f.Key] = f
	var all []column
	for _, g := range f.With {
		if v.Groups[g] == nil {
			return fmt.Errorf("form %s: no group %s", f.Key, g)
		}
		all = append(all, v.Groups[g]...)
	}
	f.Columns = extend(all, f.Columns)
	f.byKey, f.dict = map[string]*column{}, map[string]string{}
	for i := range f.Columns {
		c := &f.Columns[i]
		if f.byKey[c.Key] != nil {
			return fmt.Errorf("form %s: column %s is there twice", f.Key, c.Key)
		}
		f.byKey[c.Key] = c
		for _, h := range append([]string{c.Title}, c.Synonyms...) {
			key := foldHeader(h)
			if other, taken := f.dict[key]; taken {
				return fmt.Errorf("form %s: %q stands for %s and %s", f.Key, h, other, c.Key)
			}
			f.dict[key] = c.Key
		}
	}
	return nil
}

// extend adds a form's own columns to those of its groups. One that a group has gets the form's title and more headers.
func extend(group, own []column) []column {
	out := slices.Clone(group)
	for _, c := range own {
		i := slices.IndexFunc(group, func(g column) bool { return g.Key == c.Key })
		if i < 0 || out[i].Title != group[i].Title {
			out = append(out, c)
			continue
		}
		c.Synonyms = append(append([]string{group[i].Title}, group[i].Synonyms...), c.Synonyms...)
		c.Holds, c.Numbered = cmp.Or(c.Holds, group[i].Holds), c.Numbered || group[i].Numbered
		out[i] = c
	}
	return out
}

func (l *wordList) complete() error {
	l.meaning = map[string]string{}
	for value, all := range l.Values {
		for _, w := range all {
			key := wordKey(w)
			if other, taken := l.meaning[key]; taken {
				return fmt.Errorf("%q means %s and %s", w, other, value)
			}
			l.meaning[key] = value
		}
	}
	refused := make(map[string]string, len(l.Refused))
	for w, name := range l.Refused {
		if _, taken := l.meaning[wordKey(w)]; taken {
			return fmt.Errorf("%q is refused and has a meaning", w)
		}
		refused[wordKey(w)] = name
	}
	l.Refused = refused
	return nil
}

func wordKey(s string) string { return strings.ToLower(estate.Fold(s)) }

// words gives a list of the vocabulary by its name.
func words(name string) *wordList {
	if l := vocab().Words[name]; l != nil {
		return l
	}
	panic("no word list " + name)
}

// mean is what a word of the list means; an empty cell has a meaning of its own.
func (l *wordList) mean(s string) (value string, ok bool) {
	if s == "" {
		return l.Empty, true
	}
	value, ok = l.meaning[wordKey(s)]
	return value, ok
}

// formOf gives the form of a kind.
func formOf(kind Kind) *form { return vocab().byKey[string(kind)] }

func (f *form) column(key string) *column {
	if i := strings.IndexByte(key, '#'); i > 0 {
		key = key[:i]
	}
	return f.byKey[key]
}

// needs tells whether a column is required by itself.
func (f *form) needs(key string) bool {
	for _, r := range f.Required {
		if r == key {
			return true
		}
	}
	return false
}

// isPlaceholder tells whether a cell of this content says that nothing is known.
func isPlaceholder(of, s string) bool { return s != "" && vocab().placeholder[of][wordKey(s)] }

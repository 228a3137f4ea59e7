package importing

import "strings"

// WordOf is how staff write a value of one of the vocabulary's lists: its first word, or the value itself where the list
// has none for it.
func WordOf(list, value string) string {
	if all := words(list).Values[value]; value != "" && len(all) > 0 {
		return all[0]
	}
	return value
}

// endingWith gives the meaning of the longest word of the list with which a text ends: 高压电工 is an 电工.
func (l *wordList) endingWith(s string) (value string, ok bool) {
	s, longest := wordKey(s), ""
	for word, meaning := range l.meaning {
		if len(word) > len(longest) && strings.HasSuffix(s, word) {
			longest, value, ok = word, meaning, true
		}
	}
	return value, ok
}

// within gives the meaning of the longest word of the list that a text holds: 1-1-1智能水表 is a 水表.
func (l *wordList) within(s string) (value string, ok bool) {
	s, longest := wordKey(s), ""
	for word, meaning := range l.meaning {
		if len(word) > len(longest) && strings.Contains(s, word) || len(word) == len(longest) && word < longest && strings.Contains(s, word) {
			longest, value, ok = word, meaning, true
		}
	}
	return value, ok
}

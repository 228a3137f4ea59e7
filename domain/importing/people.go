package importing

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"steward/domain/estate"
)

// person is one of the people that a row names.
type person struct {
	Name        string
	Company     bool
	Phone       string
	OtherPhones []string
	IDNo        string
	Email       string
	Role        string // a word of the list role, "" when the row does not say
}

// maxNumbered is how far numbered columns go: 业主1 .. 业主5.
const maxNumbered = 5

// people reads everybody that a row names: several in one cell (张三、李四), and numbered columns (业主2, 电话2). The first is
// always there, without a name where the row has none.
func (r *row) people() []person {
	all := r.group("")
	all[0].Email = r.email()
	for n := 2; n <= maxNumbered; n++ {
		suffix := "#" + strconv.Itoa(n)
		if !r.has(colName+suffix) && !r.has(colPhone+suffix) {
			continue
		}
		more := r.group(suffix)
		if more[0].Name != "" {
			all = append(all, more...)
			continue
		}
		if more[0].Phone != "" { // 联系电话2 without 业主2 is another phone of the first
			all[0].addPhones(append([]string{more[0].Phone}, more[0].OtherPhones...))
			r.mark(colPhone+suffix, "several-phones")
		}
	}
	return all
}

// group reads the people of one set of columns. Phones and ID numbers go with the names one by one where there are as many
// of them; else they are the first one's, and a person should look.
func (r *row) group(suffix string) []person {
	names := splitNames(r.text(colName+suffix, nameLimit*2))
	phones := r.phones(colPhone + suffix)
	ids := r.idNumbers(colIDNo+suffix, len(names))
	role := ""
	if r.has(colRole + suffix) {
		role = r.word(colRole+suffix, "role", "bad-role")
	}
	out := make([]person, max(1, len(names)))
	for i := range out {
		out[i].Role = role
		if i < len(names) {
			r.limitName(colName+suffix, names[i])
			out[i].Name, out[i].Company = names[i], isCompany(names[i])
		}
		if len(ids) == len(out) {
			out[i].IDNo = ids[i]
		}
		if len(out) > 1 && len(phones) == len(out) {
			out[i].addPhones(phones[i : i+1])
		}
	}
	if len(out) == 1 || len(phones) != len(out) {
		out[0].addPhones(phones)
	}
	if suffix == "" {
		out[0].addPhones(r.phones(colOtherPhones))
	}
	switch {
	case len(names) < 2:
	case len(phones) > 1 && len(phones) != len(names) || len(ids) > 0 && len(ids) != len(names):
		r.mark(colName+suffix, "owner-unclear")
		if len(ids) > 0 {
			out[0].IDNo = ids[0]
		}
	default:
		r.mark(colName+suffix, "several-owners")
	}
	if slices.ContainsFunc(out, func(p person) bool { return len(p.OtherPhones) > 0 }) {
		r.mark(colPhone+suffix, "several-phones")
	}
	return out
}

func (r *row) limitName(key, name string) {
	if len([]rune(name)) > nameLimit {
		r.fault(key, faultf("cell-too-long", "内容过长，“%s”最多 %d 个字。", r.label(key), nameLimit))
	}
}

// addPhones keeps the first phone as the one to call and the others behind it, each once.
func (p *person) addPhones(phones []string) {
	for _, n := range phones {
		switch {
		case p.Phone == "":
			p.Phone = n
		case n != p.Phone && !slices.Contains(p.OtherPhones, n):
			p.OtherPhones = append(p.OtherPhones, n)
		}
	}
}

const (
	nameSigns  = "、/,，;；|&"
	phoneSigns = "/、,，;；|\n或和"
)

// splitNames takes several owners in one cell apart. A company, and what is not written in Chinese on both sides of the
// sign, is one name.
func splitNames(s string) []string {
	if s == "" || isPlaceholder("name", s) {
		return nil
	}
	parts := []string{s}
	if strings.ContainsAny(s, nameSigns) && !isCompany(s) {
		parts = strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(nameSigns, r) })
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	if len(parts) < 2 || slices.ContainsFunc(parts, func(p string) bool { return !hasHan(p) || len([]rune(p)) < 2 }) {
		return []string{s}
	}
	return parts
}

// phones reads the phones of a cell, none where it holds a placeholder.
func (r *row) phones(key string) []string {
	s := r.text(key, cellLimit)
	if s == "" {
		return nil
	}
	if digits, ok := estate.Phone(s); ok && !isPlaceholder("phone", digits) {
		return []string{digits}
	}
	found, remark, ok := splitPhones(s)
	switch {
	case !ok:
		r.fault(key, faultf("bad-phone", "电话号码格式不对，请填写一个 11 位手机号或带区号的座机号；有多个时用“/”隔开。"))
		return nil
	case len(found) == 0:
		r.mark(key, "no-phone")
	case remark:
		r.mark(key, "phone-remark")
	}
	return found
}

var (
	wordsInside = regexp.MustCompile(`[(\[【][^0-9)\]】]*[)\]】]`)
	wordsAround = regexp.MustCompile(`^[\p{Han}:]+|[\p{Han}]+$`)
)

// splitPhones takes several phones apart: 13800000001/13800000002, 138...、139..., 138... 139..., each once. A word beside a
// number (妻 138...) is left out and told by remark. ok is false when a piece is no phone; placeholders are left out.
func splitPhones(s string) (phones []string, remark, ok bool) {
	s = estate.Fold(s)
	if isPlaceholder("phone", s) {
		return nil, false, true
	}
	bare := wordsInside.ReplaceAllString(s, "")
	remark = bare != s
	for _, piece := range strings.FieldsFunc(bare, func(r rune) bool { return strings.ContainsRune(phoneSigns, r) }) {
		piece = strings.TrimSpace(piece)
		inner := strings.TrimSpace(wordsAround.ReplaceAllString(piece, ""))
		remark = remark || inner != piece && !isPlaceholder("phone", piece)
		candidates := []string{inner}
		if _, whole := estate.Phone(inner); !whole {
			candidates = strings.Fields(inner)
		}
		for _, c := range candidates {
			if isPlaceholder("phone", c) {
				continue
			}
			digits, good := estate.Phone(c)
			if !good {
				return nil, remark, false
			}
			if !isPlaceholder("phone", digits) && !slices.Contains(phones, digits) {
				phones = append(phones, digits)
			}
		}
	}
	return phones, remark, true
}

// idNumbers reads the ID numbers of a cell; several only where the row names several people.
func (r *row) idNumbers(key string, people int) (out []string) {
	s := r.text(key, cellLimit)
	if s == "" || isPlaceholder("id_no", s) {
		return nil
	}
	parts := []string{s}
	if people > 1 {
		parts = strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(nameSigns+" ", r) })
	}
	for _, p := range parts {
		no, ok := estate.IDNumber(p)
		if !ok {
			r.fault(key, faultf("bad-id-no", "证件号码格式不对，请核对位数。"))
			return nil
		}
		if no != "" && !estate.IDChecks(no) {
			r.mark(key, "id-no-checksum")
		}
		out = append(out, no)
	}
	return out
}

func (r *row) email() string {
	s := strings.ToLower(r.text(colEmail, 200))
	if s == "" || isPlaceholder("email", s) {
		return ""
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || !strings.Contains(s[at:], ".") || strings.ContainsAny(s, " ,;<>\"") {
		r.fault(colEmail, faultf("bad-email", "邮箱格式不对，请填写如 name@example.com。"))
	}
	return s
}

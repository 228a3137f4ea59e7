package importing

import (
	"slices"
	"strings"
	"unicode/utf8"

	"steward/domain/calendar"
	"steward/domain/estate"
)

// StaffRow is one person who works in the community. What the file leaves open is empty and changes nothing.
type StaffRow struct {
	Row      int           `json:"row"`
	StaffNo  string        `json:"staff_no,omitempty"`
	Name     string        `json:"name"`
	Phone    string        `json:"phone,omitempty"`
	Post     string        `json:"post,omitempty"`
	Role     string        `json:"role,omitempty"` // a role of domain/access, "" when the post names none
	Team     string        `json:"team,omitempty"`
	Skills   string        `json:"skills,omitempty"` // separated by 、
	JoinedOn calendar.Date `json:"joined_on"`
	LeftOn   calendar.Date `json:"left_on"`
	Namesake bool          `json:"namesake,omitempty"` // an earlier row of the file has the same name
}

// The columns of staff.
const (
	colStaffNo  = "staff_no"
	colPost     = "post"
	colTeam     = "team"
	colSkills   = "skills"
	colJoinedOn = "joined_on"
	colLeftOn   = "left_on"
)

const (
	staffNoLimit = 40
	postLimit    = 60
	skillsLimit  = 200
)

func takeStaff(r *Reading, in *row) func() {
	out := in.staff(r.community)
	if out.StaffNo != "" {
		r.once(in, colStaffNo, "no|"+estate.NameKey(out.StaffNo))
	} else {
		r.once(in, colName, "name|"+estate.NameKey(out.Name)+"|"+out.Phone)
	}
	named := "named|" + estate.NameKey(out.Name)
	out.Namesake = r.nth[named] > 0
	r.nth[named]++
	return func() { r.result.Good.Staff = append(r.result.Good.Staff, out) }
}

func (r *row) staff(community string) StaffRow {
	r.community(community)
	out := StaffRow{
		Row: r.line.No, StaffNo: r.text(colStaffNo, staffNoLimit), Name: r.needed(colName, nameLimit), Phone: r.staffPhone(),
		Post: r.text(colPost, postLimit), Team: r.text(colTeam, postLimit), Skills: r.skills(),
		JoinedOn: r.date(colJoinedOn), LeftOn: r.date(colLeftOn),
	}
	out.Role = r.staffRole(out.Post)
	r.inOrder(colLeftOn, out.JoinedOn, out.LeftOn)
	if r.ok() && out.StaffNo == "" && out.Phone == "" {
		r.fault(colPhone, faultf("missing-value", "请填写工号或手机号中的至少一项，否则无法区分同名员工。"))
	}
	return out
}

func (r *row) staffPhone() string {
	s := r.text(colPhone, cellLimit)
	if s == "" || isPlaceholder("phone", s) {
		return ""
	}
	digits, ok := estate.Phone(s)
	if !ok {
		r.fault(colPhone, faultf("bad-phone", "电话“%s”不是有效的手机号或带区号的座机号。", short(s)))
	}
	return digits
}

// staffRole reads the role that a person has in Steward's words: from its own column, else from the post, which may name
// none.
func (r *row) staffRole(post string) string {
	list := words("staff_role")
	if r.peek(colRole) != "" {
		return r.word(colRole, "staff_role", "bad-role")
	}
	role, ok := list.mean(post)
	if !ok {
		role, _ = list.endingWith(post)
	}
	return role
}

// skills reads a list in any habit.
func (r *row) skills() string {
	var out []string
	for _, s := range strings.FieldsFunc(r.text(colSkills, skillsLimit), func(c rune) bool { return strings.ContainsRune("、,，;；/|", c) }) {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	joined := strings.Join(out, "、")
	if utf8.RuneCountInString(joined) > skillsLimit {
		r.fault(colSkills, faultf("cell-too-long", "内容过长，“%s”最多 %d 个字。", r.label(colSkills), skillsLimit))
		return ""
	}
	return joined
}

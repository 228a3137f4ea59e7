package importing

import "steward/domain/calendar"

// StaffRow is one person who works in the community.
type StaffRow struct {
	Row      int           `json:"row"`
	StaffNo  string        `json:"staff_no,omitempty"`
	Name     string        `json:"name"`
	Phone    string        `json:"phone,omitempty"`
	Post     string        `json:"post,omitempty"`
	Role     string        `json:"role,omitempty"` // a role of domain/access, "" when the post names none
	Team     string        `json:"team,omitempty"`
	Skills   string        `json:"skills,omitempty"`
	JoinedOn calendar.Date `json:"joined_on"`
	LeftOn   calendar.Date `json:"left_on"`
}

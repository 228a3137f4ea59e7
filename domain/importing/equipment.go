package importing

import "steward/domain/calendar"

// EquipmentRow is one entry of the 设备台账.
type EquipmentRow struct {
	Row             int           `json:"row"`
	Code            string        `json:"code"`
	Name            string        `json:"name"`
	Category        string        `json:"category,omitempty"`
	Location        string        `json:"location,omitempty"`
	Maker           string        `json:"maker,omitempty"`
	Model           string        `json:"model,omitempty"`
	Serial          string        `json:"serial,omitempty"`
	Maintainer      string        `json:"maintainer,omitempty"`
	Status          string        `json:"status,omitempty"` // in_use, idle, repair, scrapped
	InstalledOn     calendar.Date `json:"installed_on"`
	WarrantyTo      calendar.Date `json:"warranty_to"`
	InspectedOn     calendar.Date `json:"inspected_on"`
	InspectBy       calendar.Date `json:"inspect_by"` // the end of the certificate
	MaintenanceDays int           `json:"maintenance_days,omitempty"`
}

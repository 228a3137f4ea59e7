package store

// importedTable is a table whose rows imports make and change, as a rollback must know it.
type importedTable struct {
	name       string
	title      string   // how a refusal calls its rows
	key        string   // the column that a reference holds
	columns    []string // what an import may change and a rollback puts back
	versioned  bool
	references []tableReference
	keeps      string           // rows that stay although the import made them, because a person decided on them
	followers  []tableReference // rows elsewhere that say nothing without the row: they go with it
}

// tableReference is a column elsewhere that names a row, so that the row can't go while the other one is there.
type tableReference struct {
	table, column string
	key           string // the referring table's own key, by which rows of the same import are told from others
	title         string
}

// importedTables are in the order in which their rows can be taken away.
var importedTables = []importedTable{
	{name: "person_match", title: "疑似重复", key: "id", keeps: "status <> 'open'"},
	{name: "meter_reading", title: "抄表记录", key: "id", columns: []string{"reading"}, versioned: true,
		references: []tableReference{{table: "reading_billed", column: "reading_id", key: "reading_id", title: "已出账的读数"}}},
	{name: "unit_fee", title: "房屋收费项", key: "id", columns: []string{"from_on", "to_on", "price_yuan"}, versioned: true},
	{name: "vehicle", title: "车辆", key: "id", versioned: true,
		columns: []string{"plate_enc", "plate_bidx", "person_id", "unit_id", "space_id", "kind", "brand", "colour", "from_on", "to_on"}},
	{name: "parking_space", title: "车位", key: "unit_id", columns: []string{"level"}, versioned: true},
	{name: "meter", title: "仪表", key: "id", versioned: true, columns: []string{"unit_id", "kind", "serial", "serial_key", "name", "mode", "fee_item_id", "maker", "digits"},
		references: []tableReference{{table: "meter_reading", column: "meter_id", key: "id", title: "抄表记录"}}},
	{name: "occupancy", title: "住户关系", key: "id", columns: []string{"from_on", "to_on", "share"}, versioned: true},
	{name: "equipment", title: "设备", key: "id", versioned: true, columns: []string{"code", "code_key", "name", "category", "location", "maker", "model", "serial",
		"maintainer", "status", "installed_on", "warranty_to", "inspected_on", "inspect_by", "maintenance_days"}},
	{name: "staff", title: "员工", key: "id", versioned: true, columns: []string{"identity_bidx", "staff_no", "name_enc", "name_bidx", "phone_enc", "phone_bidx",
		"phone_last4_bidx", "post", "role", "team", "skills", "joined_on", "left_on", "user_id"}},
	{name: "unit", title: "房屋", key: "id", versioned: true,
		columns: []string{"grid_id", "kind", "floor", "built_area_m2", "inner_area_m2", "status", "delivered_on", "keys_on", "fee_start_on"},
		references: []tableReference{
			{table: "occupancy", column: "unit_id", key: "id", title: "住户关系"},
			{table: "bill", column: "unit_id", key: "id", title: "账单"},
			{table: "payment", column: "unit_id", key: "id", title: "缴费"},
			{table: "pay_order", column: "unit_id", key: "id", title: "支付订单"},
			{table: "vehicle", column: "unit_id", key: "id", title: "车辆"},
			{table: "vehicle", column: "space_id", key: "id", title: "车辆"},
			{table: "parking_space", column: "unit_id", key: "unit_id", title: "车位"},
			{table: "unit_fee", column: "unit_id", key: "id", title: "房屋收费项"},
			{table: "fee_entry", column: "unit_id", key: "id", title: "录入的金额或用量"},
			{table: "meter", column: "unit_id", key: "id", title: "仪表"},
			{table: "unit_change", column: "unit_id", key: "id", title: "面积或空置变更"},
		}},
	{name: "entrance", title: "单元", key: "id", versioned: true, references: []tableReference{{table: "unit", column: "entrance_id", key: "id", title: "房屋"}}},
	{name: "building", title: "楼栋", key: "id", versioned: true, references: []tableReference{
		{table: "entrance", column: "building_id", key: "id", title: "单元"}, {table: "unit", column: "building_id", key: "id", title: "房屋"}}},
	{name: "person_phone", title: "备用电话", key: "id", versioned: true},
	{name: "person", title: "人员", key: "id", versioned: true,
		columns: []string{"kind", "identity_bidx", "name_enc", "name_bidx", "phone_enc", "phone_bidx", "phone_last4_bidx", "id_no_enc", "id_no_bidx",
			"id_no_last4_bidx", "email_enc", "email_bidx", "merged_into"},
		references: []tableReference{
			{table: "occupancy", column: "person_id", key: "id", title: "住户关系"},
			{table: "bill", column: "debtor_id", key: "id", title: "账单"},
			{table: "payment", column: "debtor_id", key: "id", title: "缴费"},
			{table: "pay_order", column: "debtor_id", key: "id", title: "支付订单"},
			{table: "pay_link", column: "debtor_id", key: "id", title: "缴费链接"},
			{table: "dunning_case", column: "debtor_id", key: "id", title: "催缴案件"},
			{table: "person_flag", column: "person_id", key: "id", title: "人员标记"},
			{table: "vehicle", column: "person_id", key: "id", title: "车辆"},
			{table: "person_phone", column: "person_id", key: "id", title: "备用电话"},
			{table: "app_user", column: "person_id", key: "id", title: "登录账号"},
			{table: "person", column: "merged_into", key: "id", title: "已合并的人员"},
		},
		followers: []tableReference{{table: "person_match", column: "person_id"}, {table: "person_match", column: "other_id"}}},
	{name: "fee_item_version", title: "收费标准", key: "id", references: []tableReference{
		{table: "bill", column: "fee_item_version_id", key: "id", title: "账单"},
		{table: "settlement_item", column: "fee_item_version_id", key: "id", title: "结算规则"},
	}},
	{name: "fee_item", title: "收费项目", key: "id", columns: []string{"name"}, versioned: true, references: []tableReference{
		{table: "fee_item_version", column: "fee_item_id", key: "id", title: "收费标准"},
		{table: "bill", column: "fee_item_id", key: "id", title: "账单"},
		{table: "payment", column: "purpose_id", key: "id", title: "缴费"},
		{table: "unit_fee", column: "fee_item_id", key: "id", title: "房屋收费项"},
		{table: "meter", column: "fee_item_id", key: "id", title: "仪表"},
		{table: "reading_rule", column: "fee_item_id", key: "fee_item_id", title: "抄表复核规则"},
	}},
}

// communityReferences keep a community that an import made: it is taken away only when nothing is left in it.
var communityReferences = []string{"building", "fee_item", "unit", "bill", "payment", "dunning_case", "campaign_community", "meter", "equipment", "staff", "vehicle", "grid", "cashier_shift"}

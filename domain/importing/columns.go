package importing

// column is one thing that a kind of file says, with every header that staff write for it. Headers are compared after
// folding (see headerKey), so width, blanks, case, marks like (必填) and units in brackets do not matter here.
type column struct {
	key      string
	title    string // how messages call it, also a header that is understood
	synonyms []string
	required bool
}

const (
	colCommunity   = "community"
	colBuilding    = "building"
	colEntrance    = "entrance"
	colRoom        = "room"
	colPlace       = "place"
	colBuiltArea   = "built_area"
	colInnerArea   = "inner_area"
	colFloor       = "floor"
	colUnitKind    = "unit_kind"
	colStatus      = "status"
	colName        = "name"
	colPhone       = "phone"
	colIDNo        = "id_no"
	colEmail       = "email"
	colRole        = "role"
	colFrom        = "from"
	colTo          = "to"
	colDeliveredOn = "delivered_on"
	colKeysOn      = "keys_on"
	colFeeStartOn  = "fee_start_on"
	colFeeItem     = "fee_item"
	colPeriod      = "period"
	colAmount      = "amount"
	colDueOn       = "due_on"
	colBilledOn    = "billed_on"
	colPaidAt      = "paid_at"
	colMethod      = "method"
	colChannel     = "channel"
	colExternalNo  = "external_no"
)

// where says which unit a row is about: three cells, or one that holds the whole place.
var where = []column{
	{key: colCommunity, title: "小区", synonyms: []string{"小区名称", "项目", "项目名称", "社区", "园区", "所属小区"}},
	{key: colBuilding, title: "楼栋", synonyms: []string{"楼号", "栋号", "楼栋号", "幢号", "楼栋名称", "楼栋编号", "栋", "楼", "幢", "楼宇"}},
	{key: colEntrance, title: "单元", synonyms: []string{"单元号", "单元编号", "单元名称", "梯号"}},
	{key: colRoom, title: "房号", synonyms: []string{"房间号", "室号", "房间", "房屋编号", "房屋号", "门牌号", "房间编号", "户号"}},
	{key: colPlace, title: "房屋", synonyms: []string{"房产", "房屋地址", "房屋信息", "房屋名称", "地址"}},
}

var person = []column{
	{key: colName, title: "业主", synonyms: []string{"业主姓名", "业主名称", "姓名", "户主", "户主姓名", "产权人", "客户名称", "住户", "住户姓名", "缴费人"}},
}

var columns = map[Kind][]column{
	Roster: join(where, required(person, colName), []column{
		{key: colPhone, title: "联系电话", synonyms: []string{"手机号", "手机", "电话", "手机号码", "联系方式", "业主电话", "移动电话", "联系手机", "电话号码", "业主手机号"}, required: true},
		{key: colBuiltArea, title: "建筑面积", synonyms: []string{"房屋面积", "面积", "计费面积", "建面", "产权面积"}},
		{key: colInnerArea, title: "套内面积", synonyms: []string{"室内面积", "使用面积", "套内建筑面积"}},
		{key: colFloor, title: "楼层", synonyms: []string{"房屋楼层", "所在楼层", "层"}},
		{key: colUnitKind, title: "房屋类型", synonyms: []string{"房屋性质", "房屋用途", "物业类型", "用途", "业态"}},
		{key: colStatus, title: "房屋状态", synonyms: []string{"入住状态", "状态", "使用状态", "居住状态"}},
		{key: colIDNo, title: "身份证号", synonyms: []string{"身份证", "身份证号码", "证件号码", "证件号"}},
		{key: colEmail, title: "邮箱", synonyms: []string{"电子邮箱", "电子邮件", "email", "e-mail"}},
		{key: colRole, title: "业主类型", synonyms: []string{"人员类型", "身份", "关系", "角色", "客户类型", "住户类型", "与业主关系"}},
		{key: colFrom, title: "起始日期", synonyms: []string{"产权起始日期", "过户日期", "租期开始", "入住日期", "入住时间"}},
		{key: colTo, title: "终止日期", synonyms: []string{"结束日期", "租期结束", "迁出日期"}},
		{key: colDeliveredOn, title: "交付日期", synonyms: []string{"交房日期", "交房时间", "交付时间", "收房日期"}},
		{key: colKeysOn, title: "领钥匙日期", synonyms: []string{"交钥匙日期", "钥匙领取日期"}},
		{key: colFeeStartOn, title: "计费开始日期", synonyms: []string{"计费起始日期", "物业费起始日期", "计费起始时间", "起费日期"}},
	}),
	Receivables: join(where, person, []column{
		{key: colFeeItem, title: "收费项目", synonyms: []string{"费用项目", "费项", "费用名称", "收费名称", "费用类型", "收费项", "缴费项目"}, required: true},
		{key: colPeriod, title: "账期", synonyms: []string{"费用期间", "收费期间", "所属期", "费用账期", "账单周期", "计费周期", "所属月份", "费用月份", "所属账期", "收费月份", "费用所属期", "帐期"}, required: true},
		{key: colAmount, title: "应收金额", synonyms: []string{"欠费金额", "应缴金额", "金额", "欠费", "应收", "应缴", "应收款", "账单金额", "欠缴金额"}, required: true},
		{key: colDueOn, title: "应缴日期", synonyms: []string{"到期日", "到期日期", "最后缴费日", "缴费截止日", "缴费截止日期", "缴费期限", "应收日期", "截止日期", "最晚缴费日期", "应缴时间", "最迟缴费日"}, required: true},
		{key: colBilledOn, title: "出账日期", synonyms: []string{"账单日期", "开单日期", "出账时间"}},
	}),
	Payments: join(where, person, []column{
		{key: colAmount, title: "缴费金额", synonyms: []string{"实收金额", "实缴金额", "收款金额", "已缴金额", "金额", "支付金额", "付款金额", "到账金额"}, required: true},
		{key: colPaidAt, title: "缴费时间", synonyms: []string{"缴费日期", "收款日期", "收款时间", "支付时间", "支付日期", "交易时间", "交易日期", "到账日期", "付款时间", "付款日期"}, required: true},
		{key: colMethod, title: "缴费方式", synonyms: []string{"支付方式", "收款方式", "付款方式", "交款方式"}},
		{key: colChannel, title: "缴费渠道", synonyms: []string{"渠道", "收款渠道", "支付渠道"}},
		{key: colExternalNo, title: "流水号", synonyms: []string{"交易号", "交易流水号", "订单号", "凭证号", "支付流水号", "银行流水号", "外部单号"}},
		{key: colFeeItem, title: "收费项目", synonyms: []string{"费用项目", "费项", "费用名称", "收费名称", "费用类型"}},
		{key: colPeriod, title: "账期", synonyms: []string{"费用期间", "收费期间", "所属期", "费用账期", "所属月份", "费用月份"}},
	}),
}

func join(parts ...[]column) []column {
	var all []column
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func required(cols []column, key string) []column {
	out := append([]column(nil), cols...)
	for i := range out {
		out[i].required = out[i].required || out[i].key == key
	}
	return out
}

// words are the values that staff write in a cell with a fixed set of meanings, with the codes that older systems export.
type words map[string]string

var (
	unitKinds = words{
		"": "", "住宅": "home", "普通住宅": "home", "公寓": "home", "别墅": "home", "110": "home", "宿舍": "home", "119": "home",
		"商铺": "shop", "商业": "shop", "门面": "shop", "店铺": "shop", "底商": "shop", "办公": "office", "办公室": "office", "写字楼": "office", "120": "office",
		"车位": "parking", "停车位": "parking", "车库": "parking", "储藏室": "storage", "储藏间": "storage", "地下室": "storage",
	}
	unitStates = words{
		"": "", "入住": "occupied", "已入住": "occupied", "自住": "occupied", "在住": "occupied", "正常": "occupied", "已售": "occupied", "已销售": "occupied",
		"已交房": "occupied", "已交付": "occupied", "已收房": "occupied", "装修": "occupied", "装修中": "occupied", "已装修": "occupied", "已出售": "occupied",
		"2001": "occupied", "2003": "occupied", "2005": "occupied", "2007": "occupied", "2009": "occupied",
		"空置": "vacant", "空闲": "vacant", "闲置": "vacant", "未入住": "vacant", "空房": "vacant", "2004": "vacant", "2008": "vacant",
		"出租": "rented", "已出租": "rented", "租赁": "rented", "2006": "rented",
		"未售": "unsold", "未销售": "unsold", "待售": "unsold", "未出售": "unsold", "未交付": "unsold", "未交房": "unsold", "2002": "unsold",
	}
	roles = words{
		"": "", "业主": "owner", "产权人": "owner", "户主": "owner", "共有人": "owner", "共有业主": "owner", "共同业主": "owner", "产权共有人": "owner", "1001": "owner",
		"家属": "family", "家庭成员": "family", "亲属": "family", "配偶": "family", "子女": "family", "父母": "family", "1002": "family",
		"租户": "tenant", "租客": "tenant", "承租人": "tenant", "房屋租客": "tenant", "1003": "tenant",
		"开发商": "developer", "建设单位": "developer",
	}
	methods = words{
		"": "other", "现金": "cash", "微信": "wechat", "微信支付": "wechat", "支付宝": "alipay", "支付宝支付": "alipay", "转账": "transfer", "银行转账": "transfer",
		"对公转账": "transfer", "网银": "transfer", "刷卡": "card", "pos": "card", "pos机": "card", "银行卡": "card", "银行代扣": "debit", "代扣": "debit", "托收": "debit",
		"支票": "cheque", "预存抵扣": "other", "其他": "other", "线上缴费": "other", "cash": "cash", "wechat": "wechat", "alipay": "alipay", "transfer": "transfer", "card": "card",
	}
)

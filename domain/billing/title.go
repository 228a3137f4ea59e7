package billing

import "steward/domain/estate"

// Title is what people call the formula.
func (f Formula) Title() string {
	return map[Formula]string{BuiltArea: "建筑面积×单价", InnerArea: "套内面积×单价", Fixed: "固定金额", GivenAmount: "每期录入金额", RentSteps: "租金（可递增）",
		Metered: "抄表用量×单价", Usage: "录入用量×单价", SharedArea: "按面积分摊", SharedHousehold: "按户分摊", Expression: "自定义公式"}[f]
}

// Title is what people call the rule.
func (r Rounding) Title() string {
	return map[Rounding]string{"": "四舍五入到分", HalfUp: "四舍五入到分", HalfDown: "五舍六入到分", Down: "舍去分以下", Up: "分以下进一", WholeYuan: "四舍五入到元"}[r]
}

// Title is what people call the rule.
func (p Prorate) Title() string {
	return map[Prorate]string{"": "按当月实际天数", ActualDays: "按当月实际天数", Days30: "按每月 30 天", Days365: "按一年 365 天", NoProrate: "不足一期按整期"}[p]
}

// Title is what people call the reason.
func (s Split) Title() string {
	return map[Split]string{SplitPrice: "收费标准变更", SplitArea: "面积变更", SplitVacancy: "空置状态变更", SplitDebtor: "缴费人变更", SplitStarted: "本期内开始计费",
		SplitEnded: "本期内停止计费", SplitMeasured: "按抄表日期"}[s]
}

func roleTitle(r estate.Role) string {
	return map[estate.Role]string{estate.RoleOwner: "业主", estate.RoleTenant: "租户", estate.RoleDeveloper: "开发商"}[r]
}

package dunning

// DefaultLadder is the policy that every organization starts with, from a notice before the due date to legal steps that
// a person approves. All of it can be edited.
func DefaultLadder() Policy {
	byMessage := func(key string, days int, template string, ch ...Channel) Stage {
		return Stage{Key: key, OffsetDays: days, OffsetFrom: FromDue, Action: Message, Channels: ch, Template: template}
	}
	byPerson := func(key string, days int, a Action, template string) Stage {
		return Stage{Key: key, OffsetDays: days, OffsetFrom: FromDue, Action: a, Channels: []Channel{}, Template: template}
	}
	lawyer := byPerson("lawyer_letter", 90, LawyerLetter,
		"核对账单、催告送达记录后提请律师发函：{{name}}，{{unit}}，欠费 {{amount}}（{{periods}}），最早应缴日 {{due_date}}。")
	lawyer.NeedsApproval, lawyer.MinAmountFen = true, 100_000
	legal := byPerson("legal", 120, Legal,
		"证据材料齐备且催告期限届满后，提请申请支付令或起诉：{{name}}，{{unit}}，欠费 {{amount}}（{{periods}}）。")
	legal.NeedsApproval, legal.MinAmountFen = true, 200_000
	return Policy{
		Name: "标准催缴策略",
		Stages: []Stage{
			byMessage("notice", -7, "【{{community}}】{{name}}，您好！{{unit}} 的账单（{{periods}}）共 {{amount}}，应缴日为 {{due_date}}，您可在业主 App 或物业服务中心缴纳。如已缴费，请忽略本提醒。", App, WeChat),
			byMessage("friendly", 7, "【{{community}}】{{name}}，您好！温馨提示：{{unit}} 尚有 {{amount}} 未缴（{{periods}}），应缴日为 {{due_date}}。方便时请在业主 App 或物业服务中心缴纳。如已缴费或对账单有疑问，请联系您的管家，谢谢！", App, WeChat, SMS),
			byPerson("call", 15, Call, "您好，我是{{community}}的管家。想跟您核对一下 {{unit}} 的账单：目前有 {{amount}} 未缴（{{periods}}）。请问是暂时忘记了，还是对服务或账单有什么意见？您看哪天方便处理？"),
			byPerson("letter", 30, Letter, "{{name}}：截至目前，{{unit}} 尚欠 {{amount}}（{{periods}}），最早一期应缴日为 {{due_date}}。请您收到本函后尽快缴纳；如有异议，请书面告知我们，我们会在七日内答复。{{community}}物业服务中心"),
			byPerson("demand", 60, Demand, "催告函。{{name}}：{{unit}} 欠缴 {{amount}}（{{periods}}），最早一期应缴日为 {{due_date}}。依据民法典第九百四十四条，现正式催告您自收到本函之日起三十日内缴清；逾期我们将依法通过调解、仲裁或诉讼等途径解决。{{community}}物业服务中心"),
			byPerson("mediation", 75, Mediation, "约请 {{name}} 协商 {{unit}} 的欠费 {{amount}}（{{periods}}）：了解原因，商定分期或解决服务问题，必要时请社区人民调解委员会参与。"),
			lawyer,
			legal,
		},
		MinGapDays: 3, MaxTouchesPerWeek: 3,
		QuietHours: defaultQuietHours,
	}
}

// ThreeReminders is a short policy of messages only, for a first campaign over old arrears.
func ThreeReminders() Policy {
	p := DefaultLadder()
	remind := func(key string, days int, template string) Stage {
		return Stage{Key: key, OffsetDays: days, OffsetFrom: FromDue, Action: Message, Channels: []Channel{SMS}, Template: template}
	}
	p.Name = "短信三次提醒"
	p.Stages = []Stage{
		remind("friendly", 7, "【{{community}}】{{name}}，您好！温馨提示：{{unit}} 尚有 {{amount}} 未缴（{{periods}}），方便时请在业主 App 或物业服务中心缴纳。如已缴费请忽略，谢谢！"),
		remind("remind", 15, "【{{community}}】{{name}}，您好！{{unit}} 的 {{amount}}（{{periods}}）已过应缴日 {{due_date}}，请您抽空缴纳。如对账单或服务有意见，请联系您的管家。"),
		remind("demand", 30, "【{{community}}】{{name}}，您好！{{unit}} 仍欠 {{amount}}（{{periods}}），最早一期应缴日为 {{due_date}}。请尽快缴清。如确有困难或存有异议，请联系管家，我们一起商量解决办法。"),
	}
	return p
}

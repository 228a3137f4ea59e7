package spreadsheet

import "steward/domain/refusal"

func unsupported(message string) error {
	return refusal.New(refusal.Unsupported, "unsupported-file-type", "%s", message)
}

func macroFile() error {
	return refusal.New(refusal.Unsupported, "macro-file", "文件含有宏，为了安全不能导入。请在 Excel 或 WPS 里另存为不含宏的 .xlsx 再导入。")
}

func encrypted() error {
	return refusal.New(refusal.Rule, "file-encrypted", "文件设有打开密码。请在 Excel 或 WPS 里取消密码，另存后再导入。")
}

func truncated() error {
	return refusal.New(refusal.Rule, "file-truncated", "文件不完整或已损坏，可能没有下载完。请重新获取文件后再导入。")
}

// malformed is for what no program that people use writes; why is for whoever looks into the file.
func malformed(why string, args ...any) error {
	r := refusal.New(refusal.Rule, "malformed-workbook", why, args...)
	r.Message = "工作簿内部结构不正常（" + r.Message + "）。请用 Excel 或 WPS 打开，另存为新的 .xlsx 再导入。"
	return r
}

func bomb() error {
	return refusal.New(refusal.TooLarge, "file-too-large", "文件解压后过大，不像是正常的表格。请只保留需要的工作表，另存后再导入。")
}

func emptyFile() error {
	return refusal.New(refusal.Rule, "empty-file", "文件里没有内容，请检查是否选错了文件或工作表。")
}

func badEncoding() error {
	return refusal.New(refusal.Rule, "bad-encoding", "文件编码无法识别。请另存为 .xlsx，或 UTF-8、GB18030（GBK）编码的 .csv。")
}

func openQuote(lineNo int) error {
	return refusal.New(refusal.Rule, "malformed-csv", "第 %d 行的引号没有成对，后面的内容无法分列。请检查此行，或另存为 .xlsx 再导入。", lineNo)
}

func tooManySheets(limit int) error {
	return refusal.New(refusal.Rule, "too-many-sheets", "工作簿里的工作表超过 %d 个，请删除不需要的工作表，或拆分后分别导入。", limit)
}

func tooManyRows(limit int) error {
	return refusal.New(refusal.Rule, "too-many-rows", "文件超过 %d 行，请按楼栋拆分后分别导入。", limit)
}

func tooManyColumns(sheet string, lineNo, limit int) error {
	return refusal.New(refusal.Rule, "too-many-columns", "%s第 %d 行超过 %d 列，请删除多余的列。", inSheet(sheet), lineNo, limit)
}

func tooManyMerges(limit int) error {
	return refusal.New(refusal.Rule, "too-many-merged-cells", "合并的单元格超过 %d 处，请取消合并并补齐内容后再导入。", limit)
}

// inSheet begins a message; a text file has no sheets to name.
func inSheet(sheet string) string {
	if sheet == "" {
		return ""
	}
	return "工作表“" + sheet + "”"
}

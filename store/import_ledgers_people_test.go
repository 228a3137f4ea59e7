package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/importing"
)

func equipment(lines ...string) importing.Request {
	return csv(importing.Equipment, "设备编号,设备名称,设备类型,安装位置,设备状态,安装日期,下次检验日期,保养周期,维保单位", lines)
}

func staff(lines ...string) importing.Request {
	return csv(importing.Staff, "工号,姓名,手机号,岗位,部门,技能,入职日期,离职日期", lines)
}

func TestEquipmentIsImportedOnceHoweverOften(t *testing.T) {
	i := withHousehold(t)
	before := i.content(ledgerTables...)
	lines := []string{
		"DT-01,客梯,电梯,3号楼2单元,正常,2019-05-01,2026-12-31,每15天,某某电梯公司",
		",灭火器,消防,3号楼大堂,,,,,",
		",灭火器,消防,3号楼大堂,,,,,",
		"SB-9,生活水泵,给排水,泵房,停用,,2026-03-08,半年,",
	}
	first := i.run(equipment(lines...))
	require.Equal(t, importing.Counts{Created: 4}, first.Counts)
	require.Equal(t, "5 created 生活水泵（SB-9） ?certificate-expired", i.said(first.ID)[3])
	again := i.run(equipment(lines...))
	require.Equal(t, importing.Counts{Unchanged: 4}, again.Counts)
	require.Equal(t, []string{"5 unchanged 生活水泵（SB-9） ?certificate-expired"}, i.said(again.ID), "still expired")

	middle := i.content(ledgerTables...)
	changed := equipment("dt-01,客梯,电梯,3号楼2单元,维修,2019-05-01,2027-12-31,月,", "MH-1,灭火器,消防,3号楼大堂,,,,,", ",灭火器,消防,3号楼大堂,,,,,")
	tried := i.run(dry(changed))
	require.Equal(t, []string{"2 updated 客梯（dt-01） 设备状态:在用>维修 下次检验日期:2026-12-31>2027-12-31 保养周期:15天>30天"}, i.said(tried.ID)[:1])
	second := i.run(changed)
	require.Equal(t, importing.Counts{Updated: 2, Unchanged: 1}, second.Counts)
	require.Equal(t, 4, i.count("equipment"), "the extinguisher got its code, the other one stays")
	require.Contains(t, i.texts(`SELECT CONCAT_WS(' ', code, name) FROM equipment WHERE org_id = ?`), "MH-1 灭火器")
	i.rollBack(second.ID)
	require.Equal(t, middle, i.content(ledgerTables...))
	i.rollBack(first.ID)
	require.Equal(t, before, i.content(ledgerTables...))
}

// opened reads the staff as they are, with what is sealed.
func (i importer) opened() (out []string) {
	i.t.Helper()
	var rows []struct {
		Name  []byte `db:"name_enc"`
		Phone []byte `db:"phone_enc"`
		Text  string `db:"text"`
	}
	require.NoError(i.t, i.DB.SelectContext(i.t.Context(), &rows, `SELECT name_enc, phone_enc, CONCAT_WS(' ', COALESCE(staff_no, '-'), COALESCE(post, '-'), role, COALESCE(team, '-'),
		COALESCE(skills, '-'), COALESCE(joined_on, '-'), COALESCE(left_on, '-')) AS text FROM staff WHERE org_id = ? ORDER BY id`, i.OrgID))
	for _, r := range rows {
		name, err := i.Keys.Open(r.Name)
		require.NoError(i.t, err)
		phone, err := i.Keys.Open(r.Phone)
		require.NoError(i.t, err)
		out = append(out, fmt.Sprintf("%s %s %s", name, phone, r.Text))
	}
	return out
}

func TestStaffAreImportedOnceHoweverOften(t *testing.T) {
	i := withHousehold(t)
	before := i.content(append(ledgerTables, "app_user", "role_grant")...)
	lines := []string{
		"001,测试经理,138 0000 0001,项目经理,项目部,,2020-01-01,",
		"002,测试师傅,13800000002,高压电工,工程部,水电,2021-03-01,",
		",测试保安,13800000003,保安,秩序部,,,",
		",测试保安,13800000004,保安,秩序部,,,",
	}
	first := i.run(staff(lines...))
	require.Empty(t, first.Problems)
	require.Equal(t, importing.Counts{Created: 4}, first.Counts)
	require.Equal(t, []string{
		"测试经理 13800000001 001 项目经理 community_manager 项目部 - 2020-01-01 -", "测试师傅 13800000002 002 高压电工 worker 工程部 水电 2021-03-01 -",
		"测试保安 13800000003 - 保安  秩序部 - - -", "测试保安 13800000004 - 保安  秩序部 - - -",
	}, i.opened())
	require.Equal(t, importing.Counts{Unchanged: 4}, i.run(staff(lines...)).Counts)
	require.Zero(t, i.count("app_user"), "nobody can sign in by it")

	middle := i.content(ledgerTables...)
	changed := staff("001,测试经理,13800000011,项目经理,项目部,,2020-01-01,2026-02-28", "003,测试保安,13800000003,保安队长,秩序部,,,", ",测试师傅,13800000012,高压电工,工程部,水电、电梯,,")
	tried := i.run(dry(changed))
	require.Equal(t, []string{
		"2 updated 测试经理 项目经理 手机号:13800000001>13800000011 离职日期:>2026-02-28",
		"3 updated 测试保安 保安队长 工号:>003 岗位:保安>保安队长 角色:>班长",
		"4 updated 测试师傅 高压电工 手机号:13800000002>13800000012 技能:水电>水电、电梯 ?same-name-other-phone",
	}, i.said(tried.ID))
	second := i.run(changed)
	require.Equal(t, tried.Counts, second.Counts)
	require.Equal(t, 4, i.count("staff"))
	require.Equal(t, importing.Counts{Unchanged: 3}, i.run(changed).Counts)
	i.rollBack(second.ID)
	require.Equal(t, middle, i.content(ledgerTables...))
	i.rollBack(first.ID)
	require.Equal(t, before, i.content(append(ledgerTables, "app_user", "role_grant")...))
}

func TestNothingOfStaffIsKeptInPlain(t *testing.T) {
	i := withHousehold(t)
	i.run(staff("001,测试经理,13800000001,项目经理,,,,"))
	var raw string
	require.NoError(t, i.DB.GetContext(t.Context(), &raw, `SELECT CONCAT(name_enc, name_bidx, phone_enc, phone_bidx, identity_bidx) FROM staff WHERE org_id = ?`, i.OrgID))
	require.NotContains(t, raw, "测试经理")
	require.NotContains(t, raw, "13800000001")
}

func TestNamesakesOfOneFileAreTwoPeople(t *testing.T) {
	i := withHousehold(t)
	i.run(staff(",测试同名,13800000001,保安,,,,"))
	var lines []string
	lines = append(lines, ",测试同名,13800000002,保洁,,,,")
	for n := range importing.BatchRows {
		lines = append(lines, fmt.Sprintf("%d,测试%d,,保洁,,,,", n, n))
	}
	lines = append(lines, ",测试同名,13800000003,绿化,,,,")
	job := i.run(staff(lines...))
	require.Equal(t, importing.Counts{Created: 501, Updated: 1}, job.Counts)
	var phones []string
	for _, s := range i.opened() {
		if strings.HasPrefix(s, "测试同名 ") {
			phones = append(phones, strings.Fields(s)[1])
		}
	}
	require.Equal(t, []string{"13800000002", "13800000003"}, phones)
}

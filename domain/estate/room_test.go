package estate_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"steward/domain/estate"
)

func TestParseRoomKnowsEveryHabit(t *testing.T) {
	for in, want := range map[string]estate.Room{
		"3-2-1501":       {Building: "3", Entrance: "2", Number: "1501"},
		"３－２－１５０１":       {Building: "3", Entrance: "2", Number: "1501"},
		" 3 - 2 - 1501 ": {Building: "3", Entrance: "2", Number: "1501"},
		"03-02-1501":     {Building: "3", Entrance: "2", Number: "1501"},
		"3栋2单元1501":      {Building: "3", Entrance: "2", Number: "1501"},
		"3栋2单元1501室":     {Building: "3", Entrance: "2", Number: "1501"},
		"三栋二单元1501":      {Building: "3", Entrance: "2", Number: "1501"},
		"十二号楼二单元1501":    {Building: "12", Entrance: "2", Number: "1501"},
		"3号楼 2单元 1501":   {Building: "3", Entrance: "2", Number: "1501"},
		"③栋2单元1501":      {Building: "3", Entrance: "2", Number: "1501"},
		"3#2-1501":       {Building: "3", Entrance: "2", Number: "1501"},
		"3#2单元1501":      {Building: "3", Entrance: "2", Number: "1501"},
		"3-2单元-1501":     {Building: "3", Entrance: "2", Number: "1501"},
		"3栋-2单元-1501":    {Building: "3", Entrance: "2", Number: "1501"},
		"3#1501":         {Building: "3", Number: "1501", AnyEntrance: true},
		"3-1501":         {Building: "3", Number: "1501", AnyEntrance: true},
		"3幢1501室":        {Building: "3", Number: "1501", AnyEntrance: true},
		"a座1203b":        {Building: "A", Number: "1203B", AnyEntrance: true},
		"1501":           {Number: "1501", AnyEntrance: true},
		"2单元1501室":       {Entrance: "2", Number: "1501"},
		"8-0-商12":        {Building: "8", Number: "商12"},
		"二期-3-2-1501":    {Building: "2期.3", Entrance: "2", Number: "1501"},
		"3座0501":         {Building: "3", Number: "501", AnyEntrance: true},
		"3#-2-1501":      {Building: "3", Entrance: "2", Number: "1501"},
		"3#2#1501":       {Building: "3", Entrance: "2", Number: "1501"},
		"3号楼2单元1501":     {Building: "3", Entrance: "2", Number: "1501"},
		"3幢2-1501":       {Building: "3", Entrance: "2", Number: "1501"},
		"第3栋第2单元1501":    {Building: "3", Entrance: "2", Number: "1501"},
		"3/2/1501":       {Building: "3", Entrance: "2", Number: "1501"},
		"3.2.1501":       {Building: "3", Entrance: "2", Number: "1501"},
		"3栋2单元15层1501室":  {Building: "3", Entrance: "2", Number: "1501"},
		"3栋2单元15楼1501":   {Building: "3", Entrance: "2", Number: "1501"},
		"A座1501":         {Building: "A", Number: "1501", AnyEntrance: true},
		"A栋-1501":        {Building: "A", Number: "1501", AnyEntrance: true},
		"3号1501室":        {Building: "3", Number: "1501", AnyEntrance: true},
		"12弄3号501室":      {Building: "12弄.3", Number: "501", AnyEntrance: true},
		"二期3栋2单元1501":    {Building: "2期.3", Entrance: "2", Number: "1501"},
		"C区-3-2-1501":    {Building: "C区.3", Entrance: "2", Number: "1501"},
		"商铺 S-12":        {Building: "商铺", Number: "S.12"},
		"地下车位 B1-023":    {Building: "地下车位", Number: "B1.023"},
		"商铺12号":          {Number: "商铺12", AnyEntrance: true},
	} {
		got, ok := estate.ParseRoom(in)
		require.True(t, ok, in)
		require.Equal(t, want, got, in)
	}
}

func TestParseRoomRefusesWhatHasNoRoom(t *testing.T) {
	for _, in := range []string{"", "  ", "张三", "物业管理处", "-"} {
		_, ok := estate.ParseRoom(in)
		require.False(t, ok, in)
	}
}

func TestNewRoomFromCells(t *testing.T) {
	for _, c := range []struct{ b, e, r, key string }{
		{"3", "2", "1501", "3-2-1501"},
		{"3栋", "2单元", "1501", "3-2-1501"},
		{"３＃", "二单元", "1501室", "3-2-1501"},
		{"第十栋", "", "101", "10--101"},
		{"二十一号楼", "1", "0305", "21-1-305"},
		{"商业街", "0", "商铺12号", "商业街--商铺12"},
		{"A-1栋", "1", "301", "A.1-1-301"},
		{"1号楼", "甲单元", "301", "1-甲-301"},
		{"1", "1", "0101", "1-1-101"},
		{"01栋", "02", "101", "1-2-101"},
		{"商铺", "0", "S-12", "商铺--S.12"},
		{"第3栋", "第2单元", "15层1501室", "3-2-1501"},
		{"2期3栋", "1", "101", "2期.3-1-101"},
		{"2期-3栋", "1", "101", "2期.3-1-101"},
		{"12弄3号", "", "501室", "12弄.3--501"},
		{"3", "1", "12楼1501", "3-1-12楼1501"},
	} {
		require.Equal(t, c.key, estate.NewRoom(c.b, c.e, c.r).Key(), c)
	}
}

func TestRoomWrittenOutIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := estate.Room{
			Building: rapid.StringMatching(`[1-9][0-9]?|[A-F]`).Draw(t, "building"),
			Entrance: rapid.StringMatching(`[1-9]`).Draw(t, "entrance"),
			Number:   rapid.StringMatching(`[1-9][0-9]{2,3}`).Draw(t, "room"),
		}
		for _, written := range []string{want.String(), want.Key(), want.Building + "#" + want.Entrance + "-" + want.Number} {
			got, ok := estate.ParseRoom(written)
			require.True(t, ok)
			require.Equal(t, want, got, written)
			require.True(t, got.Matches(want.Key()))
		}
		short, ok := estate.ParseRoom(want.Building + "#" + want.Number)
		require.True(t, ok)
		require.True(t, short.Matches(want.Key()))
	})
}

// Every habit in which an office writes one place must meet one unit.
func TestEveryHabitMeetsOneUnit(t *testing.T) {
	chinese := func(n int) string {
		tens, ones := n/10, n%10
		out := ""
		if tens > 1 {
			out = string([]rune("一二三四五六七八九")[tens-1])
		}
		if tens > 0 {
			out += "十"
		}
		if ones > 0 {
			out += string([]rune("一二三四五六七八九")[ones-1])
		}
		return out
	}
	wide := strings.NewReplacer("0", "０", "1", "１", "2", "２", "3", "３", "4", "４", "5", "５", "6", "６", "7", "７", "8", "８", "9", "９", "-", "－", "#", "＃")
	rapid.Check(t, func(t *rapid.T) {
		building, entrance := rapid.IntRange(1, 59).Draw(t, "building"), rapid.IntRange(1, 9).Draw(t, "entrance")
		floor, door := rapid.IntRange(1, 33).Draw(t, "floor"), rapid.IntRange(1, 9).Draw(t, "door")
		room := fmt.Sprintf("%d%02d", floor, door)
		key := fmt.Sprintf("%d-%d-%s", building, entrance, room)
		b := rapid.SampledFrom([]string{strconv.Itoa(building), fmt.Sprintf("%02d", building), chinese(building), "第" + strconv.Itoa(building)}).Draw(t, "b")
		e := rapid.SampledFrom([]string{strconv.Itoa(entrance), fmt.Sprintf("%02d", entrance), chinese(entrance)}).Draw(t, "e")
		r := rapid.SampledFrom([]string{room, room + "室", room + "房", room + "号"}).Draw(t, "r")
		mark := rapid.SampledFrom([]string{"栋", "号楼", "幢", "座", "#", "栋-", "号楼 ", "#-"}).Draw(t, "mark")
		written := rapid.SampledFrom([]string{
			b + mark + e + "单元" + r, b + mark + e + "单元-" + r, b + mark + e + "-" + r, fmt.Sprintf("%d-%d-%s", building, entrance, r),
			fmt.Sprintf("%d - %d - %s", building, entrance, r), fmt.Sprintf("%d/%d/%s", building, entrance, r), fmt.Sprintf("%d-%d单元-%s", building, entrance, r),
			b + mark + e + "单元" + strconv.Itoa(floor) + "层" + r,
		}).Draw(t, "written")
		if rapid.Bool().Draw(t, "wide") {
			written = wide.Replace(written)
		}
		got, ok := estate.ParseRoom(written)
		require.True(t, ok, written)
		require.Equal(t, key, got.Key(), written)
		cells := estate.NewRoom(b+rapid.SampledFrom([]string{"", "栋", "号楼", "幢", "#"}).Draw(t, "bm"), e+rapid.SampledFrom([]string{"", "单元"}).Draw(t, "em"), r)
		require.Equal(t, key, cells.Key())
		short, ok := estate.ParseRoom(b + "栋" + r)
		require.True(t, ok)
		require.True(t, short.Matches(key), "an entrance left out meets any")
	})
}

func TestParseRoomNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if r, ok := estate.ParseRoom(s); ok {
			require.NotEmpty(t, r.Number)
		}
	})
}

func TestNamesPhonesAndNumbers(t *testing.T) {
	for _, c := range [][2]string{
		{" 张　三 ", "张三"}, {"张\u200b三", "张三"}, {"John  SMITH", "john smith"}, {"Ａ座", "a座"}, {"𠮷田😀", "𠮷田😀"},
	} {
		require.Equal(t, c[1], estate.NameKey(c[0]))
	}
	for in, want := range map[string]string{
		"13800001234": "13800001234", "138-0000-1234": "13800001234", "+86 138 0000 1234": "13800001234", "8613800001234": "13800001234",
		"１３８００００１２３４": "13800001234", "0571-88881234": "057188881234", "88881234": "88881234", "400-800-1234": "4008001234",
	} {
		got, ok := estate.Phone(in)
		require.True(t, ok, in)
		require.Equal(t, want, got)
	}
	for _, in := range []string{"1380000123", "138000012345", "12000001234", "电话", "1.38E+10", "13800001234/13900001234"} {
		_, ok := estate.Phone(in)
		require.False(t, ok, in)
	}
	require.Equal(t, "138****1234", estate.MaskPhone("13800001234"))
	require.Equal(t, "张*", estate.MaskName("张三"))
	id, ok := estate.IDNumber("11010119900101000x")
	require.True(t, ok)
	require.Equal(t, "11010119900101000X", id)
	id, ok = estate.IDNumber("111111111111111111")
	require.True(t, ok)
	require.Empty(t, id)
	_, ok = estate.IDNumber("没有")
	require.False(t, ok)
}

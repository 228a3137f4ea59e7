package estate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/estate"
)

func TestPlates(t *testing.T) {
	for written, kind := range map[string]string{
		"浙A12345": "car", "浙a·12345": "car", "浙 A 12345": "car", "沪AD12345": "car", "粤B12345D": "car", "京A1234学": "car", "粤Z1234港": "car",
		"使014578": "car", "WJ京12345": "car", "临A12345": "car", "杭州123456": "motorcycle",
	} {
		require.True(t, estate.PlateFits(estate.Plate(written), kind), written)
	}
	for _, written := range []string{"", "1", "浙12345", "浙AI2345", "浙AO2345", "A12345", "浙A1234", "浙A1234567", "没有", "某A12345"} {
		require.False(t, estate.PlateFits(estate.Plate(written), "car"), written)
	}
	require.Equal(t, "浙A***45", estate.MaskPlate("浙A12345"))
	require.Equal(t, "***", estate.MaskPlate("123"))
}

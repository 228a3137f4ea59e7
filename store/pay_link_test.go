package store_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

var linkInText = regexp.MustCompile(`https://pay\.example\.com/pay/([A-Za-z0-9_-]{22})`)

// The link of a message is made for a whole step at once, follows from the case, and changes no message's id.
func TestEveryMessageCarriesALinkThatOpensItsDebtorsBills(t *testing.T) {
	const households = 12
	g := newCampaignGround(t)
	g.Store.PublishAt("https://pay.example.com")
	g.exec(`UPDATE dunning_policy_version SET body = REPLACE(body, '{{amount}}', '{{amount}} {{link}}') WHERE org_id = ?`, g.OrgID)
	for range households {
		g.debtor("2026-02-01", 10_000)
	}
	d := g.start("链接")
	_, touched := d.advance()
	require.Equal(t, households, touched)
	ids, tokens := map[string]bool{}, map[string]string{}
	for _, c := range d.cases() {
		m := d.messagesOf(c.ID)[0]
		found := linkInText.FindStringSubmatch(m.Text)
		require.NotNil(t, found, m.Text)
		ids[m.ID], tokens[c.ID] = true, found[1]
		link, err := g.Store.OpenPayLink(t.Context(), found[1])
		require.NoError(t, err)
		require.Equal(t, c.DebtorID, link.DebtorID)
		debts, err := g.Store.LinkDebts(t.Context(), link)
		require.NoError(t, err)
		require.Equal(t, int64(10_000), debts.TotalFen)
	}
	require.Len(t, ids, households)
	require.Equal(t, households, g.rows(`SELECT COUNT(*) FROM pay_link WHERE org_id = ?`))

	// as after a restore to before the step: it is decided again, with the same ids, texts and links
	g.exec(`DELETE FROM outbox WHERE org_id = ?`, g.OrgID)
	g.exec(`DELETE FROM case_outcome WHERE org_id = ?`, g.OrgID)
	g.exec(`UPDATE dunning_case SET stage = '', stage_at = NULL, next_at = ? WHERE org_id = ?`, g.Clock.Now(), g.OrgID)
	d.advance()
	for _, c := range d.cases() {
		m := d.messagesOf(c.ID)[0]
		require.True(t, ids[m.ID])
		require.Contains(t, m.Text, tokens[c.ID])
	}
	require.Equal(t, households, g.rows(`SELECT COUNT(*) FROM pay_link WHERE org_id = ?`))
}

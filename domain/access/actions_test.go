package access_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"steward/domain/access"
)

func TestActionsAreThoseThatAreNotRefused(t *testing.T) {
	for _, role := range access.Roles {
		s := access.Scope{OrgID: "o", ActorID: "a", Grants: []access.Grant{{Role: role, Level: access.LevelCompany}}}
		for _, a := range access.ForSystem("o").Actions() {
			require.Equal(t, s.Require(a, "") == nil, slices.Contains(s.Actions(), a), "%s %s", role, a)
		}
	}
	require.Empty(t, access.Scope{OrgID: "o"}.Actions())
}

package api

import (
	"context"
	"net/http"
	"time"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/page"
)

// Campaigns starts, steers and tells collection drives.
type Campaigns interface {
	CreateCampaign(ctx context.Context, s access.Scope, n dunning.NewCampaign) (dunning.CampaignDetail, error)
	Campaigns(ctx context.Context, s access.Scope, status string, q page.Query) (page.Of[dunning.Campaign], error)
	Campaign(ctx context.Context, s access.Scope, id string) (dunning.CampaignDetail, error)
	PauseCampaign(ctx context.Context, s access.Scope, id, why string) (dunning.CampaignDetail, error)
	ResumeCampaign(ctx context.Context, s access.Scope, id, why string) (dunning.CampaignDetail, error)
	CancelCampaign(ctx context.Context, s access.Scope, id, why string) (dunning.CampaignDetail, error)
	ChangeCampaignPolicy(ctx context.Context, s access.Scope, id, versionID, apply string) (dunning.PolicyChange, error)
	CampaignCases(ctx context.Context, s access.Scope, id string, f dunning.CaseFilter, q page.Query) (page.Of[dunning.Case], error)
	CommandCases(ctx context.Context, s access.Scope, id string, b dunning.CaseBatch) (dunning.BatchResult, error)
}

// newCampaignBody is what starts a campaign: the preview's request with a name.
type newCampaignBody struct {
	dunning.CampaignRequest
	Name           string    `json:"name,omitempty" maxLength:"80" doc:"Its day when left out."`
	PreviewID      string    `json:"preview_id,omitempty" doc:"What the manager saw; a difference is refused with preview-changed."`
	StartAt        time.Time `json:"start_at,omitzero" doc:"Business time; empty starts now."`
	ConfirmChanges bool      `json:"confirm_changes,omitempty" doc:"Takes what has changed since the preview."`
}

type reasonBody struct {
	Reason string `json:"reason,omitempty" maxLength:"500"`
}

type idInput struct {
	ID string `path:"id"`
}

type campaignReasonInput struct {
	ID   string `path:"id"`
	Body reasonBody
}

type changePolicyInput struct {
	ID   string `path:"id"`
	Body struct {
		VersionID string `json:"version_id"`
		Apply     string `json:"apply" enum:"new_cases,next_step,all"`
	}
}

type listCasesInput struct {
	ID     string `path:"id"`
	Status string `query:"status" doc:"open, held, needs_attention, paid, excluded or finished."`
	Stage  string `query:"stage" doc:"The last stage done; none for cases before the first."`
	PageQuery
}

type batchInput struct {
	ID      string `path:"id"`
	Command string `path:"command" enum:"hold,release,exclude,assign"`
	Body    struct {
		CaseIDs       []string     `json:"case_ids,omitempty" maxItems:"500"`
		Filter        *batchFilter `json:"filter,omitempty"`
		Reason        string       `json:"reason,omitempty" maxLength:"500"`
		Until         Until        `json:"until,omitempty" doc:"Of a hold: an instant, or a day, which counts to its end; empty waits for a release."`
		AssigneeID    string       `json:"assignee_id,omitempty"`
		ExpectedCount *int         `json:"expected_count,omitempty" doc:"How many cases the caller saw; another number is refused with count-changed."`
	}
}

type batchFilter struct {
	Status string `json:"status,omitempty"`
	Stage  string `json:"stage,omitempty"`
}

func (in *batchInput) batch() (dunning.CaseBatch, error) {
	until, err := in.Body.Until.instant()
	b := dunning.CaseBatch{CaseIDs: in.Body.CaseIDs, ExpectedCount: in.Body.ExpectedCount,
		Order: dunning.CaseOrder{Command: in.Command, Reason: in.Body.Reason, Until: until, AssigneeID: in.Body.AssigneeID}}
	if in.Body.Filter != nil {
		b.Filter = &dunning.CaseFilter{Status: in.Body.Filter.Status, Stage: in.Body.Filter.Stage}
	}
	return b, err
}

// batchTimeout is for orders to some hundreds of cases in one transaction.
const batchTimeout = 60 * time.Second

func (s *Server) registerCampaigns() {
	register(s, op{Method: http.MethodPost, Path: "/campaigns", ID: "start-campaign", Summary: "Start a collection campaign", Tag: "collections", Status: http.StatusCreated, Idempotent: true},
		func(ctx context.Context, in *struct{ Body newCampaignBody }) (*answer[dunning.CampaignDetail], error) {
			c, err := s.store.CreateCampaign(ctx, scopeOf(ctx), dunning.NewCampaign{
				CampaignRequest: in.Body.CampaignRequest, Name: in.Body.Name, PreviewID: in.Body.PreviewID,
				StartAt: in.Body.StartAt, ConfirmChanges: in.Body.ConfirmChanges})
			return reply(c), err
		})
	register(s, op{Method: http.MethodGet, Path: "/campaigns", ID: "list-campaigns", Summary: "Campaigns, newest first", Tag: "collections"},
		func(ctx context.Context, in *struct {
			Status string `query:"status"`
			PageQuery
		}) (*answer[page.Of[dunning.Campaign]], error) {
			list, err := s.store.Campaigns(ctx, scopeOf(ctx), in.Status, in.page())
			return reply(list), err
		})
	register(s, op{Method: http.MethodGet, Path: "/campaigns/{id}", ID: "read-campaign", Summary: "A campaign with its funnel", Tag: "collections"},
		func(ctx context.Context, in *idInput) (*answer[dunning.CampaignDetail], error) {
			c, err := s.store.Campaign(ctx, scopeOf(ctx), in.ID)
			return reply(c), err
		})
	s.registerCampaignCommands()
	register(s, op{Method: http.MethodGet, Path: "/campaigns/{id}/cases", ID: "list-campaign-cases", Summary: "The cases of a campaign", Tag: "collections"},
		func(ctx context.Context, in *listCasesInput) (*answer[page.Of[dunning.Case]], error) {
			list, err := s.store.CampaignCases(ctx, scopeOf(ctx), in.ID, dunning.CaseFilter{Status: in.Status, Stage: in.Stage}, in.page())
			return reply(list), err
		})
	register(s, op{Method: http.MethodPost, Path: "/campaigns/{id}/cases/{command}", ID: "command-campaign-cases", Summary: "Hold, release, exclude or assign up to 500 cases", Tag: "collections", Idempotent: true, Timeout: batchTimeout},
		func(ctx context.Context, in *batchInput) (*answer[dunning.BatchResult], error) {
			batch, err := in.batch()
			if err != nil {
				return nil, err
			}
			result, err := s.store.CommandCases(ctx, scopeOf(ctx), in.ID, batch)
			return reply(result), err
		})
}

func (s *Server) registerCampaignCommands() {
	for _, c := range []struct {
		name, summary string
		do            func(context.Context, access.Scope, string, string) (dunning.CampaignDetail, error)
	}{
		{"pause", "Pause a campaign: nothing is sent until it is resumed", s.store.PauseCampaign},
		{"resume", "Let a paused campaign go on, or one that needed attention", s.store.ResumeCampaign},
		{"cancel", "End a campaign for good", s.store.CancelCampaign},
	} {
		register(s, op{Method: http.MethodPost, Path: "/campaigns/{id}/" + c.name, ID: c.name + "-campaign", Summary: c.summary, Tag: "collections", Idempotent: true, NoBodyNeeded: true, Timeout: batchTimeout},
			func(ctx context.Context, in *campaignReasonInput) (*answer[dunning.CampaignDetail], error) {
				detail, err := c.do(ctx, scopeOf(ctx), in.ID, in.Body.Reason)
				return reply(detail), err
			})
	}
	register(s, op{Method: http.MethodPost, Path: "/campaigns/{id}/policy", ID: "change-campaign-policy", Summary: "Let a campaign follow another version of its policy", Tag: "collections", Idempotent: true, Timeout: batchTimeout},
		func(ctx context.Context, in *changePolicyInput) (*answer[dunning.PolicyChange], error) {
			change, err := s.store.ChangeCampaignPolicy(ctx, scopeOf(ctx), in.ID, in.Body.VersionID, in.Body.Apply)
			return reply(change), err
		})
}

package api

import (
	"context"
	"net/http"

	"steward/domain/access"
	"steward/domain/dunning"
	"steward/domain/page"
)

// Tasks are what people have to do: calls, visits, letters, approvals.
type Tasks interface {
	Tasks(ctx context.Context, s access.Scope, f dunning.TaskFilter, q page.Query) (page.Of[dunning.Task], error)
	CompleteTask(ctx context.Context, s access.Scope, id string, r dunning.TaskResult) (dunning.Task, error)
}

type listTasksInput struct {
	Status   string `query:"status" doc:"open, done or cancelled."`
	Kind     string `query:"kind"`
	Assignee string `query:"assignee"`
	CaseID   string `query:"case_id"`
	PageQuery
}

type completeTaskInput struct {
	ID string `path:"id"`
	Versioned
	Body struct {
		Outcome  string       `json:"outcome"`
		Note     string       `json:"note,omitempty" maxLength:"400"`
		Evidence []string     `json:"evidence,omitempty" maxItems:"20" doc:"References to photos or receipts; kept with the audit trail."`
		Promise  *promiseBody `json:"promise,omitempty" doc:"With the outcome promised: the case is held until its day. Without it the ladder goes on."`
	}
}

func (in *completeTaskInput) result(version int) dunning.TaskResult {
	r := dunning.TaskResult{Outcome: in.Body.Outcome, Note: in.Body.Note, Evidence: in.Body.Evidence, Version: version}
	if in.Body.Promise != nil {
		p := in.Body.Promise.promise()
		r.Promise = &p
	}
	return r
}

func (s *Server) registerTasks() {
	register(s, op{Method: http.MethodGet, Path: "/tasks", ID: "list-tasks", Summary: "What people have to do, oldest first", Tag: "collections"},
		func(ctx context.Context, in *listTasksInput) (*answer[page.Of[dunning.Task]], error) {
			list, err := s.store.Tasks(ctx, scopeOf(ctx), dunning.TaskFilter{Status: in.Status, Kind: in.Kind, Assignee: in.Assignee, CaseID: in.CaseID}, in.page())
			return reply(list), err
		})
	register(s, op{Method: http.MethodPost, Path: "/tasks/{id}/complete", ID: "complete-task", Summary: "Report what came of a task", Tag: "collections", Idempotent: true},
		func(ctx context.Context, in *completeTaskInput) (*answer[dunning.Task], error) {
			version, err := in.expectedVersion()
			if err != nil {
				return nil, err
			}
			task, err := s.store.CompleteTask(ctx, scopeOf(ctx), in.ID, in.result(version))
			return reply(task), err
		})
}

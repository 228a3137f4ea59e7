package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"steward/domain/access"
	"steward/domain/feed"
	"steward/domain/refusal"
)

// Feed reads the numbered change feed.
type Feed interface {
	// ChangesAfter gives changes with a number above seq, in order.
	ChangesAfter(ctx context.Context, seq int64, limit int) ([]feed.Change, error)
	FeedBounds(ctx context.Context) (feed.Bounds, error)
}

const (
	heartbeat        = 15 * time.Second
	streamsPerCaller = 20
	streamsInAll     = 1000
	streamWriteLimit = 10 * time.Second
	scopeAge         = time.Second // how old the grants of an open stream may be when a change is judged
)

type eventsInput struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"40" doc:"Resumes after this event; one that is gone gets reset."`
	Caller
}

type eventsOutput struct {
	Body func(huma.Context)
}

func (s *Server) registerEvents() {
	register(s, op{Method: http.MethodGet, Path: "/events", ID: "events", Summary: "Server-sent events of what changed", Tag: "system", Timeout: 24 * time.Hour}, s.events)
	response := s.api.OpenAPI().Paths[basePath+"/events"].Get.Responses["200"]
	response.Description = "A stream of events; data is a change."
	response.Content = map[string]*huma.MediaType{"text/event-stream": {Schema: s.api.OpenAPI().Components.Schemas.Schema(changeType, true, "Change")}}
}

func (s *Server) events(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	scope := scopeOf(ctx)
	leave, err := s.hub.enter(scope.ActorID)
	if err != nil {
		return nil, err
	}
	from, gone, err := s.startOf(ctx, in.LastEventID)
	if err != nil {
		leave()
		return nil, err
	}
	return &eventsOutput{Body: func(hc huma.Context) {
		defer leave()
		s.metrics.streams.Inc()
		defer s.metrics.streams.Dec()
		st := &stream{server: s, c: humagin.Unwrap(hc), scope: scope, token: in.token, resolved: time.Now(), seq: from}
		st.serve(gone)
	}}, nil
}

// startOf gives the number after which a stream starts, and whether the caller has missed what is no longer there.
func (s *Server) startOf(ctx context.Context, lastEventID string) (seq int64, gone bool, err error) {
	bounds, err := s.store.FeedBounds(ctx)
	if err != nil {
		return 0, false, err
	}
	if lastEventID == "" {
		return bounds.Last, false, nil
	}
	last, err := strconv.ParseInt(lastEventID, 10, 64)
	if err != nil || last < bounds.First-1 || last > bounds.Last {
		return bounds.Last, true, nil //nolint:nilerr // an id that we never gave is answered with reset
	}
	return last, false, nil
}

// stream is one open connection of /events.
type stream struct {
	server   *Server
	c        *gin.Context
	scope    access.Scope
	token    string
	resolved time.Time
	seq      int64
}

func (st *stream) serve(gone bool) {
	h := st.c.Writer.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	st.c.Status(http.StatusOK)
	// An id without data moves the client's Last-Event-ID and fires nothing: a stream that breaks before its first event
	// resumes from here.
	opening := fmt.Sprintf("retry: 2000\nid: %d\n\n", st.seq)
	if gone {
		opening = fmt.Sprintf("retry: 2000\nid: %d\nevent: reset\ndata: {\"kind\":\"reset\"}\n\n", st.seq)
	}
	if st.write(opening) != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	ctx := st.c.Request.Context()
	for {
		changed := st.server.hub.changed() // taken before reading, so that nothing slips in between
		if !st.catchUp(ctx) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-st.server.hub.drained:
			return
		case <-changed:
		case <-beat.C:
			if !st.refresh(ctx) || st.write(": beat\n\n") != nil {
				return
			}
		}
	}
}

// catchUp writes all changes after the stream's number; false ends the stream.
func (st *stream) catchUp(ctx context.Context) bool {
	for {
		changes, err := st.server.hub.after(ctx, st.seq)
		if err != nil || ctx.Err() != nil {
			return false // the client comes back with its Last-Event-ID
		}
		if len(changes) == 0 {
			return true
		}
		if time.Since(st.resolved) > scopeAge && !st.refresh(ctx) {
			return false
		}
		if !st.send(changes) {
			return false
		}
	}
}

func (st *stream) send(changes []feed.Change) bool {
	var out []byte
	for _, ch := range changes {
		st.seq = ch.Seq
		if !ch.VisibleTo(st.scope) {
			continue
		}
		data, err := json.Marshal(ch)
		if err != nil {
			return false
		}
		out = fmt.Appendf(out, "id: %d\nevent: %s\ndata: %s\n\n", ch.Seq, ch.Kind, data)
	}
	if out == nil {
		out = fmt.Appendf(out, "id: %d\n\n", st.seq)
	}
	return st.write(string(out)) == nil
}

// refresh takes the caller's grants anew; false when the session has ended.
func (st *stream) refresh(ctx context.Context) bool {
	scope, err := st.server.resolve(ctx, st.token)
	if err != nil {
		return false
	}
	st.scope, st.resolved = scope, time.Now()
	return true
}

func (st *stream) write(text string) error {
	control := http.NewResponseController(st.c.Writer)
	_ = control.SetWriteDeadline(time.Now().Add(streamWriteLimit))
	if _, err := st.c.Writer.WriteString(text); err != nil {
		return err
	}
	return control.Flush()
}

func tooManyStreams(kind refusal.Kind) error {
	return refusal.New(kind, "too-many-streams", "同时打开的实时更新过多，请关闭一些页面后再试。").With(retryAfter, 10)
}

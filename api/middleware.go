package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// requestIDHeader carries the request id both ways.
const requestIDHeader = "X-Request-Id"

var goodRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// slowestAnswer is how long a client may take to read an answer; event streams set their own limit for every write.
const slowestAnswer = 2 * time.Minute

// identify takes the caller's request id when it has a sane form, else makes one.
func (s *Server) identify(c *gin.Context) {
	id := c.GetHeader(requestIDHeader)
	if !goodRequestID.MatchString(id) {
		id = ulid.Make().String()
	}
	c.Header(requestIDHeader, id)
	// Set for every request: a connection keeps the deadline of the one before.
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(slowestAnswer))
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), requestIDKey, id))
}

// slowestRead is how long a request that changes nothing may work. A database that hangs is then told as unavailable before
// people and proxies give up; commands are left alone, because their outcome would be unknown.
const slowestRead = 30 * time.Second

// bound ends reads that take too long; event streams are meant to.
func (s *Server) bound(c *gin.Context) {
	reading := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
	if reading && c.FullPath() != basePath+"/events" {
		ctx, cancel := context.WithTimeout(c.Request.Context(), s.deps.ReadWithin)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
	}
	c.Next()
}

type metrics struct {
	seconds *prometheus.HistogramVec
	streams prometheus.Gauge
	replays prometheus.Counter
}

func newMetrics(into prometheus.Registerer) *metrics {
	m := &metrics{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "steward_http_request_seconds", Help: "Time to answer, by route template and status.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "route", "status"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{Name: "steward_event_streams", Help: "Open event streams."}),
		replays: prometheus.NewCounter(prometheus.CounterOpts{Name: "steward_idempotent_replays_total", Help: "Commands answered from the first answer."}),
	}
	into.MustRegister(m.seconds, m.streams, m.replays)
	return m
}

// observe measures and logs every request by its route template, so that no id or query reaches metrics or logs.
func (s *Server) observe(c *gin.Context) {
	start := time.Now()
	c.Next()
	route, status := c.FullPath(), c.Writer.Status()
	if route == "" {
		route = "other"
	}
	took := time.Since(start)
	if route != basePath+"/events" {
		s.metrics.seconds.WithLabelValues(methodLabel(c.Request.Method), route, fmt.Sprint(status)).Observe(took.Seconds())
	}
	level := slog.LevelInfo
	if status < http.StatusBadRequest && (c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead) {
		level = slog.LevelDebug
	}
	ctx := c.Request.Context()
	s.log.LogAttrs(ctx, level, "request",
		slog.String("method", c.Request.Method), slog.String("route", route), slog.Int("status", status),
		slog.Duration("took", took), slog.String("request_id", requestIDOf(ctx)), slog.String("caller", scopeOf(ctx).ActorID))
}

// methodLabel is the method, or one word for those that a caller has made up: each label makes a series that stays.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// survive turns a panic into `internal`; the stack goes to the log only.
func (s *Server) survive(c *gin.Context) {
	client := c.Request.Context() // an operation's own context has ended by the time of the recovery
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if client.Err() != nil { // the client left while its answer was written
			c.Abort()
			return
		}
		s.log.ErrorContext(c.Request.Context(), "request panicked", slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
		if c.Writer.Written() {
			c.Abort()
			return
		}
		s.refuse(c, fmt.Errorf("panic: %v", cause))
	}()
	c.Next()
}

// contentPolicy lets the page load nothing from outside; the component library writes its styles inline.
const contentPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

func secureHeaders(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if strings.HasPrefix(c.Request.URL.Path, basePath) {
		h.Set("Cache-Control", "no-store")
	}
}

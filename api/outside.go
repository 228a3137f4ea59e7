package api

import (
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"steward/domain/refusal"
)

// serveOutsideBase adds the probes, the metrics, the description of the API and the page.
func (s *Server) serveOutsideBase() {
	probe := []string{http.MethodGet, http.MethodHead}
	s.router.Match(probe, "/healthz", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok", "version": s.deps.Version}) })
	s.router.Match(probe, "/readyz", s.ready)
	if s.deps.Metrics != nil {
		s.router.GET("/metrics", gin.WrapH(promhttp.HandlerFor(s.deps.Metrics, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})))
	}
	description, err := json.MarshalIndent(s.api.OpenAPI(), "", "  ")
	if err != nil {
		s.log.Error("OpenAPI file cannot be written", slog.Any("error", err))
	}
	s.router.GET("/openapi.json", func(c *gin.Context) {
		c.Header("Cache-Control", "no-cache")
		c.Data(http.StatusOK, "application/json; charset=utf-8", description)
	})
	s.router.GET("/docs", s.docs)
	if s.deps.Till != nil {
		s.serveSandboxPage()
	}
}

// ready answers 200 only when this process can serve: MySQL and Temporal answer, and the schema fits.
func (s *Server) ready(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), 3*time.Second)
	defer cancel()
	if err := s.deps.Ready(ctx); err != nil {
		s.log.WarnContext(ctx, "not ready", slog.Any("error", err))
		s.refuse(c, refusal.New(refusal.Unavailable, "not-ready", "系统尚未就绪，请稍后重试。").With(retryAfter, 2))
		return
	}
	c.JSON(http.StatusOK, gin.H{"status": "ready"})
}

// noRoute serves the page's files, and the page itself for every address that a person may have typed.
func (s *Server) noRoute(c *gin.Context) {
	p := c.Request.URL.Path
	reading := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
	if !reading || s.deps.Console == nil || p == "/api" || strings.HasPrefix(p, "/api/") {
		s.notFound(c)
		return
	}
	name := strings.TrimPrefix(path.Clean(p), "/")
	if info, err := fs.Stat(s.deps.Console, name); name != "" && err == nil && !info.IsDir() && !strings.HasPrefix(path.Base(name), ".") {
		s.servePageFile(c, name)
		return
	}
	if path.Ext(name) != "" {
		s.notFound(c)
		return
	}
	page, err := fs.ReadFile(s.deps.Console, pageFor(p))
	if err != nil {
		c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte("控制台页面尚未构建，请运行 make web。接口说明见 /docs。\n"))
		return
	}
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, "text/html; charset=utf-8", page)
}

// pageFor gives the page for an address: what is open to everybody is a small page of its own.
func pageFor(address string) string {
	if address == "/pay" || strings.HasPrefix(address, "/pay/") {
		return "pay.html"
	}
	return "index.html"
}

func (s *Server) notFound(c *gin.Context) {
	s.refuse(c, refusal.New(refusal.NotFound, "not-found", "没有这个地址，请检查链接。"))
}

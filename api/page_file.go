package api

import (
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// servePageFile answers with a file of the page. The build leaves a compressed copy beside scripts and styles, which is
// given to clients that take it.
func (s *Server) servePageFile(c *gin.Context, name string) {
	if strings.HasPrefix(name, "assets/") { // names carry a hash of the content
		c.Header("Cache-Control", "public, max-age=31536000, immutable")
		if _, err := fs.Stat(s.deps.Console, name+".gz"); err == nil {
			c.Header("Vary", "Accept-Encoding")
			if takesGzip(c.Request) {
				c.Header("Content-Type", mime.TypeByExtension(path.Ext(name)))
				c.Header("Content-Encoding", "gzip")
				name += ".gz"
			}
		}
	}
	http.ServeFileFS(c.Writer, c.Request, s.deps.Console, name)
}

// takesGzip tells whether the client accepts gzip. A part of a file is asked for in bytes as they are.
func takesGzip(r *http.Request) bool {
	if r.Header.Get("Range") != "" {
		return false
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
			return err != nil || q > 0
		}
	}
	return false
}

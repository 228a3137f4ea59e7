package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"steward/domain/refusal"
)

// inMemory is how much of a body is kept in memory; the rest of a larger one waits in a temporary file.
const inMemory = 1 << 20

// slowestBytesPerSecond is what a client must manage at least to send its body, after ten seconds of grace.
const slowestBytesPerSecond = 64 << 10

// acceptBody checks the media type and reads the whole body within its limits before anything else looks at it, so that
// it can be hashed and then parsed.
func (s *Server) acceptBody(o op) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		c := humagin.Unwrap(hc)
		if c.Request.Body == nil || c.Request.Body == http.NoBody {
			next(hc)
			return
		}
		if err := checkMediaType(c, hc.Operation()); err != nil {
			s.refuse(c, err)
			return
		}
		if c.Request.ContentLength > o.MaxBody {
			s.refuse(c, tooLarge(o.MaxBody))
			readAway(c, c.Request.Body)
			return
		}
		_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(10*time.Second + time.Duration(o.MaxBody/slowestBytesPerSecond)*time.Second))
		sent := c.Request.Body
		body, err := spool(http.MaxBytesReader(c.Writer, sent, o.MaxBody), o.MaxBody)
		if err != nil {
			s.refuse(c, err)
			if refusal.Is(err, "too-large") {
				readAway(c, sent)
			}
			return
		}
		defer body.discard()
		_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Time{})
		c.Request.Body = body
		next(hc)
		if form := c.Request.MultipartForm; form != nil {
			_ = form.RemoveAll()
		}
	}
}

// The bounds on reading away what was refused for its size.
const (
	mostReadAway    = 256 << 20
	longestReadAway = 20 * time.Second
)

// readAway takes the rest of a body whose refusal is already written. Most clients send everything before they read the
// answer; were the connection closed under them, they would see a reset instead of the refusal.
func readAway(c *gin.Context, rest io.Reader) {
	control := http.NewResponseController(c.Writer)
	if c.GetHeader("Expect") != "" || control.Flush() != nil { // such a client waits for the answer
		return
	}
	_ = control.SetReadDeadline(time.Now().Add(longestReadAway))
	_, _ = io.CopyN(io.Discard, rest, mostReadAway)
	_ = control.SetReadDeadline(time.Time{})
}

func tooLarge(limit int64) error {
	return refusal.New(refusal.TooLarge, "too-large", "请求内容过大，最多 %s。", sizeText(limit)).With("limit_bytes", limit)
}

func sizeText(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", max(n>>10, 1))
}

// checkMediaType refuses a body of a kind that the operation does not describe; without a header JSON is assumed.
func checkMediaType(c *gin.Context, operation *huma.Operation) error {
	if operation.RequestBody == nil || c.Request.ContentLength == 0 {
		return nil
	}
	header := c.GetHeader("Content-Type")
	if header == "" {
		header = "application/json"
	}
	kind, parameters, err := mime.ParseMediaType(header)
	if err == nil && operation.RequestBody.Content[kind] != nil && (kind != "multipart/form-data" || parameters["boundary"] != "") {
		return nil
	}
	for accepted := range operation.RequestBody.Content {
		if accepted == "application/octet-stream" { // an operation that takes the raw bytes
			return nil
		}
		return refusal.New(refusal.Unsupported, "unsupported-media-type", "不支持这种请求格式，请使用 %s。", accepted)
	}
	return nil
}

// spooled is a body that has been read completely and can be read again.
type spooled struct {
	io.Reader
	head []byte
	file *os.File
}

func spool(body io.Reader, limit int64) (*spooled, error) {
	var head bytes.Buffer
	_, err := io.CopyN(&head, body, inMemory)
	b := &spooled{head: head.Bytes()}
	if err == nil && limit > inMemory {
		err = b.spill(body)
	}
	if err == nil { // a small limit that is exactly filled
		_, err = io.Copy(io.Discard, body)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.discard()
		return nil, readRefusal(err)
	}
	if err := b.rewind(); err != nil {
		b.discard()
		return nil, err
	}
	return b, nil
}

func (b *spooled) spill(rest io.Reader) error {
	file, err := os.CreateTemp("", "steward-upload-*")
	if err != nil {
		return fmt.Errorf("keep the upload: %w", err)
	}
	_ = os.Remove(file.Name()) // the open file stays; nothing is left behind after a crash
	b.file = file
	_, err = io.Copy(file, rest)
	return err
}

// rewind makes the next read start at the first byte.
func (b *spooled) rewind() error {
	b.Reader = bytes.NewReader(b.head)
	if b.file == nil {
		return nil
	}
	if _, err := b.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the upload again: %w", err)
	}
	b.Reader = io.MultiReader(b.Reader, b.file)
	return nil
}

// Close keeps the body for later readers; discard ends it.
func (b *spooled) Close() error { return nil }

func (b *spooled) discard() {
	if b.file != nil {
		_ = b.file.Close()
	}
}

func readRefusal(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return tooLarge(large.Limit)
	}
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return &statusRefusal{status: http.StatusRequestTimeout, code: "request-timeout", message: "请求内容接收超时，请重试。"}
	}
	var disk *fs.PathError
	if errors.As(err, &disk) {
		return fmt.Errorf("keep the body: %w", err)
	}
	return refusal.New(refusal.Malformed, "malformed-body", "请求内容不完整，请重新提交。")
}

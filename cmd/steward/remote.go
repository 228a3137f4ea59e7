package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
)

// Remote is a running API that a command speaks to: by its address and a token, or by the dev.json of a running `steward dev`.
type Remote struct {
	URL       string `help:"Address of the API; the running dev's when left out." env:"STEWARD_URL"`
	Token     string `help:"Token of a session; dev's login of --as when left out." env:"STEWARD_TOKEN"`
	TokenFile string `help:"File that holds the token." env:"STEWARD_TOKEN_FILE" secret:"token" placeholder:"FILE"`
	Data      string `help:"Data folder of a running dev." default:".steward" type:"path"`
	As        string `help:"Role of dev's login." default:"community_manager"`
}

// apiClient calls operations as one caller.
type apiClient struct {
	base, token string
	http        *http.Client
}

func (r Remote) client() (*apiClient, error) {
	c := &apiClient{base: strings.TrimSuffix(r.URL, "/"), token: r.Token, http: &http.Client{Timeout: 60 * time.Second}}
	if c.base != "" && c.token != "" {
		return c, nil
	}
	path := filepath.Join(r.Data, "dev.json")
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("no address or token: start `steward dev`, or set --url and --token (STEWARD_URL, STEWARD_TOKEN): %w", err)
	}
	var dev devFile
	if err := json.Unmarshal(content, &dev); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if c.base == "" {
		c.base = dev.BaseURL
	}
	if c.token == "" {
		c.token = dev.Logins[r.As].Token
	}
	if c.token == "" {
		return nil, fmt.Errorf("%s holds no login %q", path, r.As)
	}
	return c, nil
}

// problem is an answer that is not a success.
type problem struct {
	Status    int    `json:"status"`
	Code      string `json:"code"`
	Detail    string `json:"detail"`
	RequestID string `json:"request_id"`
	Errors    []struct {
		Location string `json:"location"`
		Message  string `json:"message"`
	} `json:"errors"`
}

// Error implements error.
func (p *problem) Error() string {
	text := fmt.Sprintf("%s (%s, %s)", p.Detail, p.Code, p.RequestID)
	for _, e := range p.Errors {
		text += fmt.Sprintf("\n  %s: %s", e.Location, e.Message)
	}
	return text
}

func (c *apiClient) get(ctx context.Context, path string, out any) error {
	return c.do(ctx, http.MethodGet, path, "", nil, "", out)
}

// post sends a command under a key of its own and repeats it under the same key while its outcome is unknown.
func (c *apiClient) post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("call %s: %w", path, err)
	}
	return c.command(ctx, path, "application/json", body, out)
}

const commandAttempts = 5

func (c *apiClient) command(ctx context.Context, path, kind string, body []byte, out any) error {
	key := ulid.Make().String()
	var err error
	for attempt := range commandAttempts {
		if attempt > 0 {
			select {
			case <-ctx.Done():
				return err
			case <-time.After(time.Duration(attempt) * time.Second):
			}
		}
		err = c.do(ctx, http.MethodPost, path, kind, body, key, out)
		var p *problem
		if err == nil || (errors.As(err, &p) && p.Status != http.StatusServiceUnavailable && p.Code != "in-progress") {
			return err
		}
	}
	return err
}

func (c *apiClient) do(ctx context.Context, method, path, kind string, body []byte, key string, out any) error {
	request, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("call %s: %w", path, err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("call %s: %w", path, err)
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(answer.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("call %s: %w", path, err)
	}
	if answer.StatusCode >= http.StatusBadRequest {
		p := &problem{}
		if json.Unmarshal(content, p) != nil || p.Code == "" {
			return fmt.Errorf("call %s: %s", path, answer.Status)
		}
		return p
	}
	if out == nil || len(content) == 0 {
		return nil
	}
	if err := json.Unmarshal(content, out); err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	return nil
}

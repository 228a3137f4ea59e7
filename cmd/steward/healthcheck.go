package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// HealthcheckCmd asks a probe over HTTP and says by its exit status what it answered.
type HealthcheckCmd struct {
	ProbeURL string        `name:"url" help:"The probe: /readyz for traffic, /healthz for life alone." default:"http://127.0.0.1:8080/readyz"`
	Timeout  time.Duration `help:"How long to wait for an answer." default:"4s"`
}

// Run fails unless the probe answers 200. Proxies of the environment are not asked: the process is on this machine.
func (c *HealthcheckCmd) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.ProbeURL, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", c.ProbeURL, err)
	}
	direct := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := direct.Do(request)
	if err != nil {
		return fmt.Errorf("ask %s: %w", c.ProbeURL, err)
	}
	defer func() { _ = answer.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if err != nil {
		return fmt.Errorf("ask %s: %w", c.ProbeURL, err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s: %s %s", c.ProbeURL, answer.Status, strings.TrimSpace(string(said)))
	}
	return nil
}

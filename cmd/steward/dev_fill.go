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
	"strings"
	"time"

	"steward/devstack"
	"steward/domain/calendar"
)

// waitReady asks the API again and again until it says that it can serve.
func (d *devStack) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	began, said := time.Now(), time.Now()
	for {
		err := getOK(ctx, d.baseURL+"/readyz", d.instance)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the API: %w (log: %s)", err, d.logFile("api"))
		case <-time.After(100 * time.Millisecond):
		}
		if err := d.hopeless(); err != nil {
			return err
		}
		if time.Since(said) > 5*time.Second {
			said = time.Now()
			d.say.progress(fmt.Sprintf("API ... %d s", int(time.Since(began).Seconds())))
		}
	}
}

const startFalls = 4

// hopeless gives up on a start in which API or worker ended again and again.
func (d *devStack) hopeless() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.falls["api"] > 0 && strings.Contains(d.lastFall.Error(), "address already in use"):
		return portTaken(d.listen, d.lastFall)
	case d.falls["api"] >= startFalls || d.falls["worker"] >= startFalls:
		return d.lastFall
	}
	return nil
}

// getOK asks a process that names itself instance; "" takes an answer from anybody.
func getOK(ctx context.Context, url, instance string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 4<<10))
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", answer.Status, bytes.TrimSpace(body))
	}
	if answer.Header.Get(instanceHeader) != instance && instance != "" {
		return fmt.Errorf("another program answers at %s", url)
	}
	return nil
}

// fill makes the demo logins and, unless told not to, the demo community, then signs every login in.
func (d *devStack) fill(ctx context.Context) error {
	if err := d.runOnce(ctx, "seed-users", demoLimit); err != nil {
		return err
	}
	if err := d.seedDemo(ctx); err != nil {
		if ctx.Err() != nil {
			return err
		}
		d.say.line("演示小区未能建立，系统照常运行 / the demo community could not be made; the system runs without it:\n" + err.Error())
	}
	return d.signInAll(ctx)
}

// signInAll gets a token for every demo login.
func (d *devStack) signInAll(ctx context.Context) error {
	for _, u := range demoUsers {
		token, err := d.signIn(ctx, u.Login, u.Password)
		if err != nil {
			return fmt.Errorf("sign in as %s: %w", u.Login, err)
		}
		d.mu.Lock()
		d.file.Logins[u.Role] = devLogin{Login: u.Login, Password: u.Password, Token: token}
		d.mu.Unlock()
	}
	return nil
}

// Tokens live for half a day; new ones are there long before.
const renewEvery = 4 * time.Hour

// renewTokens keeps the tokens in dev.json good in a run that lasts for days.
func (d *devStack) renewTokens(ctx context.Context) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := d.signInAll(ctx); err != nil && ctx.Err() == nil {
			d.say.line(err.Error())
			continue
		}
		d.mu.Lock()
		d.writeFile()
		d.mu.Unlock()
	}
}

// seedDemo runs once in the life of a data folder.
func (d *devStack) seedDemo(ctx context.Context) error {
	if !d.demo {
		return nil
	}
	if _, err := os.Stat(d.demoFile()); err == nil {
		return nil
	}
	step := d.say.step("演示小区 / demo community")
	if err := d.runOnce(ctx, "seed-demo", demoLimit); err != nil {
		return step.failed(err)
	}
	if err := devstack.WriteFileAtomic(d.demoFile(), nil, 0o600); err != nil {
		return step.failed(folderProblem(d.dir, err))
	}
	step.done()
	return nil
}

func (d *devStack) signIn(ctx context.Context, login, password string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	body, err := json.Marshal(map[string]string{"login": login, "password": password})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.baseURL+"/api/v1/session", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return "", errors.New(answer.Status)
	}
	var session struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 64<<10)).Decode(&session); err != nil {
		return "", fmt.Errorf("read the session: %w", err)
	}
	return session.Token, nil
}

const diskCheckEvery = 30 * time.Second

// watchDisk warns while there is still room to act.
func (d *devStack) watchDisk(ctx context.Context) {
	tick := time.NewTicker(diskCheckEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if free, err := devstack.FreeMiB(d.dir); err == nil && free < lowDiskMiB {
			d.say.line(fmt.Sprintf("磁盘仅剩 %d MiB，请尽快清理 / only %d MiB left on the disk of %s: free some space", free, free, d.dir))
		}
	}
}

// description is what the screen shows.
func (d *devStack) description() devDescription {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.anchor.BusinessAt(time.Now())
	out := devDescription{facts: [][2]string{
		{"控制台 / console", d.file.BaseURL},
		{"接口文档 / API reference", d.file.BaseURL + "/docs"},
		{"流程引擎 / Temporal", d.file.TemporalUI},
		{"业务时间 / business time", fmt.Sprintf("%s ×%g", now.In(calendar.Shanghai).Format("2006-01-02 15:04:05"), d.speed)},
		{"数据目录 / data folder", d.dir},
		{"连接信息 / connection file", d.devFile()},
	}}
	for _, u := range demoUsers {
		out.logins = append(out.logins, devLoginLine{role: u.Role, login: u.Login, password: u.Password})
	}
	return out
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove a file of an earlier run: %w", err)
	}
	return nil
}

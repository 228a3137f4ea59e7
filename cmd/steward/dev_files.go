package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"steward/devstack"
)

func (s devSettings) keyFile() string            { return filepath.Join(s.dir, "data.key") }
func (s devSettings) webhookSecretFile() string  { return filepath.Join(s.dir, "webhook.secret") }
func (s devSettings) devFile() string            { return filepath.Join(s.dir, "dev.json") }
func (s devSettings) demoFile() string           { return filepath.Join(s.dir, "demo.seeded") }
func (s devSettings) mysqlDir() string           { return filepath.Join(s.dir, "mysql") }
func (s devSettings) mysqlData() string          { return filepath.Join(s.mysqlDir(), "data") }
func (s devSettings) temporalDir() string        { return filepath.Join(s.dir, "temporal") }
func (s devSettings) logDir() string             { return filepath.Join(s.dir, "logs") }
func (s devSettings) logFile(name string) string { return filepath.Join(s.logDir(), name+".log") }
func (s devSettings) pidFile(name string) string { return filepath.Join(s.dir, "run", name+".pid") }

// devFile is dev.json: what a program beside this one needs to work with the running system.
type devFile struct {
	BaseURL         string              `json:"base_url"`
	MySQLDSN        string              `json:"mysql_dsn"`
	TemporalAddress string              `json:"temporal_address"`
	TemporalUI      string              `json:"temporal_ui"`
	Speed           float64             `json:"speed"`
	PIDs            devPIDs             `json:"pids"`
	WebhookSecret   string              `json:"webhook_secret"`
	Logins          map[string]devLogin `json:"logins"`
}

type devPIDs struct {
	API      int `json:"api"`
	Worker   int `json:"worker"`
	MySQL    int `json:"mysql"`
	Temporal int `json:"temporal"`
}

type devLogin struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Token    string `json:"token"`
}

func (f devFile) write(path string) error {
	content, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("write dev.json: %w", err)
	}
	if err := devstack.WriteFileAtomic(path, append(content, '\n'), 0o600); err != nil {
		return folderProblem(filepath.Dir(path), err)
	}
	return nil
}

const dataKeyBytes = 32

// keys reads the data key and the webhook secret and makes them the first time. A database whose key is gone is refused:
// with a new key nobody could read the names in it.
func (s devSettings) keys() (dataKey, webhookSecret string, err error) {
	if _, err := os.Stat(s.keyFile()); errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(s.mysqlData()); err == nil {
			return "", "", &devstack.Problem{
				Code:  "data-key-missing",
				Zh:    fmt.Sprintf("数据密钥 %s 不见了，现有数据无法解密。", s.keyFile()),
				En:    fmt.Sprintf("The data key %s is gone; the data can not be read without it.", s.keyFile()),
				FixZh: "请从备份恢复该文件，或运行 make clean-state 重新开始。",
				FixEn: "Restore it from a backup, or start afresh with make clean-state.",
			}
		}
	}
	if dataKey, err = keptHex(s.keyFile(), dataKeyBytes); err != nil {
		return "", "", err
	}
	if webhookSecret, err = keptHex(s.webhookSecretFile(), dataKeyBytes); err != nil {
		return "", "", err
	}
	return dataKey, webhookSecret, nil
}

// keptHex reads a random secret of n bytes, written in hexadecimal, and makes it when there is no file.
func keptHex(path string, n int) (string, error) {
	content, err := os.ReadFile(path)
	if err == nil {
		text := strings.TrimSpace(string(content))
		if raw, err := hex.DecodeString(text); err != nil || len(raw) != n {
			return "", &devstack.Problem{
				Code: "bad-secret-file",
				Zh:   fmt.Sprintf("文件 %s 的内容不是有效的密钥。", path), En: fmt.Sprintf("%s does not hold a usable secret.", path),
				FixZh: "请从备份恢复该文件，或运行 make clean-state 重新开始。",
				FixEn: "Restore it from a backup, or start afresh with make clean-state.",
			}
		}
		return text, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", folderProblem(filepath.Dir(path), err)
	}
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	text := hex.EncodeToString(raw)
	if err := devstack.WriteFileAtomic(path, []byte(text+"\n"), 0o600); err != nil {
		return "", folderProblem(filepath.Dir(path), err)
	}
	return text, nil
}

// childEnv is this program's environment without what would send a child to another database or another Temporal.
func childEnv(inherited []string, ours map[string]string) []string {
	var env []string
	for _, entry := range inherited {
		name, _, _ := strings.Cut(entry, "=")
		foreign := strings.HasPrefix(name, "TEMPORAL_") || strings.HasPrefix(name, "STEWARD_")
		if !foreign || strings.HasPrefix(name, "STEWARD_SMTP_") || strings.HasPrefix(name, "STEWARD_LOG") {
			env = append(env, entry)
		}
	}
	for name, value := range ours {
		env = append(env, name+"="+value)
	}
	return env
}

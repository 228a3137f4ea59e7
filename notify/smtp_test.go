package notify_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"steward/notify"
)

// mailServer answers SMTP as a test wants: afterText is what it says to a mail's text, "" hangs up instead.
type mailServer struct {
	listener  net.Listener
	rcpt      string
	afterText string

	mu    sync.Mutex
	texts []string
}

func newMailServer(t *testing.T, rcpt, afterText string) *mailServer {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &mailServer{listener: l, rcpt: rcpt, afterText: afterText}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s
}

func (s *mailServer) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

func (s *mailServer) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	say := func(line string) { _, _ = fmt.Fprint(c, line+"\r\n") }
	say("220 test")
	in := bufio.NewScanner(c)
	for in.Scan() {
		verb, _, _ := strings.Cut(strings.ToUpper(in.Text()), " ")
		switch verb {
		case "EHLO", "HELO":
			say("250-test")
			say("250 8BITMIME")
		case "RCPT":
			say(s.rcpt)
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for in.Scan() && in.Text() != "." {
				text.WriteString(in.Text() + "\n")
			}
			s.mu.Lock()
			s.texts = append(s.texts, text.String())
			s.mu.Unlock()
			if s.afterText == "" {
				return
			}
			say(s.afterText)
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *mailServer) provider(t *testing.T) *notify.SMTP {
	t.Helper()
	p, err := notify.NewSMTP(notify.SMTPSetting{Host: "127.0.0.1", Port: s.port(), TLS: "none", From: "fee@example.com", Timeout: 2 * time.Second})
	require.NoError(t, err)
	return p
}

func TestMailAnswers(t *testing.T) {
	tests := []struct {
		name, rcpt, afterText string
		want                  notify.Status
		retry                 bool
	}{
		{"taken", "250 ok", "250 queued", notify.Sent, false},
		{"no such mailbox", "550 no", "250 queued", notify.Failed, false},
		{"greylisted", "451 later", "250 queued", notify.Failed, true},
		{"refused after the text", "250 ok", "554 spam", notify.Failed, false},
		{"later after the text", "250 ok", "452 full", notify.Failed, true},
		{"hangs up after the text", "250 ok", "", notify.Unknown, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newMailServer(t, tt.rcpt, tt.afterText)
			results, err := s.provider(t).Send(t.Context(), []notify.Message{{Key: "01K", To: "owner@example.com", Text: "您好，请缴费。"}})
			require.NoError(t, err)
			require.Equal(t, tt.want, results[0].Status)
			require.Equal(t, tt.retry, results[0].Retry)
		})
	}
}

func TestSeveralMailsOnOneConnection(t *testing.T) {
	s := newMailServer(t, "250 ok", "250 queued")
	results, err := s.provider(t).Send(t.Context(), []notify.Message{
		{Key: "1", To: "a@example.com", Text: "一"}, {Key: "2", To: "not an address", Text: "二"}, {Key: "3", To: "c@example.com", Text: "三"}})
	require.NoError(t, err)
	require.Equal(t, []notify.Status{notify.Sent, notify.Failed, notify.Sent}, []notify.Status{results[0].Status, results[1].Status, results[2].Status})
	require.Len(t, s.texts, 2)
	require.Contains(t, s.texts[0], "1@steward", "the key is in the message id")
}

func TestAnUnreachableMailServerHasSentNothing(t *testing.T) {
	s := newMailServer(t, "250 ok", "250 ok")
	p := s.provider(t)
	require.NoError(t, s.listener.Close())
	_, err := p.Send(t.Context(), two)
	require.ErrorIs(t, err, notify.ErrNotSent)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.Send(ctx, two)
	require.ErrorIs(t, err, notify.ErrNotSent)
}

func TestMailSettingsAreChecked(t *testing.T) {
	for name, s := range map[string]notify.SMTPSetting{
		"no host":     {From: "a@example.com"},
		"no sender":   {Host: "mail.example.com"},
		"unknown TLS": {Host: "mail.example.com", From: "a@example.com", TLS: "maybe"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := notify.NewSMTP(s)
			require.Error(t, err)
		})
	}
}

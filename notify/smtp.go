package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wneessen/go-mail"
)

// SMTPSetting is how mail leaves. TLS is "required" (the default), "opportunistic" or "none" for STARTTLS, or "implicit"
// for TLS from the first byte; with a User the server must offer a login.
type SMTPSetting struct {
	Host     string
	Port     int
	TLS      string
	User     string
	Password string
	From     string
	Subject  string // of messages that bring none
	Timeout  time.Duration
}

// smtpBatch is how many mails one connection carries before it is closed.
const smtpBatch = 20

// SMTP sends mail. It is not idempotent: SMTP has no key, so an answer that is lost after the text was handed over is
// Unknown.
type SMTP struct {
	setting SMTPSetting
	options []mail.Option
}

// NewSMTP checks the setting; it does not connect.
func NewSMTP(s SMTPSetting) (*SMTP, error) {
	if s.Timeout <= 0 {
		s.Timeout = 15 * time.Second
	}
	if s.Subject == "" {
		s.Subject = "物业缴费提醒"
	}
	options := []mail.Option{mail.WithTimeout(s.Timeout)}
	switch s.TLS {
	case "", "required":
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case "opportunistic":
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case "implicit":
		options = append(options, mail.WithSSL())
	default:
		return nil, fmt.Errorf("mail TLS %q is not one of required, opportunistic, none, implicit", s.TLS)
	}
	if s.Port != 0 {
		options = append(options, mail.WithPort(s.Port))
	}
	if s.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.User), mail.WithPassword(s.Password))
	}
	if _, err := mail.NewClient(s.Host, options...); err != nil {
		return nil, fmt.Errorf("mail setting: %w", err)
	}
	if err := mail.NewMsg().From(s.From); err != nil {
		return nil, fmt.Errorf("mail sender address: %w", err)
	}
	return &SMTP{setting: s, options: options}, nil
}

// BatchSize implements Provider.
func (p *SMTP) BatchSize() int { return smtpBatch }

// Idempotent implements Provider.
func (p *SMTP) Idempotent() bool { return false }

// Send implements Provider: one connection for the batch.
func (p *SMTP) Send(ctx context.Context, messages []Message) ([]Result, error) {
	client, err := mail.NewClient(p.setting.Host, p.options...)
	if err != nil {
		return nil, fmt.Errorf("prepare mail: %w: %w", ErrNotSent, err)
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("reach the mail server: %w: %w", ErrNotSent, err)
	}
	defer func() { _ = client.CloseWithSMTPClient(conn) }()
	results := make([]Result, len(messages))
	for i, m := range messages {
		if ctx.Err() != nil {
			results[i] = Result{Status: Failed, Why: "timeout-before-send", Retry: true}
			continue
		}
		msg, err := p.compose(m)
		if err != nil {
			results[i] = Result{Status: Failed, Why: "bad-address"}
			continue
		}
		err = client.SendWithSMTPClient(conn, msg)
		results[i] = mailResult(msg, err)
	}
	return results, nil
}

func (p *SMTP) compose(m Message) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(p.setting.From); err != nil {
		return nil, fmt.Errorf("mail from: %w", err)
	}
	if err := msg.To(m.To); err != nil {
		return nil, fmt.Errorf("mail to: %w", err)
	}
	subject := m.Subject
	if subject == "" {
		subject = p.setting.Subject
	}
	msg.Subject(subject)
	msg.SetMessageIDWithValue(m.Key + "@steward")
	msg.SetDate()
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	return msg, nil
}

// mailResult reads what became of one mail. The server's own code is an answer wherever it comes; without one, whatever
// goes wrong after the text began to flow leaves it unknown.
func mailResult(msg *mail.Msg, err error) Result {
	if err == nil || msg.IsDelivered() {
		return Result{Status: Sent, ProviderID: msg.GetMessageID()}
	}
	var send *mail.SendError
	if !errors.As(err, &send) {
		return Result{Status: Unknown, Why: "no-answer"}
	}
	if code := send.ErrorCode(); code >= 400 {
		return Result{Status: Failed, Why: fmt.Sprintf("smtp-%d", code), Retry: code < 500}
	}
	switch send.Reason {
	case mail.ErrSMTPDataClose, mail.ErrWriteContent, mail.ErrSMTPReset, mail.ErrAmbiguous:
		return Result{Status: Unknown, Why: "no-answer-after-data"}
	default:
		return Result{Status: Failed, Why: "connection-lost", Retry: true}
	}
}

package main

import (
	"errors"
	"log/slog"
	"net/url"

	"steward/activities"
	"steward/api"
	"steward/domain/checkout"
	"steward/payprovider"
)

// OnlinePayments say how residents pay from afar.
type OnlinePayments struct {
	PublicURL string `help:"Address under which residents and payment providers reach this system, such as https://pay.example.com; links in messages and notices need it." env:"STEWARD_PUBLIC_URL" placeholder:"URL"`
}

// Validate refuses an address that no browser could open.
func (o OnlinePayments) Validate() error {
	u, err := url.Parse(o.PublicURL)
	if o.PublicURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("--public-url (STEWARD_PUBLIC_URL) must be an address such as https://pay.example.com")
	}
	return nil
}

// sandbox is the payment provider of dev and tests. A process without the secret makes and believes no notices.
func (o OnlinePayments) sandbox(d *database, secret string) *payprovider.Sandbox {
	return &payprovider.Sandbox{Books: d.store, Clock: d.clock, Secret: secret, BaseURL: o.PublicURL}
}

// collecting gives the providers that collect money for orders. Each real one is an adapter in payprovider with settings of
// its own, which belongs here.
func (o OnlinePayments) collecting(d *database, secret string, dev bool) map[string]checkout.Provider {
	providers := map[string]checkout.Provider{}
	if dev {
		p := o.sandbox(d, secret)
		providers[p.Name()] = p
	}
	return providers
}

// steps fills the ports of what providers carry out.
func (o OnlinePayments) steps(d *database, dev bool) *activities.Checkout {
	d.store.PublishAt(o.PublicURL)
	return &activities.Checkout{Orders: d.store, Refunds: d.store, Providers: o.collecting(d, "", dev), PublicURL: o.PublicURL}
}

// serve gives the API its providers. Signed notices of the sandbox's form are believed outside of dev too: they are how a
// bank's or partner's gateway reports payments.
func (o OnlinePayments) serve(deps *api.Deps, d *database, secret string, dev bool, log *slog.Logger) {
	d.store.PublishAt(o.PublicURL)
	deps.Collecting = o.collecting(d, secret, dev)
	box := o.sandbox(d, secret)
	deps.Noticing = map[string]checkout.Provider{box.Name(): box}
	for name, p := range deps.Collecting {
		deps.Noticing[name] = p
	}
	if dev {
		deps.Till = &payprovider.Till{Sandbox: box, Log: log}
	}
}

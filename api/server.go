// Package api is the HTTP door: typed operations with validation, OpenAPI 3.1 and problem+json. It translates and nothing
// else; rules sit in domain, permission and persistence behind the interfaces declared here.
package api

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"steward/domain/access"
	"steward/domain/checkout"
	"steward/domain/clock"
)

// Store is everything that the operations need of the database: one line for each noun, whose interface stands in the
// noun's own file.
type Store interface {
	Sessions
	Requests
	Users
	Audits
	Feed
	Sandboxes
	ClockSetter
	Policies
	Previews
	Calendars
	GoLives
	Flags
	Imports
	Communities
	Units
	UnitChanges
	Meters
	EquipmentLedger
	StaffLists
	Vehicles
	PersonMatches
	Bills
	Billing
	FeeItems
	Settlements
	Payments
	Corrections
	Approvals
	PayOrders
	PayLinks
	SandboxPayments
	Accounts
	Campaigns
	Cases
	Messages
	Tasks
	Closings
	Openings
	Reports
	Receipts
	PaymentHistories
	Desk
}

// registerAll lists the operations of every noun.
func (s *Server) registerAll() {
	s.registerSession()
	s.registerUsers()
	s.registerAudit()
	s.registerEvents()
	s.registerClock()
	s.registerPolicies()
	s.registerPreviews()
	s.registerCalendars()
	s.registerGoLive()
	s.registerFlags()
	s.registerImports()
	s.registerImportTemplates()
	s.registerCommunities()
	s.registerUnits()
	s.registerUnitChanges()
	s.registerMeters()
	s.registerEquipment()
	s.registerStaff()
	s.registerVehicles()
	s.registerPersonMatches()
	s.registerBills()
	s.registerBilling()
	s.registerFeeItems()
	s.registerSettlements()
	s.registerPayments()
	s.registerCorrections()
	s.registerApprovals()
	s.registerPayOrders()
	s.registerPayLinks()
	s.registerAccounts()
	s.registerPaymentHistory()
	s.registerCampaigns()
	s.registerCases()
	s.registerEvidence()
	s.registerMessages()
	s.registerTasks()
	s.registerClosings()
	s.registerOpenings()
	s.registerReports()
	s.registerDesk()
	s.registerWebhooks()
	if s.deps.Dev {
		s.registerDev()
	}
}

// Deps is what the API is made of. All fields are required unless said otherwise.
type Deps struct {
	Store Store
	// Sheets looks at an uploaded spreadsheet before it is stored; nil leaves that to the import's process.
	Sheets SheetChecker
	// Printer draws papers; nil, or one that is not ready, leaves everything else as it is.
	Printer Printer
	Clock   clock.Source
	// Ready tells what is missing for this process to serve: MySQL, the schema, Temporal.
	Ready func(context.Context) error
	// Organization gives the organization of callers that bring none, such as a payment provider's notice.
	Organization func(context.Context) (string, error)
	// Unavailable tells whether an error means that the database cannot be reached or gave up, so that the same
	// request may succeed later.
	Unavailable func(error) bool
	// BadValue tells whether the database could not take or compare a value of the request: too long, out of range, or
	// with characters that the column does not hold.
	BadValue func(error) bool
	// Noticing are the providers whose notices are understood, by the name in the address; Collecting are those that collect
	// money for orders.
	Noticing, Collecting map[string]checkout.Provider
	// Till is the sandbox provider's own page; nil serves none.
	Till           Till
	Dev            bool                // serves the sandbox and clock operations, and cookies over plain HTTP
	DemoLogins     []DemoLogin         // offered by the sign-in page in dev
	Version        string              // of the build, for the OpenAPI file
	Console        fs.FS               // the built page; nil serves none
	Log            *slog.Logger        // nil discards
	Metrics        prometheus.Gatherer // what /metrics shows; with MetricsInto nil, a private registry
	MetricsInto    prometheus.Registerer
	TrustedProxies []string      // whose X-Forwarded-For is believed; none by default
	ReadWithin     time.Duration // how long a request that changes nothing may work; 30 s unless set
}

// Server serves the API, the console and the probes.
type Server struct {
	deps    Deps
	store   Store
	log     *slog.Logger
	router  *gin.Engine
	api     huma.API
	metrics *metrics
	logins  *loginGuard
	links   *loginGuard
	hub     *hub
}

// New builds the router with every operation registered.
func New(deps Deps) (*Server, error) {
	if deps.Store == nil || deps.Clock == nil || deps.Ready == nil || deps.Unavailable == nil || deps.BadValue == nil || deps.Organization == nil {
		return nil, errors.New("make the API: store, clock, organization, readiness and error classes are required")
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.MetricsInto == nil {
		registry := prometheus.NewRegistry()
		deps.MetricsInto, deps.Metrics = registry, registry
	}
	if deps.ReadWithin == 0 {
		deps.ReadWithin = slowestRead
	}
	s := &Server{deps: deps, store: deps.Store, log: deps.Log, logins: newLoginGuard(), links: newLoginGuard()}
	s.metrics = newMetrics(deps.MetricsInto)
	s.hub = newHub(deps.Store, deps.Log)
	if err := s.buildRouter(); err != nil {
		return nil, err
	}
	s.registerAll()
	s.serveOutsideBase()
	return s, nil
}

// Handler gives the whole HTTP surface.
func (s *Server) Handler() http.Handler { return s.router }

// OpenAPI gives the description of every operation.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.api.OpenAPI() }

// Run keeps the event streams fed until the context ends.
func (s *Server) Run(ctx context.Context) { s.hub.run(ctx) }

// Drain ends the event streams, so that a graceful stop need not wait for clients to leave.
func (s *Server) Drain() { s.hub.drain() }

type contextKey int

const (
	scopeKey contextKey = iota
	requestIDKey
)

// scopeOf gives the caller of the operation; a public one has no grants and no organization.
func scopeOf(ctx context.Context) access.Scope {
	scope, _ := ctx.Value(scopeKey).(access.Scope)
	return scope
}

// systemScope is the scope of a caller that proved itself without a session, such as a payment provider.
func (s *Server) systemScope(ctx context.Context) (access.Scope, error) {
	orgID, err := s.deps.Organization(ctx)
	if err != nil {
		return access.Scope{}, err
	}
	scope := access.ForSystem(orgID)
	scope.RequestID = requestIDOf(ctx)
	return scope, nil
}

// requestIDOf gives the id that ties answer, log and audit together.
func requestIDOf(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

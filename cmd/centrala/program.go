package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // files in a folder
	"golang.org/x/sync/errgroup"

	"centrala"
	"centrala/asking"
	"centrala/auth"
	"centrala/bot"
	"centrala/channels"
	"centrala/channels/allegro/signin"
	"centrala/channels/email"
	"centrala/channels/email/oauth"
	"centrala/channels/naming"
	"centrala/channels/receipts"
	"centrala/gateway"
	"centrala/gateway/hooks"
	"centrala/gateway/rest"
	"centrala/routing"
	"centrala/search"
	"centrala/search/bleve"
	"centrala/store"
	"centrala/store/library"
	"centrala/stream"
	"centrala/survey"
	"centrala/watch"
	"centrala/watch/otlp"
)

// complete fills what follows from other keys, and refuses what cannot be.
func (c *Config) complete() error {
	abs, err := filepath.Abs(c.Data)
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	c.Data = abs
	set := func(to *string, v string) {
		if *to == "" {
			*to = v
		}
	}
	set(&c.Database, "sqlite:"+filepath.Join(c.Data, "centrala.db"))
	set(&c.KeyFile, filepath.Join(c.Data, "key"))
	set(&c.Blobs, "file://"+filepath.ToSlash(filepath.Join(c.Data, "files"))+"?create_dir=true&no_tmp_dir=true&metadata=skip")
	if host, err := os.Hostname(); err == nil {
		set(&c.Stream.Node, host)
	}
	set(&c.Stream.Node, "centrala")
	if c.Locale != "pl" && c.Locale != "en" {
		return fmt.Errorf("locale: %q is neither pl nor en", c.Locale)
	}
	if !(c.Suggest.Held >= 0 && c.Suggest.Held <= asking.MaxHeld) {
		return fmt.Errorf("suggest.held: %v is not a share from 0 to %v", c.Suggest.Held, asking.MaxHeld)
	}
	if (c.HTTP.TLSCert == "") != (c.HTTP.TLSKey == "") {
		return errors.New("http.tls_cert and http.tls_key go together")
	}
	return nil
}

// Flags are what a run is told beside its configuration.
type Flags struct {
	NoLimits bool
	Demo     bool
}

// Program is centrala at work: every room, wired. Open makes it, Serve runs it, Close ends it.
type Program struct {
	cfg   *Config
	flags Flags
	log   *slog.Logger
	start time.Time

	keys      *Keys
	db        *store.DB
	bus       *stream.Bus
	engine    *bleve.Engine
	library   *library.Library
	help      *search.HelpCentre
	far       *search.HelpCentre // over the index on a server; nil: there is none
	follower  *search.Follower   // of that index
	preferred *search.Preferred  // the same, as it is asked
	indexes   *indexes
	life      context.Context // ends when the program is closed
	endLife   context.CancelFunc
	blobs     *blob.Bucket
	guard     *auth.Guard
	site      auth.Site
	gateway   *gateway.Gateway
	board     *channels.Board
	mail      *email.Channel
	lines     []channels.Channel // all of them, mail too
	tokens    *oauth.Tokens

	devices *signin.Devices

	discarding sync.WaitGroup // files that are being deleted
	desk       *routing.Desk
	asker      *survey.Asker
	bot        *bot.Bot
	scribe     rest.Scribe // nil: nothing drafts
	courier    *channels.Courier
	handler    http.Handler

	exchange  *channels.Exchange
	receipts  *receipts.Teller
	settling  *settling
	templates templates
	hooks     *hooks.Handler
	came      murmur        // of hooks, to the other nodes
	articles  chan struct{} // rung when one was changed on another node, or here in a cluster

	tracer    watch.Tracer // nil: nothing is traced
	endTraces func(context.Context) error
	doors     map[string]*door
	tally     tally
	requests  *turnstile

	listener net.Listener
	Base     string // the address people reach it under
}

// Open opens every room and joins them. What it prints to the log names the part that failed.
func Open(ctx context.Context, cfg *Config, flags Flags, log *slog.Logger) (*Program, error) {
	p := &Program{cfg: cfg, flags: flags, log: log, start: time.Now(), board: &channels.Board{}, articles: make(chan struct{}, 1)}
	p.life, p.endLife = context.WithCancel(context.WithoutCancel(ctx))
	if err := p.open(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, p.wire()
}

// open opens what keeps things: key, database, stream, index, files. They do not wait for
// each other.
func (p *Program) open(ctx context.Context) (err error) {
	if p.keys, err = LoadKeys(p.cfg.KeyFile); err != nil {
		return err
	}
	if p.listener, err = net.Listen("tcp", p.cfg.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if err := p.names(); err != nil {
		return err
	}
	var rooms errgroup.Group
	if otlp.Wanted(p.cfg.Trace.Endpoint) {
		t, err := otlp.Open(ctx, p.cfg.Trace.Endpoint, version, p.cfg.Stream.Node)
		if err != nil {
			return err
		}
		p.tracer, p.endTraces = t, t.Close
	}
	p.doors = map[string]*door{}
	for _, way := range []string{bySocket, byREST, byMail, byForm, byHook} {
		p.doors[way] = newDoor(way, p.tracer)
	}
	rooms.Go(func() (err error) {
		p.db, err = store.Open(ctx, p.cfg.Database, store.Options{Log: p.log, Seal: p.keys, Node: p.cfg.Stream.Node, Tracer: p.tracer,
			Courtesy: routing.Courtesy{Locale: p.cfg.Locale, Base: p.Base}, Flood: p.cfg.Mail.Flood, Files: keeper(p.cfg.Blobs), Discard: p.discard})
		return err
	})
	rooms.Go(func() (err error) {
		c := stream.Config{Node: p.cfg.Stream.Node, Log: p.log, Graveyard: later{p}, URL: p.cfg.Stream.URL, Replicas: p.cfg.Stream.Replicas, Tracer: p.tracer}
		if c.URL == "" {
			c.Dir = filepath.Join(p.cfg.Data, "stream")
		}
		p.bus, err = stream.Open(ctx, c)
		return err
	})
	rooms.Go(func() (err error) {
		p.engine, err = bleve.Open(filepath.Join(p.cfg.Data, "index"), p.log)
		return err
	})
	rooms.Go(func() (err error) {
		p.blobs, err = blob.OpenBucket(ctx, p.cfg.Blobs)
		if err != nil {
			return fmt.Errorf("open the files: %w", err)
		}
		return nil
	})
	return rooms.Wait()
}

// later lets the stream be opened beside the database that takes its dead letters.
type later struct{ p *Program }

// Bury implements stream.Graveyard.
func (l later) Bury(ctx context.Context, d centrala.DeadLetter) error { return l.p.db.Bury(ctx, d) }

// names works out what the server is called.
func (p *Program) names() error {
	scheme := "http"
	if p.cfg.HTTP.TLSCert != "" {
		scheme = "https"
	}
	host := p.listener.Addr().String()
	if tcp, ok := p.listener.Addr().(*net.TCPAddr); ok && (tcp.IP.IsLoopback() || tcp.IP.IsUnspecified()) {
		host = fmt.Sprintf("localhost:%d", tcp.Port)
	}
	p.Base = strings.TrimRight(p.cfg.URL, "/")
	if p.Base == "" {
		p.Base = scheme + "://" + host
	}
	base, err := url.Parse(p.Base)
	if err != nil || base.Host == "" {
		return fmt.Errorf("url: %q is not an address such as https://pomoc.example.com", p.cfg.URL)
	}
	p.site = auth.Site{Base: base, Hosts: p.cfg.HTTP.Hosts}
	for _, s := range p.cfg.HTTP.Proxies {
		prefix, err := netip.ParsePrefix(s)
		if err != nil {
			return fmt.Errorf("http.trusted_proxies: %q is not a network such as 10.0.0.0/8", s)
		}
		p.site.Proxies = append(p.site.Proxies, prefix)
	}
	return nil
}

// wire is the picture of docs/architecture.md: what is committed is told to whoever is
// connected and to the stream; what is on the stream is worked on.
func (p *Program) wire() error {
	db := p.db
	p.guard = auth.New(db, p.keys.Tokens, auth.Options{Now: db.Now, NoLimits: p.flags.NoLimits})
	p.library = library.New(db)
	if err := p.openHelp(); err != nil {
		return err
	}
	providers, err := p.cfg.OAuth.providers()
	if err != nil {
		return err
	}
	p.tokens = oauth.New(oauth.Config{Providers: providers, Keeper: db, Log: p.log})
	p.mail = email.New(email.Config{Secret: p.keys.Replies, Blobs: p.blobs, Board: p.board, Log: p.log, Timeout: p.cfg.Mail.Timeout, SignIn: p.tokens,
		Connections: p.cfg.Mail.Connections, Every: p.cfg.Mail.Every})
	if err := p.openBot(); err != nil {
		return err
	}
	p.gateway = gateway.New(gateway.Config{Log: accepted{db, p.doors[bySocket]}, Lists: db, Floor: db, House: db, Surveys: db, Bot: p.bot, Suggester: p.help, Shelf: p.library, Questions: p.library, Guard: p.guard, HoldOut: p.holdOut(),
		Logger: p.log, Site: p.site, Question: p.question, Epoch: db.Epoch(), Cluster: p.clustered(), Now: db.Now, Peers: p.peers(), NoLimits: p.flags.NoLimits})

	p.desk = routing.New(routing.Config{Log: db, House: db, Promises: db, Now: db.Now, Locale: p.cfg.Locale, Logger: p.log})
	p.lines = p.openLines()
	p.courier = channels.NewCourier(channels.CourierConfig{Log: db, Doors: db, Senders: able[channels.Sender](p.lines), Board: p.board, Logger: p.log, Now: db.Now, Timeout: p.cfg.Mail.Timeout})
	p.exchange = channels.NewExchange(channels.ExchangeConfig{Doors: db, Intake: p.helped(byMail), Leases: db, Node: p.cfg.Stream.Node,
		Released: func() { p.bus.Say(onDoors, nil) }, Listeners: able[channels.Listener](p.lines), Readers: able[channels.Reader](p.lines),
		Shelf: accepted{db, p.doors[byHook]}, Media: db, Files: p.blobs, Board: p.board, Log: p.log, Beside: &naming.Asker{Shelf: db, Board: p.board, Log: p.log, Now: db.Now}})
	p.receipts = receipts.New(db, able[channels.Receipts](p.lines), p.log)
	p.openHooks()
	p.settling = p.newSettling()
	asker, err := survey.New(p.surveyConfig())
	if err != nil {
		return err
	}
	p.asker = asker

	db.OnCommit(p.committed) // customers and agents on this node, at once
	db.OnCommit(p.offer)     // and the stream, in commit order
	db.OnRead(p.receipts.Note)

	p.bus.Relay(db)
	p.bus.Work("routing", routing.Events(), p.desk.Handle)
	p.bus.Work("deliver", []centrala.EventType{centrala.DeliveryUpdated}, p.courier.Handle)
	p.bus.Work("search", []centrala.EventType{centrala.ArticleSaved, centrala.ArticleRemoved, centrala.ArticleWords}, p.follow)
	p.bus.Work("deflection", library.Contacts(), p.library.Handle)
	if p.cfg.Survey.Enabled {
		p.bus.Work("survey", survey.Events(), p.asker.Handle)
	}
	p.bus.Work("bot", bot.Events(), p.bot.Handle)
	p.bus.Live(func(e centrala.Event) { p.shown(e, func() { p.gateway.Handle(e) }) })
	p.bus.OnGap(p.gateway.Gap)
	p.confer()
	return p.edge()
}

// clustered reports whether there may be other nodes.
func (p *Program) clustered() bool { return p.cfg.Stream.URL != "" }

func (p *Program) offer(commits []centrala.Commit) {
	events := make([]centrala.Event, len(commits))
	for i, c := range commits {
		events[i] = c.Event
		if p.clustered() {
			p.shelve(c.Event)
		}
	}
	p.bus.Offer(events)
}

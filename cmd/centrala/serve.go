package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
	_ "time/tzdata" // office hours need the zones, also where the system has none

	"golang.org/x/sync/errgroup"

	"centrala/channels"
)

// ServeCmd runs the server.
type ServeCmd struct {
	Listen   string `help:"Address to listen on; overrides the configuration."`
	NoLimits bool   `help:"Switch the rate limits off, for load tests on a loopback address."`
}

// Run implements the command.
func (s *ServeCmd) Run(ctx context.Context, cli *CLI) error {
	cfg, err := cli.load()
	if err != nil {
		return err
	}
	if s.Listen != "" {
		cfg.Listen = s.Listen
	}
	if s.NoLimits && !loopback(cfg.Listen) {
		return errors.New("--no-limits is for load tests on a loopback address")
	}
	log, err := cfg.logger()
	if err != nil {
		return err
	}
	p, err := Open(ctx, cfg, Flags{NoLimits: s.NoLimits}, log)
	if err != nil {
		return err
	}
	if err := p.mailboxes(ctx); err != nil {
		return errors.Join(err, p.Close())
	}
	if agents, err := p.db.Agents(ctx); err == nil && len(agents) == 0 {
		log.Warn("nobody can sign in yet; make the first account with: centrala agent add --role admin --email YOU@EXAMPLE.COM --name YOU")
	}
	log.Info("centrala is open", "address", p.Base, "listen", p.listener.Addr().String(), "version", version, "took", time.Since(p.start).Round(time.Millisecond))
	return p.Serve(ctx)
}

// loopback reports whether an address to listen on can only be reached from this machine.
func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// How often the slow sweeps look for what an event missed, and how long a polite end may take.
const (
	deskEvery = 2 * time.Second
	ringEvery = 5 * time.Second
	keepEvery = time.Minute
	slowEvery = 30 * time.Second

	measureEvery = 5 * time.Minute

	// settleAfter is when what the start needed and nothing else does, such as building the
	// index, is given back to the system.
	settleAfter = 15 * time.Second
	politeEnd   = 20 * time.Second
)

// pace is how often to look for what is due after a while: often enough to keep its time.
func pace(after time.Duration) time.Duration { return min(slowEvery, max(after/2, time.Second)) }

// Serve works until ctx ends or something fails that cannot be mended, then closes.
func (p *Program) Serve(ctx context.Context) error {
	if err := p.bus.Start(ctx); err != nil {
		return errors.Join(fmt.Errorf("start the stream: %w", err), p.Close())
	}
	work, stop := context.WithCancel(ctx)
	defer stop()
	g, work := errgroup.WithContext(work)
	carrier := channels.NewCarrier(channels.CarrierConfig{Log: p.db, Logger: p.log, After: p.cfg.Chat.CarryOn, Every: pace(p.cfg.Chat.CarryOn)})
	g.Go(func() error { return p.exchange.Run(work) })
	g.Go(func() error { return p.courier.Run(work) })
	g.Go(func() error { return p.settling.Run(work) })
	g.Go(func() error { return p.devices.Run(work) })
	g.Go(func() error { return p.receipts.Run(work) })
	g.Go(func() error { return carrier.Run(work) })
	g.Go(func() error { return p.sweep(work, "queue", deskEvery, nil, p.desk.Sweep) })
	g.Go(func() error { return p.sweep(work, "early news", time.Hour, nil, p.db.SweepEarly) })
	g.Go(func() error { return p.sweep(work, "promises", ringEvery, nil, p.desk.Ring) })
	if p.cfg.Survey.Enabled {
		g.Go(func() error { return p.sweep(work, "surveys", pace(p.cfg.Survey.MailAfter), nil, p.asker.Sweep) })
	}
	g.Go(func() error { return p.sweep(work, "the bot's turns", ringEvery, nil, p.bot.Sweep) })
	g.Go(func() error { return p.sweep(work, "hooks", keepEvery, nil, p.sweepHooks) })
	g.Go(func() error { return p.sweep(work, "index", slowEvery, p.articles, p.help.Sync) })
	if p.far != nil {
		g.Go(func() error { return p.follower.Run(work) })
	}
	g.Go(func() error { return p.sweep(work, "articles", slowEvery, nil, p.library.PublishDue) })
	g.Go(func() error { return p.sweep(work, "deflection", measureEvery, nil, p.measured) })
	g.Go(func() error {
		select {
		case err := <-p.db.Fatal():
			return err
		case <-work.Done():
			return nil
		}
	})
	settled := time.AfterFunc(settleAfter, debug.FreeOSMemory)
	defer settled.Stop()
	server := p.server()
	p.leaveAddress()
	g.Go(func() error { return p.listen(server) })
	g.Go(func() error {
		<-work.Done()
		return p.shutdown(server)
	})
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, p.Close())
}

// sweep calls f again and again, and whenever it is woken; what goes wrong is logged and tried
// again.
func (p *Program) sweep(ctx context.Context, what string, every time.Duration, wake <-chan struct{}, f func(context.Context) error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := f(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("sweep", "of", what, "err", err)
		}
		select {
		case <-tick.C:
		case <-wake:
		case <-ctx.Done():
			return nil
		}
	}
}

// addressFile is where a running server leaves its address, for the commands beside it.
func addressFile(cfg *Config) string { return filepath.Join(cfg.Data, "address") }

// leaveAddress writes down where this server listens. That it cannot only costs the doctor.
func (p *Program) leaveAddress() {
	scheme := "http"
	if p.cfg.HTTP.TLSCert != "" {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(p.listener.Addr().String())
	if err == nil && net.ParseIP(host).IsUnspecified() {
		host = "localhost"
	}
	if err == nil {
		err = os.WriteFile(addressFile(p.cfg), []byte(scheme+"://"+net.JoinHostPort(host, port)+"\n"), 0o600)
	}
	if err != nil {
		p.log.Warn("the address could not be left in the data folder", "err", err)
	}
}

// server is the HTTP server. Its limits leave uploads and WebSockets room and idle strangers
// none.
func (p *Program) server() *http.Server {
	return &http.Server{
		Handler: p.handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute, WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
}

func (p *Program) listen(s *http.Server) error {
	var err error
	if p.cfg.HTTP.TLSCert != "" {
		c, unreadable := loadCertificate(p.cfg.HTTP.TLSCert, p.cfg.HTTP.TLSKey, p.log, time.Now)
		if unreadable != nil {
			return fmt.Errorf("serve: %w", unreadable)
		}
		s.TLSConfig = &tls.Config{GetCertificate: c.For}
		err = s.ServeTLS(p.listener, "", "")
	} else {
		err = s.Serve(p.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}

// shutdown follows the water: the sockets are told to come back, then no new request comes in.
func (p *Program) shutdown(s *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), politeEnd)
	defer cancel()
	return errors.Join(p.gateway.Close(ctx), s.Shutdown(ctx))
}

// Close lets go of everything that Open took, in the order of the water: the stream's handlers
// finish what they hold, what is not sent stays a row, and the database is last.
func (p *Program) Close() error {
	var errs []error
	if p.listener != nil {
		_ = p.listener.Close() // closed already after a server ran on it
	}
	if p.gateway != nil {
		ctx, cancel := context.WithTimeout(context.Background(), politeEnd)
		errs = append(errs, p.gateway.Close(ctx))
		cancel()
	}
	if p.bus != nil {
		errs = append(errs, p.bus.Close())
	}
	p.endLife()
	if p.indexes != nil {
		p.indexes.work.Wait()
	}
	if p.engine != nil {
		errs = append(errs, p.engine.Close())
	}
	if p.db != nil {
		errs = append(errs, p.db.Close())
	}
	p.discarding.Wait()
	if p.blobs != nil {
		errs = append(errs, p.blobs.Close())
	}
	if p.endTraces != nil {
		ctx, cancel := context.WithTimeout(context.Background(), politeEnd)
		if err := p.endTraces(ctx); err != nil {
			p.log.Warn("the last spans could not be sent", "err", err)
		}
		cancel()
		p.endTraces = nil
	}
	return errors.Join(errs...)
}

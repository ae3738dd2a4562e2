package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// nowhere is an address where nobody listens.
const nowhere = "127.0.0.1:1"

// NATSConfig says what a NATS is for.
type NATSConfig struct {
	Dir     string    // an existing folder; each server gets one inside
	Servers int       // 1, or 3 for a cluster
	Binary  string    // "": nats-server beside this program, else on the path
	Log     io.Writer // what the servers say; nil: only errors quote the last of it
}

// A NATS is one NATS server with JetStream, or a cluster of them on one machine. Between the
// servers of a cluster are links, so that one of them can be cut off from the others. The
// methods are for one goroutine at a time.
type NATS struct {
	c       NATSConfig
	servers []*natsServer
}

// natsServer is one server; its addresses stay the same in all its lives.
type natsServer struct {
	name, config           string
	client, route, monitor string
	toward                 []*Link // from this one to each other, nil to itself
	p                      *process
}

// StartNATS starts the servers and waits until JetStream works. The caller stops them.
func StartNATS(ctx context.Context, c NATSConfig) (*NATS, error) {
	if c.Binary == "" {
		found, err := beside("nats-server")
		if err != nil {
			return nil, fmt.Errorf("no NATS server to start: %w (go build -o bin/ github.com/nats-io/nats-server/v2 makes one)", err)
		}
		c.Binary = found
	}
	n := &NATS{c: c}
	if err := n.lay(); err != nil {
		return nil, errors.Join(err, n.Stop())
	}
	for i := range n.servers {
		if err := n.spawn(i); err != nil {
			return nil, errors.Join(err, n.Stop())
		}
	}
	if err := n.Await(ctx); err != nil {
		return nil, errors.Join(err, n.Stop())
	}
	return n, nil
}

// lay gives the servers their addresses, the links between them and their configuration.
func (n *NATS) lay() error {
	for i := range n.c.Servers {
		s := &natsServer{name: "nats-" + strconv.Itoa(i)}
		for _, addr := range []*string{&s.client, &s.route, &s.monitor} {
			var err error
			if *addr, err = FreeAddress(); err != nil {
				return err
			}
		}
		n.servers = append(n.servers, s)
	}
	for i, s := range n.servers {
		var routes []string
		for j, other := range n.servers {
			if i == j {
				s.toward = append(s.toward, nil)
				continue
			}
			k, err := NewLink(func() string { return other.route }, uint64(i*len(n.servers)+j))
			if err != nil {
				return err
			}
			s.toward = append(s.toward, k)
			routes = append(routes, "nats://"+k.Addr())
		}
		dir := filepath.Join(n.c.Dir, s.name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		s.config = filepath.Join(dir, "nats.conf")
		// Without the pings a server takes minutes to see that another one says nothing any more, and
		// sends it a share of the work meanwhile.
		text := fmt.Sprintf("server_name: %s\nlisten: %q\nhttp: %q\nping_interval: \"5s\"\nping_max: 2\njetstream { store_dir: %q }\n", s.name, s.client, s.monitor, filepath.Join(dir, "js"))
		if len(routes) > 0 {
			// The servers tell each other where new ones are, and connect to them: without another address,
			// where nobody is, that would be past the links, and who is cut off would be so in part only.
			// no_advertise keeps clients from being told of other servers.
			text += fmt.Sprintf("cluster { name: lab, listen: %q, advertise: %q, no_advertise: true, routes: [ %s ] }\n", s.route, nowhere, strings.Join(routes, ", "))
		}
		if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// URL is what a client connects to: all servers.
func (n *NATS) URL() string {
	var all []string
	for _, s := range n.servers {
		all = append(all, "nats://"+s.client)
	}
	return strings.Join(all, ",")
}

// URLOf is server i with the others behind it, so that clients of different nodes begin at
// different servers.
func (n *NATS) URLOf(i int) string {
	var all []string
	for j := range n.servers {
		all = append(all, "nats://"+n.servers[(i+j)%len(n.servers)].client)
	}
	return strings.Join(all, ",")
}

// Kill ends server i without a word.
func (n *NATS) Kill(i int) error { return n.servers[i].p.kill() }

// Start starts server i again and waits until it works with the others.
func (n *NATS) Start(ctx context.Context, i int) error {
	if err := n.spawn(i); err != nil {
		return err
	}
	return n.Await(ctx)
}

// Isolate cuts server i off from the others, in both directions; its clients stay with it.
// Nothing passes and nothing ends, as when a cable is pulled. Join heals it.
func (n *NATS) Isolate(i int) { n.between(i, Weather{Swallow: true}) }

// Join ends what Isolate began: what was open meanwhile is broken, and the servers connect anew.
func (n *NATS) Join(i int) {
	n.between(i, Weather{})
	for _, k := range n.around(i) {
		k.CutAll()
	}
}

func (n *NATS) between(i int, w Weather) {
	for _, k := range n.around(i) {
		k.Set(w)
	}
}

// around are the links to and from server i.
func (n *NATS) around(i int) (links []*Link) {
	for j, s := range n.servers {
		if j != i {
			links = append(links, s.toward[i], n.servers[i].toward[j])
		}
	}
	return links
}

// Await waits until every server says that it is healthy: JetStream is up, knows its leader
// and has caught up.
func (n *NATS) Await(ctx context.Context) error {
	for _, s := range n.servers {
		if err := s.p.await(ctx, 20*time.Millisecond, s.healthy); err != nil {
			return err
		}
	}
	return nil
}

func (s *natsServer) healthy(ctx context.Context) error {
	return green(ctx, "http://"+s.monitor+"/healthz")
}

// Stop ends the servers and the links. It may be called twice.
func (n *NATS) Stop() error {
	var errs []error
	for _, s := range n.servers {
		if s.p != nil && !s.p.ended() {
			errs = append(errs, s.p.signal(syscall.SIGTERM))
		}
	}
	for _, s := range n.servers {
		if s.p != nil {
			<-s.p.done
		}
		for _, k := range s.toward {
			if k != nil {
				errs = append(errs, k.Close())
			}
		}
		s.toward = nil
	}
	return errors.Join(errs...)
}

func (n *NATS) spawn(i int) (err error) {
	s := n.servers[i]
	s.p, err = spawn(s.name, exec.Command(n.c.Binary, "-c", s.config), n.c.Log)
	return err
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"centrala/lab"
)

// A House is what is tortured: a server, or several that are one.
type House interface {
	Start(context.Context) error
	Stop() error
	Addr() string // of a server that lives, by chance
	Lives() int   // how often a server was started
}

// Kinds of house.
const (
	onSQLite   = "sqlite"   // one node, everything embedded
	onPostgres = "postgres" // one node on PostgreSQL with a synchronous standby
	onCluster  = "cluster"  // three nodes, PostgreSQL with a standby, three NATS servers
)

// premises is a House of this machine, made of real programs, and what is around it.
type premises struct {
	kind, binary, dir string
	log               io.Writer
	small             bool // its data lie on a small disk
	mail              bool // it has a mailbox

	disk *lab.Disk
	pg   *lab.Postgres
	nats *lab.NATS
	post *post

	mu     sync.Mutex
	random *rand.Rand
	nodes  []*lab.Node
	down   map[*lab.Node]bool
	chosen *lab.Node // the only one that people are sent to; nil: any
}

// patience is how long the house waits for a mail server.
const patience = 3 * time.Second

// diskSize is that of a small disk: large enough for a run, small enough to be filled at once.
const diskSize = 512 << 20

// Start implements House.
func (h *premises) Start(ctx context.Context) error {
	h.down = map[*lab.Node]bool{}
	data := filepath.Join(h.dir, "data")
	err := os.MkdirAll(data, 0o755)
	if err == nil && h.small {
		if h.disk, err = lab.NewDisk(data, diskSize); err == nil {
			data = filepath.Join(h.disk.Dir, "house")
		}
	}
	if err == nil && h.mail {
		h.post, err = openPost(ctx, h.dir, h.log)
	}
	env := []string{"CENTRALA_MAIL_TIMEOUT=" + patience.String(), "CENTRALA_MAIL_DOMAIN_EVERY=0s", "CENTRALA_MAIL_FLOOD=-1", "CENTRALA_LOG_LEVEL=warn"}
	if err == nil && h.post != nil {
		var box string
		box, err = h.post.mailbox()
		env = append(env, "CENTRALA_MAILBOX="+box)
	}
	if err == nil && h.kind != onSQLite {
		if err = os.Chmod(h.dir, 0o755); err == nil { // for PostgreSQL's user
			err = h.startPostgres(ctx)
		}
		if err == nil {
			env = append(env, "CENTRALA_DATABASE="+h.pg.Address("centrala"))
		}
	}
	if err != nil {
		return errors.Join(err, h.Stop())
	}
	if h.kind == onCluster {
		err = h.startCluster(ctx, data, env)
	} else {
		err = h.enter(ctx, &lab.Node{Binary: h.binary, Data: data, Log: h.log, Env: env})
	}
	if err != nil {
		return errors.Join(err, h.Stop())
	}
	return nil
}

func (h *premises) startPostgres(ctx context.Context) (err error) {
	dir := filepath.Join(h.dir, "pg")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if h.pg, err = lab.StartPostgres(ctx, lab.PostgresConfig{Dir: dir, Standby: true, Log: h.log}); err != nil {
		return err
	}
	return h.pg.Do(ctx, "CREATE DATABASE centrala")
}

func (h *premises) startCluster(ctx context.Context, data string, env []string) (err error) {
	dir := filepath.Join(h.dir, "nats")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if h.nats, err = lab.StartNATS(ctx, lab.NATSConfig{Dir: dir, Servers: 3, Log: h.log}); err != nil {
		return err
	}
	env = append(env, "CENTRALA_KEY_FILE="+filepath.Join(data, "key"), "CENTRALA_STREAM_REPLICAS=3",
		"CENTRALA_BLOBS=file://"+filepath.Join(data, "files")+"?create_dir=true&no_tmp_dir=true&metadata=skip")
	for i := range 3 {
		name := "node-" + strconv.Itoa(i)
		own := append(append([]string{}, env...), "CENTRALA_STREAM_NODE="+name, "CENTRALA_STREAM_URL="+h.nats.URLOf(i))
		if err := h.enter(ctx, &lab.Node{Binary: h.binary, Data: filepath.Join(data, name), Log: h.log, Env: own}); err != nil {
			return err
		}
	}
	return nil
}

// enter starts a node for the first time.
func (h *premises) enter(ctx context.Context, n *lab.Node) error {
	if err := n.Start(ctx); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.nodes = append(h.nodes, n)
	return nil
}

// Stop implements House.
func (h *premises) Stop() error {
	var errs []error
	for _, n := range h.nodes {
		errs = append(errs, n.Stop())
	}
	if h.nats != nil {
		errs = append(errs, h.nats.Stop())
	}
	if h.pg != nil {
		errs = append(errs, h.pg.Stop())
	}
	if h.post != nil {
		errs = append(errs, h.post.close())
	}
	if h.disk != nil {
		errs = append(errs, h.disk.Close())
	}
	return errors.Join(errs...)
}

// Addr implements House.
func (h *premises) Addr() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.chosen != nil {
		return h.chosen.Addr
	}
	var alive []*lab.Node
	for _, n := range h.nodes {
		if !h.down[n] {
			alive = append(alive, n)
		}
	}
	if len(alive) == 0 {
		alive = h.nodes // nobody answers there, as it is
	}
	return alive[h.random.IntN(len(alive))].Addr
}

// Lives implements House.
func (h *premises) Lives() (n int) {
	for _, node := range h.nodes {
		n += node.Lives
	}
	return n
}

// any is one of the nodes, by chance.
func (h *premises) any() *lab.Node {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.nodes[h.random.IntN(len(h.nodes))]
}

// fell notes that people cannot be sent to a node, or can again.
func (h *premises) fell(n *lab.Node, down bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down[n] = down
}

// only sends everybody who comes from now on to one node, or with nil to any.
func (h *premises) only(n *lab.Node) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.chosen = n
}

// again starts a node that has ended.
func (h *premises) again(ctx context.Context, n *lab.Node) error {
	h.fell(n, true)
	if len(h.nodes) > 1 { // the others have to do without it for a while
		if err := lab.Rest(ctx, 2*time.Second); err != nil {
			return err
		}
	}
	err := n.Start(ctx)
	h.fell(n, false)
	return err
}

// A post is the mail around a house: the mailbox, the server that takes what leaves, and the
// relays through which the house reaches both.
type post struct {
	box        *lab.Dovecot
	sink       *lab.Sink
	imap, smtp *lab.Relay
}

func openPost(ctx context.Context, dir string, log io.Writer) (*post, error) {
	p := &post{}
	var err error
	if p.box, err = lab.StartDovecot(ctx, "", log); err == nil {
		p.sink, err = lab.StartSink(ctx, lab.SinkConfig{Dir: dir, Log: log})
	}
	if err == nil {
		p.imap, err = lab.NewIMAPRelay(p.box.Addr)
	}
	if err == nil {
		p.smtp, err = lab.NewSMTPRelay(p.sink.Addr)
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *post) close() error {
	var errs []error
	for _, r := range []*lab.Relay{p.imap, p.smtp} {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	if p.sink != nil {
		errs = append(errs, p.sink.Stop())
	}
	if p.box != nil {
		errs = append(errs, p.box.Close())
	}
	return errors.Join(errs...)
}

// helpdesk is the address that people write to.
const helpdesk = "pomoc@jarmark.test"

// mailbox is the door as the configuration describes it.
func (p *post) mailbox() (string, error) {
	box := map[string]any{"slug": "pomoc", "address": helpdesk, "from_name": "Pomoc", "side": "buyer",
		"imap_tls": "none", "imap_user": lab.DovecotUser, "imap_password": lab.DovecotPassword, "smtp_tls": "none"}
	for prefix, r := range map[string]*lab.Relay{"imap": p.imap, "smtp": p.smtp} {
		at, err := netip.ParseAddrPort(r.Addr())
		if err != nil {
			return "", err
		}
		box[prefix+"_host"], box[prefix+"_port"] = at.Addr().String(), at.Port()
	}
	b, err := json.Marshal([]any{box})
	return string(b), err
}

package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gocloud.dev/blob"

	"centrala"
	"centrala/channels/email"
	"centrala/search/bleve"
	"centrala/search/meilisearch"
	"centrala/store"
	"centrala/stream"
)

// DoctorCmd checks everything.
type DoctorCmd struct {
	Timeout time.Duration `default:"20s" help:"How long one mailbox may take."`
}

// finding is one thing that the doctor looked at: what is so, and what to do about it.
type finding struct {
	part, says, cure string
	ok               bool
}

// Run implements the command. It exits with 1 when anything is wrong.
func (d *DoctorCmd) Run(ctx context.Context, cli *CLI) error {
	faults := 0
	report := func(f finding) {
		mark := "ok"
		if !f.ok {
			mark = "FAULT"
			faults++
		}
		fmt.Fprintf(cli.Out, "%-6s %-14s %s\n", mark, f.part, f.says)
		if f.cure != "" {
			fmt.Fprintf(cli.Out, "%-6s %-14s → %s\n", "", "", f.cure)
		}
	}
	cfg, err := cli.load()
	if err != nil {
		report(finding{part: "configuration", says: err.Error(), cure: "centrala config lists every key with its default"})
		return errors.New("1 fault found")
	}
	report(finding{ok: true, part: "configuration", says: "read; data is kept in " + cfg.Data})
	report(dataFolder(cfg))
	keys, f := keyFile(cfg)
	report(f)
	running := d.running(cfg)
	if running != nil {
		report(*running)
	}
	if keys != nil {
		d.store(ctx, cfg, keys, report)
	}
	if running == nil {
		report(streamFinding(ctx, cfg))
		report(indexFinding(cfg))
	}
	if cfg.Search.Meilisearch.URL != "" {
		report(meilisearchFinding(ctx, cfg))
	}
	if faults > 0 {
		return fmt.Errorf("%d faults found", faults)
	}
	_, err = fmt.Fprintln(cli.Out, "Everything is in order.")
	return err
}

func dataFolder(cfg *Config) finding {
	f := finding{part: "data folder"}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		f.says, f.cure = err.Error(), "give the user of centrala a folder to write to, and name it with data or --data"
		return f
	}
	probe := filepath.Join(cfg.Data, ".doctor")
	err := os.WriteFile(probe, make([]byte, 1<<20), 0o600)
	if err := errors.Join(err, os.Remove(probe)); err != nil {
		f.says, f.cure = err.Error(), "free some space, or let the user of centrala write there"
		return f
	}
	f.ok, f.says = true, "can be written"
	if info, err := os.Stat(cfg.Data); err == nil && info.Mode().Perm()&0o077 != 0 {
		f.ok, f.says, f.cure = false, "others on this machine can look into it", "chmod 700 "+cfg.Data
	}
	return f
}

func keyFile(cfg *Config) (*Keys, finding) {
	keys, err := LoadKeys(cfg.KeyFile)
	if err != nil {
		return nil, finding{part: "key file", says: err.Error(), cure: "put the key file of this installation back from its backup; a new one cannot open stored passwords"}
	}
	if info, err := os.Stat(cfg.KeyFile); err == nil && info.Mode().Perm()&0o077 != 0 {
		return keys, finding{part: "key file", says: "others on this machine can read it", cure: "chmod 600 " + cfg.KeyFile}
	}
	return keys, finding{ok: true, part: "key file", says: cfg.KeyFile}
}

// running asks the server that may be at work with this data folder, or at the configured
// address; nil when there is none.
func (d *DoctorCmd) running(cfg *Config) *finding {
	if address, err := os.ReadFile(addressFile(cfg)); err == nil {
		if f := ask(strings.TrimSpace(string(address))); f != nil {
			return f
		}
	}
	return ask("http://" + cfg.Listen)
}

// ask asks a server how it is; nil when none answers.
func ask(base string) *finding {
	client := &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // it is this machine's own, asked by its address
	}}
	defer client.CloseIdleConnections()
	res, err := client.Get(base + "/readyz")
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	var v struct {
		Ready bool              `json:"ready"`
		Parts map[string]string `json:"parts"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&v); err != nil {
		return &finding{part: "server", says: "something else answers at " + base, cure: "end it, or choose another address with listen"}
	}
	var says []string
	for name, s := range v.Parts {
		says = append(says, name+": "+s)
	}
	f := &finding{ok: v.Ready, part: "server", says: "runs at " + base + ", " + strings.Join(says, ", ")}
	if !v.Ready {
		f.cure = "the parts above say why; the server's log says since when"
	}
	return f
}

// store looks at the database and at every door in it.
func (d *DoctorCmd) store(ctx context.Context, cfg *Config, keys *Keys, report func(finding)) {
	db, err := store.Open(ctx, cfg.Database, store.Options{Seal: keys, Guest: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		report(finding{part: "database", says: err.Error(), cure: "check the database key; for PostgreSQL that the server runs and lets this user in, for SQLite that the file can be written"})
		return
	}
	defer db.Close()
	if err := db.Ready(ctx); err != nil {
		report(finding{part: "database", says: err.Error(), cure: "the message above is the database's own"})
		return
	}
	report(finding{ok: true, part: "database", says: strings.SplitN(cfg.Database, ":", 2)[0] + ", schema up to date"})
	agents, err := db.Agents(ctx)
	switch {
	case err != nil:
		report(finding{part: "accounts", says: err.Error()})
	case len(agents) == 0:
		report(finding{part: "accounts", says: "nobody can sign in", cure: "centrala agent add --role admin --email YOU@EXAMPLE.COM --name YOU"})
	default:
		report(finding{ok: true, part: "accounts", says: fmt.Sprintf("%d", len(agents))})
	}
	d.doors(ctx, cfg, db, report)
}

// doors tries every mailbox, without fetching or sending anything.
func (d *DoctorCmd) doors(ctx context.Context, cfg *Config, db *store.DB, report func(finding)) {
	inboxes, err := db.Inboxes(ctx)
	if err != nil {
		report(finding{part: "doors", says: err.Error(), cure: "a secret that does not open needs the key file it was stored with"})
		return
	}
	bucket, err := blob.OpenBucket(ctx, cfg.Blobs)
	if err != nil {
		report(finding{part: "files", says: err.Error(), cure: "check the blobs key"})
		return
	}
	defer bucket.Close()
	report(finding{ok: true, part: "files", says: "can be opened"})
	line := email.New(email.Config{Secret: keysOf(cfg), Blobs: bucket})
	for _, in := range inboxes {
		if in.Channel != centrala.Email || !in.Enabled {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, d.Timeout)
		for _, x := range line.Test(ctx, in) {
			f := finding{ok: x.OK, part: in.Slug, says: x.Check + ": " + x.Text["en"]}
			if x.Cause != "" {
				f.says += " (" + x.Cause + ")"
			}
			report(f)
		}
		cancel()
	}
}

func keysOf(cfg *Config) []byte {
	keys, err := LoadKeys(cfg.KeyFile)
	if err != nil {
		return nil
	}
	return keys.Replies
}

func streamFinding(ctx context.Context, cfg *Config) finding {
	c := stream.Config{Node: cfg.Stream.Node + "-doctor", URL: cfg.Stream.URL, Replicas: cfg.Stream.Replicas}
	cure := "check that no other centrala uses this data folder"
	if c.URL == "" {
		c.Dir = filepath.Join(cfg.Data, "stream")
	} else {
		cure = "check stream.url, and that the NATS servers run with JetStream"
	}
	bus, err := stream.Open(ctx, c)
	if err == nil {
		err = bus.Close()
	}
	if err != nil {
		return finding{part: "stream", says: err.Error(), cure: cure}
	}
	return finding{ok: true, part: "stream", says: "opens"}
}

func indexFinding(cfg *Config) finding {
	engine, err := bleve.Open(filepath.Join(cfg.Data, "index"), slog.New(slog.DiscardHandler))
	if err == nil {
		err = engine.Close()
	}
	if err != nil {
		return finding{part: "search", says: err.Error(), cure: "remove the folder " + filepath.Join(cfg.Data, "index") + "; it is made anew from the articles"}
	}
	return finding{ok: true, part: "search", says: "the index opens"}
}

// meilisearchFinding asks the server that answers questions first. Without it the search goes on.
func meilisearchFinding(ctx context.Context, cfg *Config) finding {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var indexed map[centrala.ArticleID]int64
	o, err := cfg.meilisearch("doctor")
	if err == nil {
		indexed, err = meilisearch.New(o).Versions(ctx)
	}
	if err != nil {
		return finding{part: "meilisearch", says: err.Error(), cure: "until it answers the embedded index does; check search.meilisearch, and that the server runs"}
	}
	return finding{ok: true, part: "meilisearch", says: fmt.Sprintf("%d articles are in its index", len(indexed))}
}

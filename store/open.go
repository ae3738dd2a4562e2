// Package store is the only writer of centrala's database: SQLite by default, PostgreSQL by
// DSN. What people say is appended in group commits, once, in order, and is on disk before
// anyone is told so; everything else here is rows and queries around that log.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	_ "modernc.org/sqlite" // the SQLite driver

	"centrala"
	"centrala/store/engine"
	"centrala/watch"
)

//go:embed migrations
var migrations embed.FS

// Sealer encrypts the secrets that the database keeps: mailbox passwords, identity secrets.
type Sealer interface {
	Seal(plain []byte) ([]byte, error)
	Open(sealed []byte) ([]byte, error)
}

// Options are what Open needs beside the DSN. The zero value is ready, except that nothing
// secret can be stored without a Sealer.
type Options struct {
	Log  *slog.Logger
	Seal Sealer
	Now  func() time.Time // tests step the clock; nil: PostgreSQL's own, or this machine's
	Node string           // this process's name among the nodes, for the attempts to deliver

	Tracer   watch.Tracer // nil: nothing is traced
	Courtesy Courtesy     // nil: nothing is acknowledged
	Flood    int          // mails of one sender within ten minutes that blow their fuse; 0: manners.FloodMails, below: none do

	// Files makes what was written beside the database until now outlive a loss of power; it is
	// called before a commit that names files. nil: they do without.
	Files func() error

	// Discard is told of blobs that nothing names any more, once that is on disk. It is called on the
	// writer's goroutine and must not block. nil: they stay.
	Discard func(blobs []string)

	// Guest says that another process may own the database at the same time: how it was left
	// is neither judged nor noted. Commands beside a running server are guests.
	Guest bool
}

// DB is an open database. All methods are safe for concurrent use.
type DB struct {
	centrala.IDs

	dialect  engine.Dialect
	ro       *reader
	rw       *sql.DB // the writer's, one connection
	log      *slog.Logger
	seal     Sealer
	now      func() time.Time
	node     string
	tracer   watch.Tracer
	courtesy Courtesy
	flood    int
	files    func() error
	discard  func([]string)

	ops      chan *op
	onCommit []func([]centrala.Commit)
	onRead   func([]centrala.TeamRead)
	stop     context.CancelCauseFunc
	done     sync.WaitGroup
	fault    atomic.Pointer[error] // why writing does not work at the moment
	fatal    chan error
	failed   atomic.Bool // the disk did: nothing more is written
	longLog  atomic.Bool // the write-ahead log is to begin anew
	stats    stats
	guest    bool
	epoch    string
	marks    struct {
		sync.Mutex
		published []centrala.EventID
	}
}

// Open opens the database that dsn names, "sqlite:PATH" or "postgres://…", brings its schema
// up to date and starts the writer. Close must be called.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	d, source, err := parseDSN(dsn)
	if err != nil {
		return nil, err
	}
	db := &DB{
		dialect: d, log: o.Log, seal: o.Seal, now: o.Now, node: o.Node, tracer: o.Tracer, courtesy: o.Courtesy, flood: o.Flood, files: o.Files, discard: o.Discard, guest: o.Guest,
		ops: make(chan *op, 4*maxBatch), fatal: make(chan error, 1),
	}
	db.stats.batch, db.stats.commit = watch.Sizes(maxBatch), watch.Seconds()
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	if err := db.connect(ctx, source); err != nil {
		return nil, err
	}
	var theirs *clock
	switch {
	case db.now != nil:
	case d == engine.Postgres:
		theirs = databaseClock(db.ro.DB)
		if err := theirs.set(ctx); err != nil {
			return nil, errors.Join(err, db.ro.Close(), db.rw.Close())
		}
		db.now = theirs.now
	default:
		db.now = time.Now
	}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(err, db.ro.Close(), db.rw.Close())
	}
	if err := db.recover(ctx); err != nil {
		return nil, errors.Join(err, db.ro.Close(), db.rw.Close())
	}
	run, stop := context.WithCancelCause(context.Background())
	db.stop = stop
	db.done.Add(2)
	go db.writer(run)
	go db.keeper(run)
	if theirs != nil {
		db.done.Go(func() { theirs.follow(run) })
	}
	return db, nil
}

// errClosed is the cause of the end of the writer.
var errClosed = errors.New("the store is closed")

// Close ends the writer after what it holds is on disk, notes the clean end, and closes. On a
// disk that has failed nothing is noted: the next start finds that it was no clean end.
func (db *DB) Close() error {
	db.stop(errClosed)
	db.done.Wait()
	var err error
	if db.failed.Load() {
		_, _ = db.ro.Close(), db.rw.Close() // what they say is known
		return nil
	}
	if !db.guest {
		_, err = db.rw.Exec(`UPDATE meta SET value = 'yes' WHERE name = 'clean'`)
	}
	if db.dialect == engine.SQLite && err == nil && !db.guest {
		_, err = db.rw.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
	}
	return errors.Join(err, db.ro.Close(), db.rw.Close())
}

// Fatal receives the one error after which the process must end: the disk failed, and what
// it holds can no longer be vouched for.
func (db *DB) Fatal() <-chan error { return db.fatal }

func parseDSN(dsn string) (engine.Dialect, string, error) {
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok && path != "" {
		return engine.SQLite, path, nil
	}
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return engine.Postgres, dsn, nil
	}
	return 0, "", centrala.InvalidField("database", "The database is sqlite:PATH or postgres://…")
}

func (db *DB) connect(ctx context.Context, source string) error {
	driver, read, write := "pgx", source, source
	readers := 12
	if db.dialect == engine.SQLite {
		if err := engine.FoldInSQLite(); err != nil {
			return fmt.Errorf("teach the database Polish: %w", err)
		}
		if err := os.MkdirAll(filepath.Dir(source), 0o700); err != nil {
			return fmt.Errorf("make the database's folder: %w", err)
		}
		driver, readers = "sqlite", 4
		write = sqliteSource(source, "busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(0)", fmt.Sprintf("journal_size_limit(%d)", keptLog),
			"temp_store(MEMORY)", "foreign_keys(ON)", "cache_size(-8000)")
		read = sqliteSource(source, "busy_timeout(5000)", "query_only(ON)", "temp_store(MEMORY)", "cache_size(-2000)")
	}
	var err error
	if db.rw, err = sql.Open(driver, write); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	db.rw.SetMaxOpenConns(2) // the writer's own, and the keeper's
	if err := db.rw.PingContext(ctx); err != nil {
		return errors.Join(fmt.Errorf("open the database: %w", err), db.rw.Close())
	}
	db.ro = &reader{keeps: db.dialect == engine.SQLite, stmts: map[string]*sql.Stmt{}}
	if db.ro.DB, err = sql.Open(driver, read); err != nil {
		return fmt.Errorf("open the database for reading: %w", err)
	}
	db.ro.SetMaxOpenConns(readers)
	db.ro.SetMaxIdleConns(readers)
	return nil
}

func sqliteSource(path string, pragmas ...string) string {
	q := url.Values{}
	for _, p := range pragmas {
		q.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func (db *DB) migrate(ctx context.Context) error {
	dir, gooseDialect := "migrations/sqlite", goose.DialectSQLite3
	if db.dialect == engine.Postgres {
		dir, gooseDialect = "migrations/postgres", goose.DialectPostgres
	}
	sub, err := fs.Sub(migrations, dir)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	options := []goose.ProviderOption{goose.WithLogger(goose.NopLogger())}
	if db.dialect == engine.Postgres { // another node may be starting at the same moment
		alone, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
		if err != nil {
			return fmt.Errorf("migrations: %w", err)
		}
		options = append(options, goose.WithSessionLocker(alone))
	}
	p, err := goose.NewProvider(gooseDialect, db.rw, sub, options...)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the database up to date: %w", err)
	}
	return nil
}

// recover prepares for what an unclean end may have left: the stream may have lost its last
// seconds, so the last minute of events is marked to be published again.
func (db *DB) recover(ctx context.Context) error {
	_, err := db.rw.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('epoch', $1) ON CONFLICT (name) DO NOTHING`, strconv.FormatInt(db.NewID(), 36))
	if err != nil {
		return fmt.Errorf("name the log's history: %w", err)
	}
	if err := db.rw.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'epoch'`).Scan(&db.epoch); err != nil {
		return fmt.Errorf("read the log's history: %w", err)
	}
	if db.guest {
		return nil
	}
	var clean string
	err = db.rw.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'clean'`).Scan(&clean)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = db.rw.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('clean', 'no') ON CONFLICT (name) DO NOTHING`)
		return wrap(err, "mark the database as in use")
	}
	if err != nil {
		return fmt.Errorf("read how the database was left: %w", err)
	}
	if clean == "no" && db.dialect == engine.SQLite {
		_, err = db.rw.ExecContext(ctx, `INSERT INTO outbox (event, at)
			SELECT id, at FROM event WHERE id > $1 ON CONFLICT DO NOTHING`, centrala.FirstID(db.now().Add(-time.Minute)))
		if err != nil {
			return fmt.Errorf("mark the last minute for the stream: %w", err)
		}
	}
	_, err = db.rw.ExecContext(ctx, `UPDATE meta SET value = 'no' WHERE name = 'clean'`)
	return wrap(err, "mark the database as in use")
}

// Epoch names this log's history. It changes when a backup is restored, and positions in the
// log that were noted under another name mean nothing.
func (db *DB) Epoch() string { return db.epoch }

// NewEpoch begins another history, after a restore.
func (db *DB) NewEpoch(ctx context.Context) error {
	_, err := db.rw.ExecContext(ctx, `DELETE FROM meta WHERE name = 'epoch'`)
	return wrap(err, "begin another history")
}

func wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// NewID makes an identifier now.
func (db *DB) NewID() int64 { return db.Next(db.now()) }

// NewContactID makes the identifier of a contact whose row comes with their first message.
func (db *DB) NewContactID() centrala.ContactID { return centrala.ContactID(db.NewID()) }

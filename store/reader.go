package store

import (
	"context"
	"database/sql"
	"sync"
)

// reader is the pool that reads. On SQLite it keeps what it has prepared, so that a query is
// compiled once a connection instead of once a call: that was most of what a welcome costs.
// The driver of PostgreSQL does so by itself.
type reader struct {
	*sql.DB
	keeps bool

	mu    sync.Mutex
	stmts map[string]*sql.Stmt // closed with the pool
}

// keepQueries bounds what is kept. The program's own texts are fewer; lists with rare filters
// beyond it are compiled each time.
const keepQueries = 200

// QueryContext is that of sql.DB.
func (r *reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := r.stmt(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return r.DB.QueryContext(ctx, query, args...)
}

// QueryRowContext is that of sql.DB.
func (r *reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := r.stmt(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return r.DB.QueryRowContext(ctx, query, args...)
}

// stmt is the prepared query; nil when it is not kept, or cannot be prepared now, which the
// query itself will tell.
func (r *reader) stmt(ctx context.Context, query string) *sql.Stmt {
	if !r.keeps {
		return nil
	}
	r.mu.Lock()
	s, full := r.stmts[query], len(r.stmts) >= keepQueries
	r.mu.Unlock()
	if s != nil || full {
		return s
	}
	s, err := r.PrepareContext(ctx, query) // outside the lock: it may wait for a connection
	if err != nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if first := r.stmts[query]; first != nil {
		_ = s.Close() // somebody was quicker
		return first
	}
	r.stmts[query] = s
	return s
}

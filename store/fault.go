package store

import (
	"fmt"

	"centrala/store/engine"
)

// report keeps what /readyz says about writing.
func (db *DB) report(err error) {
	if err == nil {
		if db.fault.Swap(nil) != nil {
			db.log.Info("writing works again")
		}
		return
	}
	if t := engine.TroubleOf(err); t == engine.Refused || t == engine.Again {
		return
	}
	if db.fault.Swap(&err) == nil {
		db.log.Error("writing does not work", "err", err)
	}
}

// fail asks the process to end.
func (db *DB) fail(err error) {
	db.failed.Store(true)
	select {
	case db.fatal <- fmt.Errorf("the database's disk failed; nothing more is accepted: %w", err):
	default:
	}
}

package library

import "centrala/store/column"

// Through is the same library, whose reading goes through q.
func (l *Library) Through(q column.Querier) *Library {
	return &Library{db: l.db, reads: q, tally: l.tally}
}

package store

import (
	"strings"

	"centrala"
	"centrala/store/engine"
)

// dialect is what differs between the two engines; the texts of the queries do not.
type dialect int

const (
	sqlite dialect = iota
	postgres
)

func (d dialect) String() string {
	if d == postgres {
		return "postgres"
	}
	return "sqlite"
}

// begin opens a transaction that will write.
func (d dialect) begin() string {
	if d == postgres {
		return "BEGIN"
	}
	return "BEGIN IMMEDIATE"
}

// forUpdate locks the rows that a query reads until the transaction ends. SQLite has one
// writer and needs no more.
func (d dialect) forUpdate(table string) string {
	if d == postgres {
		return " FOR UPDATE OF " + table
	}
	return ""
}

// skipLocked takes rows that nobody else has taken.
func (d dialect) skipLocked() string {
	if d == postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// clock is the database's own clock in microseconds, as an expression of a query. What several
// nodes go by must not depend on whose clock is right.
func (d dialect) clock() string {
	if d == postgres {
		return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
	}
	return "CAST(unixepoch('subsec') * 1000000 AS integer)"
}

// oneChat is the index that holds a contact to one unresolved chat in an inbox.
const oneChat = "conversation_one_chat"

// secondChat makes the refusal of what would give somebody a second one.
func secondChat(err error) error {
	if engine.Duplicate(err) && (strings.Contains(err.Error(), oneChat) || strings.Contains(err.Error(), "conversation.contact, conversation.inbox")) {
		return centrala.Errorf(centrala.Conflict, "The customer has another chat by now that is not over.")
	}
	return err
}

// join is the aggregate that puts numbers into one text with commas.
func (d dialect) join(column string) string {
	if d == postgres {
		return "string_agg(CAST(" + column + " AS text), ',')"
	}
	return "group_concat(" + column + ")"
}

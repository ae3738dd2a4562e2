package engine

// Dialect is what differs between the two engines; the texts of the queries do not.
type Dialect int

// The engines of this version.
const (
	SQLite Dialect = iota
	Postgres
)

// String names the engine as its DSNs do.
func (d Dialect) String() string {
	if d == Postgres {
		return "postgres"
	}
	return "sqlite"
}

// Begin opens a transaction that will write.
func (d Dialect) Begin() string {
	if d == Postgres {
		return "BEGIN"
	}
	return "BEGIN IMMEDIATE"
}

// ForUpdate locks the rows that a query reads until the transaction ends. SQLite has one
// writer and needs no more.
func (d Dialect) ForUpdate(table string) string {
	if d == Postgres {
		return " FOR UPDATE OF " + table
	}
	return ""
}

// SkipLocked takes rows that nobody else has taken.
func (d Dialect) SkipLocked() string {
	if d == Postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// Clock is the database's own clock in microseconds, as an expression of a query. What several
// nodes go by must not depend on whose clock is right.
func (d Dialect) Clock() string {
	if d == Postgres {
		return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
	}
	return "CAST(unixepoch('subsec') * 1000000 AS integer)"
}

// Join is the aggregate that puts numbers into one text with commas.
func (d Dialect) Join(column string) string {
	if d == Postgres {
		return "string_agg(CAST(" + column + " AS text), ',')"
	}
	return "group_concat(" + column + ")"
}

// Domain is what stands behind the first @ of an address, in lower case: centrala.Address.Domain
// as an expression of a query.
func (d Dialect) Domain(column string) string {
	at := "instr(" + column + ", '@')"
	if d == Postgres {
		at = "strpos(" + column + ", '@')"
	}
	return "lower(substr(" + column + ", " + at + " + 1))"
}

package rest

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"time"
)

// maxTable is how many rows a table of a book holds.
const maxTable = 10_000

// bookTable is a book as a table: first what was asked for, then what there is, from the pages that
// next gives. A text that a spreadsheet would take for a formula begins with an apostrophe.
func bookTable[T any](name string, asked [][]string, columns []string, next func(cursor string) (items []T, after string, err error), row func(T) []string) (*text, error) {
	rows := append(asked, []string{}, columns)
	for cursor := ""; len(rows) < maxTable; {
		items, after, err := next(cursor)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			rows = append(rows, row(item))
		}
		if cursor = after; cursor == "" {
			break
		}
	}
	for _, r := range rows {
		for i, cell := range r {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				r[i] = "'" + cell
			}
		}
	}
	var b bytes.Buffer
	err := csv.NewWriter(&b).WriteAll(rows)
	return &text{Type: "text/csv; charset=utf-8", Disposition: `attachment; filename="centrala-` + name + `.csv"`, Body: b.Bytes()}, err
}

// cellTime is a time in a table, "" when there is none.
func cellTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// cellNumber is a conversation's number in a table, "" when there is none.
func cellNumber(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

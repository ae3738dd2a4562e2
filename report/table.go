package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"centrala"
	"centrala/words"
)

// Table is a report as it is downloaded. It says itself what period it is about and how its
// figures are counted.
type Table struct {
	Locale      string
	From, To    time.Time   // To does not belong to it
	Definitions [][2]string // figure, how it is counted
	Columns     []string
	Rows        [][]string
}

// byteOrderMark makes spreadsheets read UTF-8 as such.
const byteOrderMark = "\uFEFF"

// WriteCSV writes t as RFC 4180 has it, in UTF-8 with a byte order mark: the period, the
// definitions, the columns' names and the rows, all with as many fields. What a spreadsheet
// would take for a formula is written as text.
func (t Table) WriteCSV(out io.Writer) error {
	if _, err := io.WriteString(out, byteOrderMark); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	w := words.For(t.Locale)
	rows := [][]string{{w.ReportRange(), t.From.UTC().Format(time.RFC3339), t.To.UTC().Format(time.RFC3339)}}
	for _, d := range t.Definitions {
		rows = append(rows, []string{w.ReportDefinition(), d[0], d[1]})
	}
	rows = append(append(rows, t.Columns), t.Rows...)
	width := 0
	for _, r := range rows {
		width = max(width, len(r))
	}
	c := csv.NewWriter(out)
	c.UseCRLF = true
	for _, r := range rows {
		record := make([]string, width)
		for i, field := range r {
			record[i] = harmless(field)
		}
		if err := c.Write(record); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// harmless puts an apostrophe before what begins like a formula and is no number.
func harmless(field string) string {
	if field == "" || !strings.ContainsRune("=+-@\t\r", rune(field[0])) {
		return field
	}
	if _, err := strconv.ParseFloat(field, 64); err == nil {
		return field
	}
	return "'" + field
}

// TilesTable is the dashboard's figures as a table, one a row.
func TilesTable(t centrala.Tiles, locale string) Table {
	columns := words.For(locale).ReportColumns()
	table := Table{Locale: locale, From: t.From, To: t.To, Columns: columns[:]}
	for _, tile := range Tiles(t, locale) {
		table.Definitions = append(table.Definitions, [2]string{tile.Name, tile.Definition})
		of, share := "", ""
		if tile.Of != nil {
			of = strconv.FormatInt(*tile.Of, 10)
		}
		if tile.Share != nil {
			share = points(100 * *tile.Share)
		}
		table.Rows = append(table.Rows, []string{tile.Name, strconv.FormatInt(tile.Count, 10), of, share})
	}
	return table
}

// SurveyTable is a survey's result as a table: who was asked and answered, the score with its
// interval, and how often each score was given.
func SurveyTable(from, to time.Time, r centrala.SurveyResult, locale string) Table {
	w := words.For(locale)
	columns, names := w.ReportColumns(), w.SurveyColumns()
	t := Table{Locale: locale, From: from, To: to, Columns: columns[:], Definitions: [][2]string{{"NPS", w.SurveyDefinition()}}}
	add := func(name string, count, of int) {
		share := ""
		if of > 0 {
			share = points(100 * float64(count) / float64(of))
		}
		t.Rows = append(t.Rows, []string{name, strconv.Itoa(count), strconv.Itoa(of), share})
	}
	t.Rows = append(t.Rows, []string{names[0], strconv.Itoa(r.Asked)})
	add(names[1], r.N, r.Asked)
	add(names[2], r.Promoters, r.N)
	add(names[3], r.Passives, r.N)
	add(names[4], r.Detractors, r.N)
	if r.NPS == nil || r.Low == nil || r.High == nil {
		t.Rows = append(t.Rows, []string{"NPS", w.SurveyNoData()})
	} else {
		t.Rows = append(t.Rows, []string{"NPS", points(*r.NPS)}, []string{w.SurveyInterval(), points(*r.Low), points(*r.High)})
	}
	for score, n := range r.Scores {
		add(strconv.Itoa(score), n, r.N)
	}
	return t
}

// points writes a figure with one decimal.
func points(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

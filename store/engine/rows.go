package engine

import (
	"math/bits"
	"strconv"
	"strings"
)

// mostRows is how many rows one statement takes.
const mostRows = 64

// Rows is the text of a statement that takes rows of arguments: what stands before them and after
// them, and of how many columns each is; rows of one column stand without parentheses. Its texts are few: a row, two rows, four and so on up to
// mostRows; a list of rows is cut into such pieces.
type Rows struct {
	head, tail string
	width      int
	texts      [7]string // by the logarithm of their rows
}

// NewRows makes the texts for rows of width arguments between head and tail.
func NewRows(head string, width int, tail string) *Rows {
	r := &Rows{head: head, tail: tail, width: width}
	for i := range r.texts {
		r.texts[i] = r.text(1 << i)
	}
	return r
}

func (r *Rows) text(rows int) string {
	open, between, end := "(", "),(", ")"
	if r.width == 1 {
		open, between, end = "", ",", ""
	}
	var b strings.Builder
	b.WriteString(r.head + open)
	for i := range rows * r.width {
		switch {
		case i == 0:
		case i%r.width == 0:
			b.WriteString(between)
		default:
			b.WriteByte(',')
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	b.WriteString(end + r.tail)
	return b.String()
}

// One is one statement for args of at most mostRows rows, of which there is at least one. It says
// the last row more than once: for questions, not for what is to be written.
func (r *Rows) One(args []any) Statement {
	size := bits.Len(uint(len(args)/r.width - 1))
	last := args[len(args)-r.width:]
	for len(args) < r.width<<size {
		args = append(args, last...)
	}
	return Statement{Query: r.texts[size], Args: args}
}

// Statements are the statements for args, row after row, in their order.
func (r *Rows) Statements(args []any) []Statement {
	var list []Statement
	for len(args) > 0 {
		size := bits.Len(uint(min(len(args)/r.width, mostRows))) - 1
		n := r.width << size
		list = append(list, Statement{Query: r.texts[size], Args: args[:n]})
		args = args[n:]
	}
	return list
}

// Package asking decides who is shown articles before they write, and what is kept of what they
// looked for: the group that is shown none, questions that are settled, and words without what is
// personal in them. Time and keys are arguments; only Keep asks and writes.
package asking

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"
)

// MaxHeld is the largest share that may be shown nothing.
const MaxHeld = 0.5

// HoldOut is the group that is shown no suggestions, so that what they are worth is a difference
// and not a boast. Key is secret: nobody can choose to be in the group or out of it.
type HoldOut struct {
	Key   []byte
	Share float64 // of visitors, 0 to MaxHeld
}

// Holds reports whether a visitor belongs to the group at a time. Everybody is drawn anew each
// epoch; within one the answer stays, on every node and at every place. Nobody unknown is held.
func (h HoldOut) Holds(visitor string, at time.Time) bool {
	if h.Share <= 0 || visitor == "" {
		return false
	}
	share := min(h.Share, MaxHeld)
	return float64(binary.BigEndian.Uint64(h.sum("held", visitor, at))) < share*math.MaxUint64
}

// Stranger names somebody who has no token, by where a request came from, for one epoch: who
// fills in the form. The name does not lead back without the key, and says nothing the day after.
// People behind one address with one browser are one stranger.
func (h HoldOut) Stranger(address, browser string, at time.Time) string {
	return "w_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.sum("stranger", address+"\x00"+browser, at)[:16]))
}

func (h HoldOut) sum(purpose, who string, at time.Time) []byte {
	m := hmac.New(sha256.New, h.Key)
	m.Write([]byte(purpose + "\x00" + strconv.FormatInt(Epoch(at), 10) + "\x00" + who)) // a hash never fails
	return m.Sum(nil)
}

// turn is when a day ends: at three in the night of UTC, when the fewest people write.
const turn = 3 * time.Hour

// Epoch numbers the days by which visitors are drawn.
func Epoch(at time.Time) int64 {
	const day = int64(24 * time.Hour / time.Second)
	s := at.Add(-turn).Unix()
	n := s / day
	if s%day < 0 {
		n--
	}
	return n
}

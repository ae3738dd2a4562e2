package socket

// A storm is so many sockets that open or close with no calm between them. Its garbage is given
// back to the system when it is over; the collector by itself would keep it for minutes, because
// a quiet server makes too little to collect again.
const (
	storm = 1000 // sockets
	calm  = 10   // ticks in which nearly none move
	few   = storm / 20
)

// tide watches how many sockets have opened and closed.
type tide struct {
	at    int64 // at the last tick
	given int64 // when memory was given back
	quiet int   // ticks
}

// ebbs is asked each tick with the moves there were so far; it is true once after each storm.
func (t *tide) ebbs(moves int64) bool {
	moved := moves - t.at
	t.at = moves
	if moved > few {
		t.quiet = 0
		return false
	}
	if t.quiet++; t.quiet < calm || moves-t.given < storm {
		return false
	}
	t.given = moves
	return true
}

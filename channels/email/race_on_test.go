//go:build race

package email_test

// raceEnabled tells that the race detector is built in.
const raceEnabled = true

//go:build !unix

package stream

import "os"

// lockFolder opens name; these systems have no lock that a crash lets go of, so keeping a
// second process out is up to the operator.
func lockFolder(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
}

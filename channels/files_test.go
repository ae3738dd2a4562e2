package channels_test

import (
	"errors"
	"io"
	"strings"
)

func text(s string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
}

// failing gives a file that breaks off.
func failing() (io.ReadCloser, error) {
	return io.NopCloser(io.MultiReader(strings.NewReader("half"), breaks{})), nil
}

type breaks struct{}

func (breaks) Read([]byte) (int, error) { return 0, errors.New("broken off") }

package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// jsonStrict reads JSON that has no unknown fields.
func jsonStrict(s string, v any) error {
	d := json.NewDecoder(strings.NewReader(s))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("not the JSON that belongs here: %w", err)
	}
	return nil
}

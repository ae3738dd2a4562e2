package lab

import "testing"

// Two servers that are laid out at the same time must not be given one port: the second would
// end at its start.
func TestFreeAddressIsGivenOnce(t *testing.T) {
	t.Parallel()
	given := make(map[string]bool)
	for range 400 {
		addr, err := FreeAddress()
		if err != nil {
			t.Fatal(err)
		}
		if given[addr] {
			t.Fatalf("%s was given twice", addr)
		}
		given[addr] = true
	}
}

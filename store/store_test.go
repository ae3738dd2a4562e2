package store_test

import (
	"testing"

	"centrala/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Both())
}

package socket

import (
	"slices"
	"testing"
	"testing/synctest"
)

// An agent's socket that writes to many conversations at once is not read on while too much of
// it is on its way to the disk, and each conversation keeps its order.
func TestManyConversationsOfOneAgent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const most = 4
		s, lanes := &Socket{wheel: &Wheel{}}, NewLanes[int](most)
		disk := make(chan struct{})
		taken, done := 0, make(chan [2]int, 20)
		go func() {
			for n := range 10 {
				lanes.Do(s, n%3, func() { <-disk; done <- [2]int{n % 3, n} })
				taken++
			}
		}()
		synctest.Wait()
		if taken != most {
			t.Errorf("%d are taken, want %d", taken, most)
		}
		close(disk)
		synctest.Wait()
		close(done)
		var order [3][]int
		for d := range done {
			order[d[0]] = append(order[d[0]], d[1])
		}
		if taken != 10 || !slices.Equal(order[0], []int{0, 3, 6, 9}) || !slices.Equal(order[1], []int{1, 4, 7}) || !slices.Equal(order[2], []int{2, 5, 8}) {
			t.Errorf("%d are taken, in the order %v", taken, order)
		}
	})
}

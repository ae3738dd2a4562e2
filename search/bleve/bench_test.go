package bleve_test

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/search"
	"centrala/search/bleve"
	"centrala/search/searchtest"
)

func each(articles []centrala.Article) func(func(centrala.Article, error) bool) {
	return func(yield func(centrala.Article, error) bool) {
		for _, a := range articles {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// slipped is a page's title with a slip of the finger.
func slipped(chance *rand.Rand, pages []centrala.Article) centrala.Query {
	for {
		if s := searchtest.Slip(chance, pages[chance.IntN(len(pages))].Title); s != "" {
			return centrala.Query{Text: s, Locale: "pl", Weak: true}
		}
	}
}

// BenchmarkRebuild indexes LibreOffice's Polish help, some 2 560 pages.
func BenchmarkRebuild(b *testing.B) {
	pages := searchtest.LibreOffice(b)
	e := open(b)
	for b.Loop() {
		if err := e.Rebuild(b.Context(), each(pages)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(pages)), "pages")
}

// BenchmarkSuggest asks 200 questions a second, whether or not the last one is answered, of the
// same pages: titles with a slip, half of them as they are typed. It reports what one in two and
// one in a hundred takes at most, from when it was due.
func BenchmarkSuggest(b *testing.B) {
	pages := searchtest.LibreOffice(b)
	e := open(b)
	if err := e.Rebuild(b.Context(), each(pages)); err != nil {
		b.Fatal(err)
	}
	h := search.New(e, nil, quiet)
	chance := rand.New(rand.NewPCG(1, 2))
	question := func() centrala.Query {
		q := slipped(chance, pages)
		if r := []rune(q.Text); len(r) > 6 && chance.IntN(2) == 0 {
			q.Text, q.Prefix = string(r[:4+chance.IntN(len(r)-4)]), true
		}
		return q
	}
	questions := make([]centrala.Query, 4000)
	for i := range questions {
		questions[i] = question()
	}
	const every = time.Second / 200
	var mu sync.Mutex
	var took []time.Duration
	var asking sync.WaitGroup
	began := time.Now()
	for i := range b.N {
		due := began.Add(time.Duration(i) * every)
		time.Sleep(time.Until(due))
		asking.Go(func() {
			if _, err := h.Suggest(context.Background(), questions[i%len(questions)]); err != nil {
				b.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(due))
		})
	}
	asking.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkQuestion is the processor's time of one question after the other.
func BenchmarkQuestion(b *testing.B) {
	pages := searchtest.LibreOffice(b)
	e := open(b)
	if err := e.Rebuild(b.Context(), each(pages)); err != nil {
		b.Fatal(err)
	}
	h := search.New(e, nil, quiet)
	chance := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		q := slipped(chance, pages)
		if _, err := h.Suggest(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMemory holds 10 000 articles, LibreOffice's pages four times in other words, and
// reports what that takes: the heap's growth, and the files that are mapped.
func BenchmarkMemory(b *testing.B) {
	pages := searchtest.LibreOffice(b)
	var heap, mapped float64
	for b.Loop() {
		dir := filepath.Join(b.TempDir(), "index")
		e, err := bleve.Open(dir, quiet)
		if err != nil {
			b.Fatal(err)
		}
		before := inHeap()
		err = e.Rebuild(b.Context(), func(yield func(centrala.Article, error) bool) {
			for i := range 10_000 {
				a := pages[i%len(pages)]
				a.ID, a.Slug = centrala.ArticleID(i+1), fmt.Sprintf("%s-%d", a.Slug, i)
				a.Body = strings.ReplaceAll(a.Body, "ie ", strings.Repeat("a", i/len(pages))+"ie ")
				if !yield(a, nil) {
					return
				}
			}
		})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := e.Search(b.Context(), centrala.Query{Text: "wstawianie wykresu", Locale: "pl", Limit: 8}); err != nil {
			b.Fatal(err)
		}
		heap = float64(inHeap()-before) / (1 << 20)
		mapped = float64(size(b, dir)) / (1 << 20)
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(heap, "heap-MB")
	b.ReportMetric(mapped, "mapped-MB")
}

func inHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func size(b *testing.B, dir string) int64 {
	var n int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if os.IsNotExist(err) {
			return nil
		}
		n += info.Size()
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

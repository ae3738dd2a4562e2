package library_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/store"
	"centrala/store/library"
	"centrala/store/storetest"
)

// shelves is an empty Help Centre with a clock that the test moves.
type shelves struct {
	*library.Library
	db     *store.DB
	engine string

	mu    sync.Mutex
	ahead time.Duration
}

func (s *shelves) later(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += by
}

// onBoth runs a test on both databases.
func onBoth(t *testing.T, test func(*testing.T, *shelves)) {
	for name, dsn := range storetest.Both() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &shelves{engine: name}
			db, err := store.Open(t.Context(), dsn(t), store.Options{Now: func() time.Time {
				s.mu.Lock()
				defer s.mu.Unlock()
				return time.Now().Add(s.ahead)
			}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
			s.db, s.Library = db, library.New(db)
			test(t, s)
		})
	}
}

func refused(t *testing.T, err error, code centrala.Code, field string) {
	t.Helper()
	var e *centrala.Error
	if !errors.As(err, &e) || e.Code != code || e.Field != field {
		t.Fatalf("%v, want %s of %q", err, code, field)
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func content(slug, body string) centrala.Content {
	return centrala.Content{Slug: slug, Title: "Kiedy wrócą pieniądze", Body: body, Section: "Zwroty", Sides: []centrala.Side{centrala.Buyer}, Tags: []string{"hajs"}}
}

const barbara, ania = centrala.AgentID(7), centrala.AgentID(8)

// Readers see nothing of a draft, and all of it once it is published, under its new address and by
// way of the old one.
func TestDraftIsSeenByNobody(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shelves) {
		ctx := t.Context()
		m := must(s.StartArticle(ctx, "pl", 0, content("zwrot", "Pierwsza."), barbara))(t)
		if m.Version != 0 || m.Draft == nil || m.Draft.Save != 1 || m.Topic != m.ID {
			t.Fatalf("begun as %+v", m)
		}
		sees := func(slug, body string) {
			t.Helper()
			a, err := s.Article(ctx, "pl", slug)
			if body == "" {
				refused(t, err, centrala.NotFound, "article")
				return
			}
			if err != nil || a.Body != body {
				t.Fatalf("at %s stands %+v, %v, want %q", slug, a, err, body)
			}
		}
		sees("zwrot", "")
		if all := must(s.Articles(ctx, centrala.ArticleFilter{}))(t); len(all) != 0 {
			t.Fatalf("readers see %+v", all)
		}
		a := must(s.PublishDraft(ctx, m.ID, 1, barbara))(t)
		if a.Version != 1 {
			t.Fatalf("published as %+v", a)
		}
		sees("zwrot", "Pierwsza.")

		d := must(s.SaveDraft(ctx, centrala.Draft{Article: m.ID, Content: content("zwrot-blik", "Druga."), Base: 1}))(t)
		sees("zwrot", "Pierwsza.")
		sees("zwrot-blik", "")
		must(s.PublishDraft(ctx, m.ID, d.Save, ania))(t)
		sees("zwrot-blik", "Druga.")
		sees("zwrot", "Druga.") // by way of the old address
		if m = must(s.Manuscript(ctx, m.ID))(t); m.Draft != nil || m.Numbers != 2 {
			t.Fatalf("afterwards it is %+v", m)
		}

		// Who takes the old address has it.
		must(s.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: content("zwrot", "Inna.")}))(t)
		sees("zwrot", "Inna.")
		v := must(s.Versions(ctx, m.ID))(t)
		if len(v) != 2 || v[0].Number != 2 || v[0].By != ania || v[1].Body != "Pierwsza." || v[1].Until.IsZero() || !v[0].Until.IsZero() {
			t.Fatalf("versions %+v", v)
		}
	})
}

// Two who write do not overwrite each other: not a save, and not what was published meanwhile.
func TestNobodyIsOverwritten(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shelves) {
		ctx := t.Context()
		a := must(s.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: content("zwrot", "Pierwsza.")}))(t)
		mine := centrala.Draft{Article: a.ID, Content: content("zwrot", "Moja."), Base: 1, By: barbara}
		first := must(s.SaveDraft(ctx, mine))(t)
		_, err := s.SaveDraft(ctx, centrala.Draft{Article: a.ID, Content: content("zwrot", "Jej."), Base: 1, By: ania})
		refused(t, err, centrala.Conflict, "save")
		_, err = s.PublishDraft(ctx, a.ID, first.Save+1, ania)
		refused(t, err, centrala.Conflict, "save")

		a.Body = "Z importu."
		must(s.SaveArticle(ctx, a))(t)
		_, err = s.PublishDraft(ctx, a.ID, first.Save, barbara)
		refused(t, err, centrala.Conflict, "base")
		mine.Save, mine.Base = first.Save, 3
		_, err = s.SaveDraft(ctx, mine)
		refused(t, err, centrala.Invalid, "base")
		mine.Base = 2
		second := must(s.SaveDraft(ctx, mine))(t)
		if got := must(s.PublishDraft(ctx, a.ID, second.Save, barbara))(t); got.Body != "Moja." || got.Version != 3 {
			t.Fatalf("published %+v", got)
		}
	})
}

// A draft is reviewed, sent back, scheduled, and comes out at its time; one that cannot goes back to
// its author with the reason, and stops no other.
func TestScheduled(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shelves) {
		ctx := t.Context()
		one := must(s.StartArticle(ctx, "pl", 0, content("jeden", "1"), barbara))(t)
		two := must(s.StartArticle(ctx, "pl", 0, content("dwa", "2"), barbara))(t)
		if err := s.AskReview(ctx, one.ID, "proszę o oko"); err != nil {
			t.Fatal(err)
		}
		refused(t, s.AskReview(ctx, one.ID, "jeszcze raz"), centrala.Conflict, "state")
		if err := s.SendBack(ctx, one.ID, "za długie"); err != nil {
			t.Fatal(err)
		}
		if d := must(s.Manuscript(ctx, one.ID))(t).Draft; d.State != centrala.Writing || d.Note != "za długie" {
			t.Fatalf("sent back as %+v", d)
		}
		due := time.Now().Add(time.Hour)
		for _, m := range []centrala.Manuscript{one, two} {
			if err := s.Schedule(ctx, m.ID, due, ania); err != nil {
				t.Fatal(err)
			}
		}
		comesOut := func(want int) {
			t.Helper()
			before := must(s.Articles(ctx, centrala.ArticleFilter{}))(t)
			if err := s.PublishDue(ctx); err != nil {
				t.Fatal(err)
			}
			if after := must(s.Articles(ctx, centrala.ArticleFilter{}))(t); len(after)-len(before) != want {
				t.Fatalf("%d came out, want %d", len(after)-len(before), want)
			}
		}
		comesOut(0)
		must(s.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: content("jeden", "zajęte")}))(t)
		s.later(61 * time.Minute)
		comesOut(1)
		if a, err := s.Article(ctx, "pl", "dwa"); err != nil || a.ID != two.ID {
			t.Fatalf("%+v, %v", a, err)
		}
		if d := must(s.Manuscript(ctx, one.ID))(t).Draft; d == nil || d.State != centrala.Writing || d.Note == "" || !d.Due.IsZero() {
			t.Fatalf("the one whose address is taken is %+v", d)
		}
		comesOut(0)
	})
}

// A translation is stale once a later version of its original is out than the one it says.
func TestTranslations(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shelves) {
		ctx := t.Context()
		pl := must(s.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: content("zwrot", "Pierwsza.")}))(t)
		_, err := s.SaveArticle(ctx, centrala.Article{Locale: "en", Translation: "nie-ma", Content: content("refund", "First.")})
		refused(t, err, centrala.Invalid, "translation")
		en := must(s.SaveArticle(ctx, centrala.Article{Locale: "en", Translation: "zwrot", Content: content("refund", "First.")}))(t)
		if en.Topic != pl.ID || en.Basis != 1 {
			t.Fatalf("the translation is %+v", en)
		}
		_, err = s.StartArticle(ctx, "en", pl.ID, content("refund-2", "x"), ania)
		refused(t, err, centrala.Conflict, "locale")
		_, err = s.StartArticle(ctx, "de", 42, content("rueckgabe", "x"), ania)
		refused(t, err, centrala.NotFound, "topic")

		stale := func() []centrala.ArticleID {
			var out []centrala.ArticleID
			for _, m := range must(s.Manuscripts(ctx, centrala.ManuscriptFilter{State: "stale"}))(t) {
				out = append(out, m.ID)
			}
			return out
		}
		if got := stale(); got != nil {
			t.Fatalf("stale at once: %v", got)
		}
		pl.Body = "Druga."
		must(s.SaveArticle(ctx, pl))(t)
		if got := stale(); !slices.Equal(got, []centrala.ArticleID{en.ID}) {
			t.Fatalf("stale: %v", got)
		}
		d := must(s.SaveDraft(ctx, centrala.Draft{Article: en.ID, Content: content("refund", "Second."), Base: 1, Basis: 2, By: ania}))(t)
		must(s.PublishDraft(ctx, en.ID, d.Save, ania))(t)
		if got := stale(); got != nil {
			t.Fatalf("still stale: %v", got)
		}
		if err := s.RemoveArticle(ctx, pl.ID); err != nil {
			t.Fatal(err)
		}
		if a := must(s.ArticleByID(ctx, en.ID))(t); a.Topic != en.ID || a.Basis != 0 {
			t.Fatalf("without its original it is %+v", a)
		}
	})
}

// What was withdrawn is a draft, and its versions can be brought back.
func TestWithdrawnAndRestored(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shelves) {
		ctx := t.Context()
		a := must(s.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: content("zwrot", "Pierwsza.")}))(t)
		a.Body = "Druga."
		must(s.SaveArticle(ctx, a))(t)
		if err := s.Withdraw(ctx, a.ID, ania); err != nil {
			t.Fatal(err)
		}
		refused(t, s.Withdraw(ctx, a.ID, ania), centrala.NotFound, "article")
		_, err := s.ArticleByID(ctx, a.ID)
		refused(t, err, centrala.NotFound, "article")
		gone := must(s.Manuscripts(ctx, centrala.ManuscriptFilter{State: "withdrawn"}))(t)
		if len(gone) != 1 || gone[0].Draft.Body != "Druga." || gone[0].Locale != "pl" {
			t.Fatalf("withdrawn: %+v", gone)
		}
		back := must(s.Restore(ctx, a.ID, 1, barbara))(t)
		if back.Body != "Pierwsza." || back.Version != 3 {
			t.Fatalf("brought back: %+v", back)
		}
		if v := must(s.Version(ctx, a.ID, 3))(t); v.Restored != 1 || v.By != barbara {
			t.Fatalf("its version: %+v", v)
		}
		_, err = s.Restore(ctx, a.ID, 9, barbara)
		refused(t, err, centrala.NotFound, "version")
	})
}

// Importing the same again is quiet; each change is a version and an event.
func TestImportIsQuiet(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shelves) {
		ctx := t.Context()
		in := centrala.Article{Locale: "pl", Source: "zwrot.md", Content: content("zwrot", "Pierwsza.")}
		a := must(s.SaveArticle(ctx, in))(t)
		s.later(time.Hour)
		if again := must(s.SaveArticle(ctx, in))(t); again.Version != 1 || !again.UpdatedAt.Equal(a.UpdatedAt) {
			t.Fatalf("again it is %+v", again)
		}
		if v := must(s.Versions(ctx, a.ID))(t); len(v) != 1 || v[0].By != 0 {
			t.Fatalf("versions %+v", v)
		}
	})
}

// Shelves are named, renamed and forgotten; word lists are kept whole.
func TestShelvesAndWords(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shelves) {
		ctx := t.Context()
		section := centrala.Shelf{Kind: centrala.SectionShelf, Key: "zwroty", Parent: "zakupy", Names: map[string]string{"pl": "Zwroty", "en": "Returns"}, Position: 2}
		for _, sh := range []centrala.Shelf{section, {Kind: centrala.CategoryShelf, Key: "zakupy", Names: map[string]string{"pl": "Zakupy"}, Sides: []centrala.Side{centrala.Buyer}}} {
			if err := s.SaveShelf(ctx, sh); err != nil {
				t.Fatal(err)
			}
		}
		section.Position = 1
		if err := s.SaveShelf(ctx, section); err != nil {
			t.Fatal(err)
		}
		all := must(s.Shelves(ctx))(t)
		if len(all) != 2 || all[0].Kind != centrala.CategoryShelf || all[1].Position != 1 || all[1].Name("de", "pl") != "Zwroty" || all[1].Name("en", "pl") != "Returns" {
			t.Fatalf("shelves %+v", all)
		}
		refused(t, s.SaveShelf(ctx, centrala.Shelf{Kind: "room", Key: "x"}), centrala.Invalid, "kind")
		if err := s.RemoveShelf(ctx, centrala.SectionShelf, "zwroty"); err != nil {
			t.Fatal(err)
		}
		refused(t, s.RemoveShelf(ctx, centrala.SectionShelf, "zwroty"), centrala.NotFound, "shelf")

		words := centrala.WordList{Locale: "pl", Synonyms: [][]string{{"hajs", "pieniądze"}}, Stop: []string{"czy"}}
		if err := s.SaveWordList(ctx, words); err != nil {
			t.Fatal(err)
		}
		if lists := must(s.WordLists(ctx))(t); len(lists) != 1 || !slices.Equal(lists[0].Synonyms[0], words.Synonyms[0]) || lists[0].Stop[0] != "czy" {
			t.Fatalf("word lists %+v", lists)
		}
		refused(t, s.SaveWordList(ctx, centrala.WordList{Locale: "pl", Synonyms: [][]string{{"sam"}}}), centrala.Invalid, "synonyms")
		refused(t, s.SaveWordList(ctx, centrala.WordList{Locale: "pl", Stop: []string{"dwa słowa"}}), centrala.Invalid, "stop")
	})
}

// Whoever saves the same draft at the same moment, one wins.
func TestSavesAtOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shelves) {
		a := must(s.SaveArticle(t.Context(), centrala.Article{Locale: "pl", Content: content("zwrot", "Pierwsza.")}))(t)
		won := make(chan bool, 8)
		for range 8 {
			go func() {
				_, err := s.SaveDraft(context.Background(), centrala.Draft{Article: a.ID, Content: content("zwrot", "x"), Base: 1})
				won <- err == nil
			}()
		}
		n := 0
		for range 8 {
			if <-won {
				n++
			}
		}
		if n != 1 {
			t.Fatalf("%d saved", n)
		}
	})
}

package asking

import (
	"context"

	"centrala"
)

// Finder finds articles; Questions keeps what people asked.
type (
	Finder interface {
		Suggest(ctx context.Context, q centrala.Query) ([]centrala.Suggestion, error)
	}
	Questions interface {
		Asked(ctx context.Context, q centrala.Question) (centrala.QuestionID, error)
	}
)

// Keep keeps a settled question, as q says of whom and where, without what is personal in its
// text. Where it is not known what was found for it, or nothing surely answers, the article that
// comes nearest is looked for. What says nothing without what is personal is not kept.
func Keep(ctx context.Context, find Finder, to Questions, q centrala.Question, as centrala.Asker) error {
	ask := centrala.Query{Text: centrala.Clip(q.Text, maxLooked), Locale: q.Locale, Side: q.Side, Asker: as}
	if q.Text = Scrub(q.Text); !Says(q.Text) {
		return nil
	}
	for _, ask.Weak = range []bool{false, true} {
		if q.Nearest != 0 {
			break
		}
		found, err := find.Suggest(ctx, ask)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			q.Nearest, q.Score = found[0].ID, found[0].Score
		}
		if !ask.Weak {
			q.Found = len(found)
		}
	}
	_, err := to.Asked(ctx, q)
	return err
}

// maxLooked is how much of a text articles are looked for, in bytes.
const maxLooked = 2000

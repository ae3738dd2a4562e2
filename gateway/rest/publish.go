package rest

import (
	"context"
	"fmt"
	"time"

	"centrala"
)

type noteInput struct {
	ID   articleRef `path:"id"`
	Body struct {
		Note string `json:"note,omitempty" maxLength:"1000"`
	}
}

// stepped is a manuscript after a step, which is on record.
func (s *server) stepped(ctx context.Context, c caller, id centrala.ArticleID, action, detail string, err error) (*answer[centrala.Manuscript], error) {
	if err != nil {
		return nil, err
	}
	m, err := s.Manuscripts.Manuscript(ctx, id)
	if err != nil {
		return nil, err
	}
	return ok(m), s.audited(ctx, c, action, id.String(), detail)
}

func (s *server) askReview(ctx context.Context, c caller, in *noteInput) (*answer[centrala.Manuscript], error) {
	return s.stepped(ctx, c, in.ID.ID, "article.review", "", s.Publishing.AskReview(ctx, in.ID.ID, in.Body.Note))
}

func (s *server) sendBack(ctx context.Context, c caller, in *noteInput) (*answer[centrala.Manuscript], error) {
	return s.stepped(ctx, c, in.ID.ID, "article.returned", "", s.Publishing.SendBack(ctx, in.ID.ID, in.Body.Note))
}

type scheduleInput struct {
	ID   articleRef `path:"id"`
	Body struct {
		At time.Time `json:"at" required:"true"`
	}
}

func (s *server) schedule(ctx context.Context, c caller, in *scheduleInput) (*answer[centrala.Manuscript], error) {
	if !in.Body.At.After(s.Now()) {
		return nil, centrala.InvalidField("at", "This time has passed: publish it instead.")
	}
	return s.stepped(ctx, c, in.ID.ID, "article.scheduled", in.Body.At.UTC().Format(time.RFC3339), s.Publishing.Schedule(ctx, in.ID.ID, in.Body.At, c.author()))
}

type publishInput struct {
	ID   articleRef `path:"id"`
	Body struct {
		Save int `json:"save" required:"true" minimum:"1" doc:"That of the draft that was read."`
	}
}

func (s *server) publish(ctx context.Context, c caller, in *publishInput) (*answer[centrala.Manuscript], error) {
	a, err := s.Publishing.PublishDraft(ctx, in.ID.ID, in.Body.Save, c.author())
	return s.stepped(ctx, c, in.ID.ID, "article.published", fmt.Sprintf("%s, %d", a.URL(), a.Version), err)
}

func (s *server) withdraw(ctx context.Context, c caller, in *articlePath) (*answer[centrala.Manuscript], error) {
	return s.stepped(ctx, c, in.ID.ID, "article.withdrawn", "", s.Publishing.Withdraw(ctx, in.ID.ID, c.author()))
}

// VersionRow is a version in a list, without its text.
type VersionRow struct {
	Number   int              `json:"number"`
	Title    string           `json:"title"`
	By       centrala.AgentID `json:"by,omitzero" doc:"Nobody: an import."`
	At       time.Time        `json:"at"`
	Restored int              `json:"restored,omitempty"`
	Until    time.Time        `json:"until,omitzero"`
}

func (s *server) listVersions(ctx context.Context, _ caller, in *articlePath) (*answer[List[VersionRow]], error) {
	if _, err := s.Manuscripts.Manuscript(ctx, in.ID.ID); err != nil {
		return nil, err
	}
	all, err := s.Versions.Versions(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	rows := make([]VersionRow, len(all))
	for i, v := range all {
		rows[i] = VersionRow{v.Number, v.Title, v.By, v.At, v.Restored, v.Until}
	}
	return page(rows, ""), nil
}

type versionPath struct {
	ID     articleRef `path:"id"`
	Number int        `path:"number" minimum:"1"`
}

func (s *server) getVersion(ctx context.Context, _ caller, in *versionPath) (*answer[centrala.Version], error) {
	v, err := s.Versions.Version(ctx, in.ID.ID, in.Number)
	return ok(v), err
}

func (s *server) restore(ctx context.Context, c caller, in *versionPath) (*answer[centrala.Manuscript], error) {
	a, err := s.Versions.Restore(ctx, in.ID.ID, in.Number, c.author())
	return s.stepped(ctx, c, in.ID.ID, "article.restored", fmt.Sprintf("%s, %d", a.URL(), in.Number), err)
}

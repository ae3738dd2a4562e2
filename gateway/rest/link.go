package rest

import (
	"context"
	"time"

	"centrala"
	"centrala/auth"
)

// maxFaults is how many faulty links are told; whoever has more begins with these.
const maxFaults = 500

// linkDesk keeps what this node found when it last followed the articles' links. One at a time
// does that.
type linkDesk struct {
	turn chan struct{} // held by who follows links, or reads what was found
	last *LinkReport
}

func (s *server) linkRoutes() {
	add(s, get("/v1/links", "Links of articles that are at fault, as of when they were last looked at", auth.WriteArticles), s.getLinks)
	add(s, post("/v1/links/check", "Follow the links of all articles within the Help Centre now", auth.WriteArticles), s.checkLinks)
}

// LinkReport is what following links found.
type LinkReport struct {
	CheckedAt time.Time            `json:"checked_at"`
	Articles  int                  `json:"articles" doc:"How many were looked at."`
	Outside   int                  `json:"outside" doc:"Addresses elsewhere, which are not asked for here."`
	Broken    int                  `json:"broken"`
	Items     []centrala.LinkFault `json:"items"`
	More      int                  `json:"more" doc:"Faults beyond those in items."`
}

func (s *server) getLinks(ctx context.Context, _ caller, _ *nothing) (*answer[LinkReport], error) {
	return s.linkReport(ctx, false)
}

func (s *server) checkLinks(ctx context.Context, _ caller, _ *nothing) (*answer[LinkReport], error) {
	return s.linkReport(ctx, true)
}

// linkReport is the last report, or a new one when there is none or it has to be.
func (s *server) linkReport(ctx context.Context, anew bool) (*answer[LinkReport], error) {
	select {
	case s.links.turn <- struct{}{}:
		defer func() { <-s.links.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if s.links.last != nil && !anew {
		return ok(*s.links.last), nil
	}
	faults, articles, outside, err := s.Links(ctx)
	if err != nil {
		return nil, err
	}
	r := LinkReport{CheckedAt: s.Now().UTC(), Articles: articles, Outside: outside, Items: faults}
	for _, f := range faults {
		if f.Broken() {
			r.Broken++
		}
	}
	if r.More = max(len(faults)-maxFaults, 0); r.More > 0 {
		r.Items = faults[:maxFaults]
	}
	if r.Items == nil {
		r.Items = []centrala.LinkFault{}
	}
	s.links.last = &r
	return ok(r), nil
}

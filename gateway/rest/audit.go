package rest

import (
	"context"
	"strconv"
	"strings"
	"time"

	"centrala"
	"centrala/auth"
)

func (s *server) auditRoutes() {
	add(s, get("/v1/audit", "Who did what, the latest first", auth.ReadAudit), s.listAudit)
}

// AuditLine is one line of the audit log. Actor is null for centrala itself.
type AuditLine struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Actor   *Actor    `json:"actor"`
	Action  string    `json:"action" doc:"Dotted: agent.created, session.failed …"`
	Subject string    `json:"subject"`
	Detail  string    `json:"detail"`
	Address *string   `json:"address" doc:"Cut to its network."`
}

// Actor is who did something.
type Actor struct {
	Kind string `json:"kind" enum:"agent,key,customer"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

func auditView(e centrala.AuditEntry) AuditLine {
	v := AuditLine{ID: strconv.FormatInt(e.ID, 36), At: e.At.UTC(), Action: e.Action, Subject: e.Subject, Detail: e.Detail, Address: orNull(e.Address)}
	switch e.By.Kind {
	case centrala.ByAgent:
		v.Actor = &Actor{"agent", e.By.ID, e.By.Name}
	case centrala.ByBot:
		v.Actor = &Actor{"key", e.By.ID, e.By.Name}
	case centrala.ByCustomer:
		v.Actor = &Actor{"customer", e.By.ID, e.By.Name}
	}
	return v
}

type auditQuery struct {
	Q      string `query:"q" maxLength:"100" doc:"Part of a name, action, subject or detail."`
	Action string `query:"action" maxLength:"60" doc:"The action, or its first word."`
	Cursor string `query:"cursor" maxLength:"60"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200"`
}

func (q *auditQuery) matches(e centrala.AuditEntry) bool {
	if q.Action != "" && e.Action != q.Action && !strings.HasPrefix(e.Action, q.Action+".") {
		return false
	}
	if q.Q == "" {
		return true
	}
	all := strings.ToLower(strings.Join([]string{e.By.Name, e.Action, e.Subject, e.Detail, e.Address}, "\n"))
	return strings.Contains(all, strings.ToLower(q.Q))
}

// auditPages bounds how much of the log one search reads; its cursor goes on from there.
const auditPages = 10

func (s *server) listAudit(ctx context.Context, _ caller, q *auditQuery) (*answer[List[AuditLine]], error) {
	limit, cursor := q.Limit, q.Cursor
	if limit == 0 {
		limit = 50
	}
	var out []AuditLine
	for range auditPages {
		lines, next, err := s.Store.AuditLog(ctx, cursor, limit)
		if err != nil {
			return nil, err
		}
		for _, e := range lines {
			if q.matches(e) {
				out = append(out, auditView(e))
			}
		}
		cursor = next
		if next == "" || len(out) > 0 { // a page may hold fewer than asked for, never skip any
			break
		}
	}
	return page(out, cursor), nil
}

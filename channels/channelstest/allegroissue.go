package channelstest

import (
	"net/http"
	"slices"
)

func (a *Allegro) listIssues(w http.ResponseWriter, r *http.Request) {
	status := r.URL.Query()["status"]
	var all []*allegroIssue
	for _, i := range a.issues {
		if len(status) == 0 || slices.Contains(status, i.status) {
			all = append(all, i)
		}
	}
	slices.SortStableFunc(all, func(x, y *allegroIssue) int { return y.opened.Compare(x.opened) })
	out := []any{}
	for _, i := range pageOf(r, all, 100) {
		out = append(out, i.view())
	}
	answer(w, http.StatusOK, map[string]any{"issues": out})
}

func (a *Allegro) oneIssue(w http.ResponseWriter, r *http.Request) {
	i := a.issue(r.PathValue("id"))
	if i == nil {
		allegroRefuses(w, http.StatusNotFound, "NOT_FOUND")
		return
	}
	answer(w, http.StatusOK, i.view())
}

func (i *allegroIssue) view() map[string]any {
	v := map[string]any{"id": i.id, "type": i.kind, "referenceNumber": "17/2026", "openedDate": stamped(i.opened), "decisionDueDate": stamped(i.due),
		"buyer": map[string]any{"id": "44", "login": i.login}, "checkoutForm": map[string]any{"id": "order-1"}, "offer": map[string]any{"id": "9900112233"}, "attachments": []any{},
		"currentState": map[string]any{"status": i.status, "statusDueDate": nil, "chatActive": !i.closed, "returnRequired": false}}
	chat := map[string]any{"messagesCount": i.count}
	if n := len(i.chat); n > 0 {
		chat["lastMessage"] = map[string]any{"status": "NEW", "createdAt": stamped(i.chat[n-1].at)}
	}
	v["chat"] = chat
	return v
}

// ofIssue is a chat or a file: their addresses have the same shape.
func (a *Allegro) ofIssue(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.PathValue("id") == "attachments":
		r.SetPathValue("id", r.PathValue("what"))
		a.download(w, r)
	case r.PathValue("what") == "chat":
		a.listChat(w, r)
	default:
		allegroRefuses(w, http.StatusNotFound, "NOT_FOUND")
	}
}

func (a *Allegro) listChat(w http.ResponseWriter, r *http.Request) {
	i := a.issue(r.PathValue("id"))
	if i == nil {
		allegroRefuses(w, http.StatusNotFound, "NOT_FOUND")
		return
	}
	out := []any{}
	for _, m := range pageOf(r, i.chat, 100) {
		author := map[string]any{"role": m.role}
		if m.login != "" {
			author["login"] = m.login
		}
		out = append(out, map[string]any{"id": m.id, "text": m.text, "createdAt": stamped(m.at), "author": author, "attachments": a.viewFiles(m.files, false)})
	}
	slices.Reverse(out) // no order is promised
	answer(w, http.StatusOK, map[string]any{"chat": out})
}

func (a *Allegro) postIssue(w http.ResponseWriter, r *http.Request) {
	i := a.issue(r.PathValue("id"))
	if i == nil {
		allegroRefuses(w, http.StatusNotFound, "NOT_FOUND")
		return
	}
	if i.closed {
		allegroRefuses(w, http.StatusConflict, "CHAT_CLOSED")
		return
	}
	p, files, ok := a.mayPost(w, r, 20_000)
	if !ok {
		return
	}
	id := i.say("SELLER", "", p.Text, a.stamp())
	i.chat[len(i.chat)-1].files = files
	a.remember(id, "", i.id, i.login, p.Text, files)
	a.taken(w, i.login, map[string]any{"id": id, "text": p.Text})
}

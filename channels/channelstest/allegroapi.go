package channelstest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// allegroFrom is how the vendor's addresses of files begin. They let nobody in.
const allegroFrom = "https://upload.example.test/message-center/message-attachments/"

func allegroRefuses(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Trace-Id", "trace-"+strconv.Itoa(status))
	answer(w, status, map[string]any{"errors": []any{map[string]any{"code": code, "message": "no", "details": nil, "path": nil, "userMessage": "Nie.", "metadata": map[string]any{}}}})
}

// api checks what all calls have in common, and finds who answers.
func (a *Allegro) api(version string) http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /messaging/threads": a.listThreads, "GET /messaging/threads/{id}": a.oneThread, "PUT /messaging/threads/{id}/read": a.markRead,
		"GET /messaging/threads/{id}/messages": a.listMessages, "POST /messaging/threads/{id}/messages": a.post, "POST /messaging/messages": a.post,
		"GET /messaging/messages/{id}": a.oneMessage, "POST /messaging/message-attachments": a.declare, "PUT /messaging/message-attachments/{id}": a.upload,
		"GET /messaging/message-attachments/{id}": a.download,
		"GET /sale/issues":                        a.listIssues, "GET /sale/issues/{id}": a.oneIssue, "GET /sale/issues/{id}/{what}": a.ofIssue, "POST /sale/issues/{id}/message": a.postIssue,
		"POST /sale/issues/attachments": a.declare, "PUT /sale/issues/attachments/{id}": a.upload,
	} {
		mux.HandleFunc(pattern, h)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		told := a.onCall
		a.mu.Unlock()
		if told != nil {
			told(r.Method, r.URL.Path)
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		_, pattern := mux.Handler(r)
		a.calls[pattern]++
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		file := strings.Contains(r.URL.Path, "attachments/") && r.Method != http.MethodPost
		want := "application/vnd.allegro." + version + ".v1+json"
		switch {
		case a.like.Busy > 0:
			a.like.Busy--
			if a.like.Retry > 0 {
				w.Header().Set("Retry-After", strconv.Itoa(int(a.like.Retry.Seconds())))
			}
			allegroRefuses(w, http.StatusTooManyRequests, "TOO_MANY_REQUESTS")
		case a.like.Broken > 0:
			a.like.Broken--
			allegroRefuses(w, http.StatusInternalServerError, "INTERNAL")
		case a.like.Sick != "" && strings.HasPrefix(r.URL.Path, a.like.Sick):
			allegroRefuses(w, http.StatusInternalServerError, "INTERNAL")
		case a.like.Cut > 0:
			a.like.Cut--
			breaksOff(w, "HTTP/1.1 200 OK\r\nContent-Type: "+want+"\r\nContent-Length: 4000\r\n\r\n{\"threads\":[{\"id\":")
		case !a.now().Before(a.access[token]):
			allegroRefuses(w, http.StatusUnauthorized, "UNAUTHORIZED")
		case a.like.NoScope:
			allegroRefuses(w, http.StatusForbidden, "AccessDenied")
		case file && r.Header.Get("Accept") != "" || !file && r.Header.Get("Accept") != want:
			allegroRefuses(w, http.StatusNotAcceptable, "NotAcceptableException")
		case !file && (r.Method == http.MethodPost || r.Method == http.MethodPut) && r.Header.Get("Content-Type") != want:
			allegroRefuses(w, http.StatusUnsupportedMediaType, "UnsupportedMediaType")
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// breaksOff ends a connection after said.
func breaksOff(w http.ResponseWriter, said string) {
	if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_, _ = io.WriteString(c, said) // the other side may be gone
		_ = c.Close()
	}
}

// pageOf is a page of all, by limit and offset.
func pageOf[T any](r *http.Request, all []T, most int) []T {
	limit, err := strconv.Atoi(r.FormValue("limit"))
	if err != nil || limit < 1 || limit > most {
		limit = min(most, 10)
	}
	offset, err := strconv.Atoi(r.FormValue("offset"))
	if err != nil || offset < 0 {
		offset = 0
	}
	all = all[min(offset, len(all)):]
	return all[:min(limit, len(all))]
}

func stamped(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format("2006-01-02T15:04:05.000Z")
}

func (t *allegroThread) view() map[string]any {
	v := map[string]any{"id": t.id, "read": strconv.FormatBool(t.read), "lastMessageDateTime": stamped(t.last), "interlocutor": nil}
	if t.login != "" {
		v["interlocutor"] = map[string]any{"login": t.login, "avatarUrl": nil}
	}
	return v
}

func (a *Allegro) listThreads(w http.ResponseWriter, r *http.Request) {
	var all []*allegroThread
	for _, t := range a.threads {
		if !t.missing {
			all = append(all, t)
		}
	}
	slices.SortStableFunc(all, func(x, y *allegroThread) int { return y.last.Compare(x.last) })
	out := []any{}
	for _, t := range pageOf(r, all, 20) {
		out = append(out, t.view())
	}
	answer(w, http.StatusOK, map[string]any{"threads": out, "offset": 0, "limit": 20})
}

func (a *Allegro) oneThread(w http.ResponseWriter, r *http.Request) {
	t := a.thread(r.PathValue("id"))
	if t == nil {
		allegroRefuses(w, http.StatusNotFound, "NOT_FOUND")
		return
	}
	answer(w, http.StatusOK, t.view())
}

func (a *Allegro) markRead(w http.ResponseWriter, r *http.Request) {
	var said struct{ Read bool }
	t := a.thread(r.PathValue("id"))
	if err := json.NewDecoder(r.Body).Decode(&said); err != nil || t == nil {
		allegroRefuses(w, http.StatusNotFound, "NOT_FOUND")
		return
	}
	t.read = said.Read
	answer(w, http.StatusOK, t.view())
}

func (a *Allegro) viewFiles(ids []string, scanned bool) []any {
	out := []any{}
	for _, id := range ids {
		f := a.files[id]
		v := map[string]any{"fileName": f.Name, "url": allegroFrom + id}
		if scanned {
			v["mimeType"], v["status"] = f.Type, f.Status
			if f.Status != "SAFE" {
				v["url"] = nil
			}
		}
		out = append(out, v)
	}
	return out
}

func (a *Allegro) viewMessage(m *allegroMessage) map[string]any {
	relates := map[string]any{}
	if m.Offer != "" {
		relates["offer"] = map[string]any{"id": m.Offer}
	}
	if m.Order != "" {
		relates["order"] = map[string]any{"id": m.Order}
	}
	login := any(m.Login)
	if t := a.thread(m.Thread); m.Ours {
		login = "sprzedawca"
	} else if m.Login == "" && t != nil && t.login == "" {
		login = nil
	}
	return map[string]any{"id": m.ID, "status": cmp.Or(m.Status, "DELIVERED"), "type": "ASK_QUESTION", "createdAt": stamped(m.At), "thread": map[string]any{"id": m.Thread},
		"author": map[string]any{"login": login, "isInterlocutor": !m.Ours}, "text": m.Text, "subject": m.Subject, "relatesTo": relates,
		"hasAdditionalAttachments": false, "attachments": a.viewFiles(m.files, true), "additionalInformation": nil}
}

func (a *Allegro) listMessages(w http.ResponseWriter, r *http.Request) {
	t := a.thread(r.PathValue("id"))
	if t == nil {
		allegroRefuses(w, http.StatusNotFound, "NOT_FOUND")
		return
	}
	after, err := time.Parse(time.RFC3339, r.FormValue("after"))
	if err != nil {
		after = time.Time{}
	}
	var all []*allegroMessage
	for _, m := range t.messages {
		if m.Lag > 0 {
			m.Lag--
		} else if m.At.After(after) {
			all = append(all, m)
		}
	}
	slices.Reverse(all) // the latest first, also of those of one time
	slices.SortStableFunc(all, func(x, y *allegroMessage) int { return y.At.Compare(x.At) })
	out := []any{}
	for _, m := range pageOf(r, all, 20) {
		out = append(out, a.viewMessage(m))
	}
	answer(w, http.StatusOK, map[string]any{"messages": out, "offset": 0, "limit": 20})
}

func (a *Allegro) oneMessage(w http.ResponseWriter, r *http.Request) {
	m := a.message(r.PathValue("id"))
	if m == nil {
		allegroRefuses(w, http.StatusNotFound, "NOT_FOUND")
		return
	}
	answer(w, http.StatusOK, a.viewMessage(m))
}

// allegroPost is what the seller says.
type allegroPost struct {
	Recipient   *struct{ Login string }
	Text        string
	Attachments []struct{ ID string }
	Type        string
}

// mayPost reads what is posted and says whether it is taken; the answer is given when not.
func (a *Allegro) mayPost(w http.ResponseWriter, r *http.Request, most int) (p allegroPost, files []string, ok bool) {
	gap := a.like.Gap
	if gap == 0 {
		gap = time.Second
	}
	if now := time.Now(); now.Sub(a.posted) < gap {
		allegroRefuses(w, http.StatusTooManyRequests, "TOO_MANY_REQUESTS")
		return p, nil, false
	}
	if a.like.Deaf > 0 {
		a.like.Deaf--
		breaksOff(w, "")
		return p, nil, false
	}
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil || utf8.RuneCountInString(p.Text) > most {
		allegroRefuses(w, http.StatusUnprocessableEntity, "VALIDATION_ERROR")
		return p, nil, false
	}
	for _, f := range p.Attachments {
		if is := a.files[f.ID]; is == nil || is.Status == "DECLARED" {
			allegroRefuses(w, http.StatusUnprocessableEntity, "ATTACHMENT_NOT_FOUND")
			return p, nil, false
		}
		files = append(files, f.ID)
	}
	a.posted = time.Now()
	return p, files, true
}

// taken answers to what was posted, or breaks off when the other side is silent.
func (a *Allegro) taken(w http.ResponseWriter, login string, v map[string]any) {
	if slow := a.like.Slow; slow > 0 {
		a.mu.Unlock()
		time.Sleep(slow)
		a.mu.Lock()
	}
	if login == "silent" {
		breaksOff(w, "")
		return
	}
	answer(w, http.StatusCreated, v)
}

func (a *Allegro) remember(id, thread, issue, login, text string, files []string) {
	s := AllegroSent{ID: id, Thread: thread, Issue: issue, Login: login, Text: text}
	for _, f := range files {
		s.Files = append(s.Files, *a.files[f])
	}
	a.sent = append(a.sent, s)
}

func (a *Allegro) post(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	p, files, ok := a.mayPost(w, r, 2000)
	if !ok {
		return
	}
	t, login := a.thread(id), ""
	switch {
	case t != nil:
		login = t.login
	case id == "" && p.Recipient != nil:
		login = p.Recipient.Login
	}
	switch {
	case id != "" && t == nil, login == "gone":
		allegroRefuses(w, http.StatusNotFound, "NOT_FOUND")
		return
	case login == "away":
		allegroRefuses(w, http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE")
		return
	}
	thread, message := a.write(AllegroMessage{Thread: id, Login: login, Text: p.Text, Ours: true})
	m := a.message(message)
	m.files = files
	a.remember(message, thread, "", login, p.Text, files)
	a.taken(w, login, a.viewMessage(m))
}

func (a *Allegro) declare(w http.ResponseWriter, r *http.Request) {
	var said map[string]any
	name := "filename"
	issue := strings.HasPrefix(r.URL.Path, "/sale/")
	if issue {
		name = "fileName"
	}
	if err := json.NewDecoder(r.Body).Decode(&said); err != nil || said[name] == nil || said["size"] == nil || said["size"].(float64) > 5<<20 {
		allegroRefuses(w, http.StatusUnprocessableEntity, "VALIDATION_ERROR")
		return
	}
	id := a.keep(AllegroFile{Name: fmt.Sprint(said[name]), Status: "DECLARED"})
	if issue {
		w.Header().Set("Location", a.URL+"/sale/issues/attachments/"+id)
	}
	answer(w, http.StatusCreated, map[string]any{"id": id})
}

func (a *Allegro) upload(w http.ResponseWriter, r *http.Request) {
	f := a.files[r.PathValue("id")]
	if f == nil || f.Status != "DECLARED" {
		allegroRefuses(w, http.StatusNotFound, "NOT_FOUND")
		return
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, 5<<20+1))
	kind := r.Header.Get("Content-Type")
	if err != nil || len(data) > 5<<20 || !slices.Contains([]string{"image/png", "image/gif", "image/bmp", "image/tiff", "image/jpeg", "application/pdf"}, kind) {
		allegroRefuses(w, http.StatusUnprocessableEntity, "UNSUPPORTED_FILE")
		return
	}
	f.Type, f.Data, f.Status = kind, string(data), "SAFE"
	answer(w, http.StatusOK, map[string]any{"id": r.PathValue("id")})
}

func (a *Allegro) download(w http.ResponseWriter, r *http.Request) {
	f := a.files[r.PathValue("id")]
	if f == nil || f.Status != "SAFE" {
		allegroRefuses(w, http.StatusNotFound, "NOT_FOUND")
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = io.WriteString(w, f.Data) // the other side may be gone
}

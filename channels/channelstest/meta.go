package channelstest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
)

// Accounts of the fake Meta, and people whom it treats in their own way: nobody of a number ending in
// 404 can be reached, 503 is a passing trouble, and 408 is taken and never answered.
const (
	MetaPage      = "900100200300"
	MetaInstagram = "17840000000000001"
	MetaPhone     = "770011"
	MetaBusiness  = "330044"
	MetaApp       = "4455667788"
	MetaSecret    = "centrala-test-app-secret"
	MetaVerify    = "centrala-test-verify"
	MetaToken     = "EAATestTokenOfTheFakeMetaWhichIsLong0123456789"

	MetaPerson = "7100000000000001"
	MetaNumber = "48500000001"
)

// MetaFaults are what goes wrong at Meta. Numbers count down with each call that they spoil.
type MetaFaults struct {
	BadSignature bool // posts are signed with another secret
	EchoFirst    bool // the echo comes before the answer to the call
	NoEcho       bool
	NoMark       bool // echoes and statuses do not bear our mark
	Unheard      int  // messages that are taken, and whose answer is lost
	Limited      int  // calls that are too many: 429, with Retry-After
	Refused      int  // calls that end with Refusal
	Refusal      MetaRefusal
	Ended        int  // addresses of files that have ended when they are opened
	Usage        int  // percent, in the headers of each answer
	Regain       int  // minutes, likewise
	TokenEnded   bool // no token is taken
	Shut         bool // everybody is outside the window
}

// MetaRefusal is an error of the Graph API.
type MetaRefusal struct {
	Status, Code, Subcode int
	Message               string
}

// MetaSent is a message that the fake took.
type MetaSent struct {
	ID, To, Text string
	Mark         string // metadata, or biz_opaque_callback_data
	Kind         string // messaging_type, or the type of WhatsApp
	Tag, ReplyTo string
	Comment      string // that it answers, in public or in private
	Public       bool
	Template     string
	Params       []string
	File         *File
	At           time.Time
}

// Meta is a fake of Meta: the Graph API, the store of its files, and the one who posts webhooks. It is
// safe for concurrent use.
type Meta struct {
	Base string // with the version, for meta.Config.Base

	server *httptest.Server
	posts  sync.WaitGroup

	mu       sync.Mutex
	faults   MetaFaults
	callback string
	object   string // as whose account the fake tells of itself: page, with MetaPage
	account  string
	n        int
	sent     []MetaSent
	uploads  map[string]File
	files    map[string]File // by the id of a media, or path below /cdn/
	fields   map[string][]string
	seen     []string          // what was marked as read
	asked    []string          // method and path of each call
	people   map[string]string // names by id
	token    string            // that is taken
	expires  time.Time         // of it; zero: in sixty days
	leaks    int               // how often our token was shown to the store of files
}

// StartMeta starts a fake Meta; Close ends it.
func StartMeta() *Meta {
	m := &Meta{uploads: map[string]File{}, files: map[string]File{}, people: map[string]string{}, token: MetaToken, fields: map[string][]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cdn/", m.serveCDN)
	mux.HandleFunc("GET /lookaside/{id}", m.serveMedia)
	mux.HandleFunc("/v25.0/", m.serveGraph)
	m.server = httptest.NewServer(mux)
	m.Base = m.server.URL + "/v25.0"
	return m
}

// NewMeta starts a fake Meta, which ends with the test.
func NewMeta(t testing.TB) *Meta {
	t.Helper()
	m := StartMeta()
	t.Cleanup(m.Close)
	return m
}

// Close ends the fake, once what it still posts has been posted.
func (m *Meta) Close() {
	m.posts.Wait()
	m.server.CloseClientConnections()
	m.server.Close()
}

// Inbox is an inbox for one of the fake's accounts.
func (m *Meta) Inbox(id centrala.InboxID, kind centrala.Channel) centrala.Inbox {
	a := &centrala.Account{ID: MetaPage, Token: MetaToken, AppSecret: MetaSecret, HookSecret: MetaVerify, Client: MetaApp, HumanAgent: true, MarkRead: true, Comments: true}
	switch kind {
	case centrala.Instagram:
		a.ID, a.Business, a.Comments = MetaInstagram, MetaPage, false
	case centrala.WhatsApp:
		a.ID, a.Business, a.Comments, a.HumanAgent = MetaPhone, MetaBusiness, false, false
	}
	return centrala.Inbox{ID: id, Channel: kind, Enabled: true, Account: a}
}

// Fault changes what goes wrong.
func (m *Meta) Fault(change func(*MetaFaults)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.faults)
}

// Sent are the messages that were taken so far.
func (m *Meta) Sent() []MetaSent {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.sent)
}

// Seen is what was marked as read: people, or ids of messages.
func (m *Meta) Seen() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.seen)
}

// Asked are the calls so far, as "POST /900100200300/messages".
func (m *Meta) Asked() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.asked)
}

// Leaks is how often the store of pictures was shown a token.
func (m *Meta) Leaks() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leaks
}

// Call names a person; of others the fake tells nothing, as of whoever did not allow it.
func (m *Meta) Call(person, name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.people[person] = name
}

// Renew makes another token the one that is taken.
func (m *Meta) Renew(token string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.token = token
}

// Expire sets until when the token is good.
func (m *Meta) Expire(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expires = at
}

// Subscribed are the fields that an account tells the app of.
func (m *Meta) Subscribed(node string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.fields[node])
}

// Subscribe sets them.
func (m *Meta) Subscribe(node string, fields ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fields[node] = fields
}

// spend takes one of a count of faults.
func (m *Meta) spend(n *int) bool {
	if *n <= 0 {
		return false
	}
	*n--
	return true
}

// metaAnswer writes JSON.
func metaAnswer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // likewise
}

// refuse writes an error of the Graph API.
func (r MetaRefusal) refuse(w http.ResponseWriter) {
	e := map[string]any{"message": r.Message, "type": "OAuthException", "code": r.Code, "fbtrace_id": "AbC"}
	if r.Subcode != 0 {
		e["error_subcode"] = r.Subcode
	}
	metaAnswer(w, max(r.Status, 400), map[string]any{"error": e})
}

// serveGraph answers a call of the Graph API.
func (m *Meta) serveGraph(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/v25.0/")
	m.mu.Lock()
	m.asked = append(m.asked, r.Method+" /"+path)
	f, token := m.faults, m.token
	limited := m.spend(&m.faults.Limited)
	refused := !limited && m.spend(&m.faults.Refused)
	m.mu.Unlock()
	if f.Usage > 0 || f.Regain > 0 {
		w.Header().Set("X-App-Usage", fmt.Sprintf(`{"call_count":%d,"total_time":1,"total_cputime":1}`, f.Usage))
		w.Header().Set("X-Business-Use-Case-Usage", fmt.Sprintf(`{"%s":[{"type":"messenger","call_count":%d,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":%d}]}`, MetaPage, f.Usage, f.Regain))
	}
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case path == "debug_token":
		m.debugToken(w, r, f)
	case f.TokenEnded || bearer != token:
		MetaRefusal{401, 190, 463, "Error validating access token: Session has expired. " + bearer}.refuse(w)
	case limited:
		w.Header().Set("Retry-After", "7")
		MetaRefusal{429, 4, 0, "Application request limit reached"}.refuse(w)
	case refused:
		f.Refusal.refuse(w)
	default:
		node, edge, _ := strings.Cut(path, "/")
		m.serveNode(w, r, node, edge)
	}
}

func (m *Meta) serveNode(w http.ResponseWriter, r *http.Request, node, edge string) {
	if node == "me" {
		node = MetaPage
	}
	switch r.Method + " " + edge {
	case "POST messages":
		if node == MetaPhone {
			m.takeWhatsApp(w, r)
			return
		}
		m.takeMessage(w, r)
	case "POST comments":
		m.takeComment(w, r, node)
	case "GET comments", "GET conversations":
		m.listSaid(w, r, node, edge)
	case "POST message_attachments", "POST media":
		m.takeUpload(w, r)
	case "GET subscribed_apps", "POST subscribed_apps":
		m.subscriptions(w, r, node)
	case "GET message_templates":
		metaAnswer(w, 200, map[string]any{"data": metaTemplates})
	case "GET ":
		m.describe(w, node)
	default:
		MetaRefusal{400, 100, 33, "Unsupported " + r.Method + " request"}.refuse(w)
	}
}

var metaTemplates = []map[string]any{
	{"name": "odpowiedz_bok", "language": "pl", "status": "APPROVED", "components": []map[string]any{{"type": "BODY", "text": "Dzień dobry {{1}}, w sprawie {{2}} mamy odpowiedź."}}},
	{"name": "z_obrazem", "language": "pl", "status": "APPROVED", "components": []map[string]any{{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hej"}}},
	{"name": "odrzucony", "language": "pl", "status": "REJECTED", "components": []map[string]any{{"type": "BODY", "text": "Nie"}}},
}

func (m *Meta) debugToken(w http.ResponseWriter, r *http.Request, f MetaFaults) {
	m.mu.Lock()
	valid, until := !f.TokenEnded && r.URL.Query().Get("input_token") == m.token, m.expires
	m.mu.Unlock()
	if until.IsZero() {
		until = time.Now().Add(60 * 24 * time.Hour)
	}
	metaAnswer(w, 200, map[string]any{"data": map[string]any{"app_id": MetaApp, "type": "PAGE", "is_valid": valid, "expires_at": 0,
		"data_access_expires_at": until.Unix(),
		"scopes": []string{"pages_messaging", "pages_manage_metadata", "pages_manage_engagement", "pages_read_engagement", "pages_read_user_content",
			"instagram_manage_messages", "whatsapp_business_messaging", "whatsapp_business_management"}}})
}

// describe tells of an account, or where a file is.
func (m *Meta) describe(w http.ResponseWriter, node string) {
	m.mu.Lock()
	f, ok := m.files[node]
	name, known := m.people[node]
	m.mu.Unlock()
	switch {
	case known:
		metaAnswer(w, 200, map[string]any{"id": node, "name": name})
	case strings.HasSuffix(node, "503"):
		MetaRefusal{500, 2, 0, "An unexpected error has occurred. Please retry your request later."}.refuse(w)
	case strings.HasSuffix(node, "230"):
		MetaRefusal{403, 230, 0, "(#230) User consent is required to access user profile"}.refuse(w)
	case ok:
		sum := sha256.Sum256([]byte(f.Data))
		metaAnswer(w, 200, map[string]any{"url": m.server.URL + "/lookaside/" + node, "mime_type": f.Type, "sha256": hex.EncodeToString(sum[:]),
			"file_size": strconv.Itoa(len(f.Data)), "id": node, "messaging_product": "whatsapp"})
	case node == MetaPage:
		metaAnswer(w, 200, map[string]any{"id": node, "name": "Jarmark"})
	case node == MetaInstagram:
		metaAnswer(w, 200, map[string]any{"id": node, "name": "Jarmark", "username": "jarmark"})
	case node == MetaPhone:
		metaAnswer(w, 200, map[string]any{"id": node, "display_phone_number": "+48 22 000 00 00", "verified_name": "Jarmark"})
	default:
		MetaRefusal{400, 100, 33, "Object with ID does not exist"}.refuse(w)
	}
}

func (m *Meta) subscriptions(w http.ResponseWriter, r *http.Request, node string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.Method == http.MethodPost {
		m.fields[node] = strings.Split(r.URL.Query().Get("subscribed_fields"), ",")
		var over struct {
			URL string `json:"override_callback_uri"`
		}
		if body, err := io.ReadAll(r.Body); err == nil && json.Unmarshal(body, &over) == nil && over.URL != "" {
			m.fields[node] = append(m.fields[node], over.URL)
		}
		metaAnswer(w, 200, map[string]any{"success": true})
		return
	}
	data := []map[string]any{}
	if fields, ok := m.fields[node]; ok {
		data = append(data, map[string]any{"id": MetaApp, "name": "centrala", "subscribed_fields": fields, "whatsapp_business_api_data": map[string]any{"id": MetaApp, "name": "centrala"}})
	}
	metaAnswer(w, 200, map[string]any{"data": data})
}

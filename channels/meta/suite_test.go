package meta_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/meta"
)

// outside is a line with the fake Meta, and a door that its hooks come in by.
type outside struct {
	*channelstest.Meta
	line  channels.Channel
	inbox centrala.Inbox
	files *blob.Bucket
	board *channels.Board
	hook  string // the door's address
	shelf atomic.Pointer[channels.Shelf]
	posts atomic.Int64
}

func open(t testing.TB, kind centrala.Channel) *outside {
	t.Helper()
	o := &outside{Meta: channelstest.NewMeta(t), files: memblob.OpenBucket(nil), board: &channels.Board{}}
	t.Cleanup(func() { _ = o.files.Close() }) // in memory
	o.inbox = o.Inbox(7, kind)
	for _, l := range meta.Lines(meta.Config{Base: o.Base, Files: o.files, Timeout: 5 * time.Second, Board: o.board}) {
		if l.Kind() == kind {
			o.line = l
		}
	}
	door := httptest.NewServer(http.HandlerFunc(o.take))
	t.Cleanup(door.Close)
	o.hook = door.URL
	return o
}

// take is a door as the gateway has one: who signed it, then the shelf, then 200.
func (o *outside) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	to := o.shelf.Load()
	if err != nil || to == nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	key, err := o.line.(channels.Doorkeeper).Admit(o.inbox, channels.Posting{Header: r.Header, Body: body, At: time.Now()})
	var forged *channels.Forged
	if errors.As(err, &forged) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	err = (*to).KeepHooks(r.Context(), []centrala.Hook{{Inbox: o.inbox.ID, Channel: o.inbox.Channel, At: time.Now(), Key: key, Body: body}}, nil)
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	o.posts.Add(1)
}

// into lets hooks come into a log.
func (o *outside) into(to channels.Shelf) { o.shelf.Store(&to) }

// says posts a hook and has it taken.
func (o *outside) says(t testing.TB, body []byte) {
	t.Helper()
	if status, err := o.Post(o.hook, body); err != nil || status != http.StatusOK {
		t.Fatalf("a hook was answered %d, %v", status, err)
	}
}

// writes has somebody write, as the account's kind of message.
func (o *outside) writes(t testing.TB, l channelstest.Letter) {
	t.Helper()
	id := l.ID
	if id == "" {
		id = "in_" + time.Now().Format("150405.000000000")
	}
	if o.inbox.Channel == centrala.WhatsApp {
		o.says(t, o.onWhatsApp(id, l))
		return
	}
	msg := map[string]any{"mid": id}
	if l.Text != "" {
		msg["text"] = l.Text
	}
	if l.Answers != "" {
		msg["reply_to"] = map[string]any{"mid": l.Answers}
	}
	var files []any
	for _, f := range l.Files {
		kind, _, _ := strings.Cut(f.Type, "/")
		if kind == "application" {
			kind = "file"
		}
		files = append(files, map[string]any{"type": kind, "payload": map[string]any{"url": o.Keep(f)}})
	}
	if files != nil {
		msg["attachments"] = files
	}
	object, account := "page", channelstest.MetaPage
	if o.inbox.Channel == centrala.Instagram {
		object, account = "instagram", channelstest.MetaInstagram
	}
	o.says(t, channelstest.MetaHook(object, account, channelstest.MetaEvent(l.From.Address, account, time.Now(), "message", msg)))
}

func (o *outside) onWhatsApp(id string, l channelstest.Letter) []byte {
	var messages []any
	for i, f := range l.Files {
		media, sum := o.KeepMedia(f)
		kind, _, _ := strings.Cut(f.Type, "/")
		v := map[string]any{"id": media, "mime_type": f.Type, "sha256": sum}
		if kind == "application" {
			kind, v["filename"] = "document", f.Name
		}
		messages = append(messages, channelstest.MetaMessage(l.From.Address, id+string(rune('a'+i)), time.Now(), kind, v))
	}
	if l.Files == nil {
		m := channelstest.MetaMessage(l.From.Address, id, time.Now(), "text", map[string]any{"body": l.Text})
		if l.Answers != "" {
			m["context"] = map[string]any{"from": "48220000000", "id": l.Answers}
		}
		messages = append(messages, m)
	}
	contact := map[string]any{"wa_id": l.From.Address, "profile": map[string]any{"name": l.From.Name}}
	return channelstest.MetaWhatsApp(map[string]any{"contacts": []any{contact}, "messages": messages})
}

func (o *outside) letters(testing.TB) []channelstest.Letter {
	var out []channelstest.Letter
	for _, s := range o.Sent() {
		l := channelstest.Letter{ID: s.ID, To: s.To, Text: s.Text, Answers: s.ReplyTo}
		if s.File != nil {
			l.Files = []channelstest.File{*s.File}
		}
		out = append(out, l)
	}
	return out
}

func TestTheThreeLines(t *testing.T) {
	t.Parallel()
	for _, kind := range []centrala.Channel{centrala.Messenger, centrala.Instagram, centrala.WhatsApp} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			channelstest.Run(t, func(t testing.TB) channelstest.Line {
				o := open(t, kind)
				someone := centrala.Address{Address: channelstest.MetaPerson}
				gone, away, silent := "7100000000000404", "7100000000000503", "7100000000000408"
				carries := []channelstest.File{{Name: "buty.png", Type: "image/png", Data: "\x89PNG\x00\r\n\xff"}, {Name: "faktura.pdf", Type: "application/pdf", Data: "%PDF-1.7 \x00" + strings.Repeat("ą", 40_000)}}
				switch kind {
				case centrala.WhatsApp:
					someone = centrala.Address{Name: "Ola Testowa", Address: channelstest.MetaNumber}
					gone, away, silent = "48500000404", "48500000503", "48500000408"
					carries = []channelstest.File{{Name: "faktura żółta.pdf", Type: "application/pdf", Data: "%PDF-1.7 \x00" + strings.Repeat("ą", 40_000)}}
					o.Subscribe(channelstest.MetaBusiness, "messages")
				default:
					o.Subscribe(channelstest.MetaPage, "messages", "messaging_postbacks", "message_deliveries", "message_reads", "message_echoes", "message_reactions", "message_edits", "feed")
				}
				o.Call("7100000000000077", "Łucja Źdźbło")
				return channelstest.Line{
					Known: "7100000000000077", Shy: "7100000000000230",
					Channel: o.line, Inbox: o.inbox, Can: channelstest.Features{Files: true, FilesOut: true, Threads: true, Knows: true},
					Write: func(t testing.TB, to channels.Intake, l channelstest.Letter) {
						o.into(to.(channels.Shelf))
						o.writes(t, l)
					},
					Echo: func(t testing.TB, to channels.Intake) {
						o.into(to.(channels.Shelf))
						o.Callback(o.hook)
						if kind == centrala.Instagram {
							o.Speak("instagram", channelstest.MetaInstagram)
						}
					},
					Hurry: func(testing.TB) centrala.Address {
						o.Fault(func(f *channelstest.MetaFaults) {
							f.Refused, f.Refusal = 3, channelstest.MetaRefusal{Status: 400, Code: 131056, Message: "(#131056) Pair rate limit hit"}
						})
						return centrala.Address{Address: someone.Address[:len(someone.Address)-1] + "2"}
					},
					Got: o.letters, Someone: someone, Writer: someone, Gone: gone, Away: away, Silent: silent, Carries: carries,
				}
			})
		})
	}
}

// keep puts a file where files are kept, to be sent.
func (o *outside) keep(t testing.TB, f channelstest.File) centrala.Attachment {
	t.Helper()
	key := path.Join("out", f.Name)
	if err := o.files.WriteAll(context.Background(), key, []byte(f.Data), nil); err != nil {
		t.Fatal(err)
	}
	return centrala.Attachment{ID: 3, Name: f.Name, Type: f.Type, Size: int64(len(f.Data)), Blob: key}
}

// outbound is an answer of an agent that may be sent for an hour.
func (o *outside) outbound(words string) centrala.Outbound {
	to := channelstest.MetaPerson
	if o.inbox.Channel == centrala.WhatsApp {
		to = channelstest.MetaNumber
	}
	return centrala.Outbound{
		Delivery: 31, Attempt: 1, Inbox: o.inbox, Channel: o.inbox.Channel, Conversation: 41, To: centrala.Address{Address: to}, Text: words,
		Author: centrala.Author{Kind: centrala.ByAgent, Name: "Ania"}, At: time.Now(), Window: centrala.Window{Until: time.Now().Add(time.Hour)},
	}
}

func (o *outside) send(t testing.TB, out centrala.Outbound) (string, error) {
	t.Helper()
	return o.line.(channels.Sender).Send(context.Background(), out)
}

// Package hook reads what Meta posts: of a page with its comments, of an Instagram account, of a
// number of WhatsApp. It is pure: the same hook is always read the same.
package hook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/meta/graph"
	"centrala/words"
)

// The lenient types of what Meta writes.
type (
	text          = graph.Text
	stamp         = graph.Stamp
	flag          = graph.Flag
	number        = graph.Number
	list          = graph.List
	object[T any] = graph.Object[T]
)

// The objects that hooks are about.
const (
	ofPage      = "page"
	ofInstagram = "instagram"
	ofWhatsApp  = "whatsapp_business_account"
)

// Parser is the version of what reads hooks here.
const Parser = 1

// Mark begins what is sent along with a message, so that its echo or status is known for ours.
const Mark = "centrala:out:"

// Reader reads hooks. Words stand in place of what is no text.
type Reader struct{ Words words.Words }

// reading is a hook while it is read.
type reading struct {
	words  words.Words
	inbox  centrala.Inbox
	hook   centrala.Hook
	object string
	what   []string
	out    centrala.Reading
}

// entry is one account's part of a hook.
type entry struct {
	ID        text  `json:"id"`
	Time      stamp `json:"time"`
	Messaging list  `json:"messaging"`
	Standby   list  `json:"standby"`
	Changes   list  `json:"changes"`
}

type change struct {
	Field text            `json:"field"`
	Value json.RawMessage `json:"value"`
}

// Read tells what a hook says. A hook is read by the object that it names, whatever inbox it came
// to; what belongs to another account is named and skipped.
func (rd Reader) Read(inbox centrala.Inbox, h centrala.Hook) (centrala.Reading, error) {
	r := &reading{words: rd.Words, inbox: inbox, hook: h, out: centrala.Reading{Parser: Parser}}
	var body struct {
		Object text `json:"object"`
		Entry  list `json:"entry"`
	}
	if err := json.Unmarshal(h.Body, &body); err != nil {
		return r.out, &channels.Fault{Code: "not-json", Err: errors.New("the body is no JSON object")}
	}
	r.object = string(body.Object)
	if r.object == "" && len(body.Entry) == 0 {
		return r.out, &channels.Fault{Code: "not-meta", Err: errors.New("the body names neither object nor entry")}
	}
	switch r.object {
	case ofPage, ofInstagram, ofWhatsApp:
	default:
		r.skip("object " + r.object)
		r.out.What = graph.Clean(r.object)
		return r.out, nil
	}
	for i, raw := range body.Entry {
		at := fmt.Sprintf("entry %d", i)
		var e entry
		if !r.decode(raw, &e, at) {
			continue
		}
		r.entry(e, at)
	}
	r.out.What = strings.TrimSuffix(r.object+" / "+strings.Join(r.what, ", "), " / ")
	return r.out, nil
}

func (r *reading) entry(e entry, at string) {
	if r.object != ofWhatsApp && !r.mine(string(e.ID)) {
		return
	}
	for i, raw := range e.Messaging {
		r.messaging(e, raw, fmt.Sprintf("%s, messaging %d", at, i))
	}
	if len(e.Standby) > 0 {
		r.told("standby")
		r.skip("standby: another app has the thread")
	}
	for i, raw := range e.Changes {
		at := fmt.Sprintf("%s, change %d", at, i)
		var c change
		if !r.decode(raw, &c, at) {
			continue
		}
		r.change(e, c, at)
	}
}

func (r *reading) change(e entry, c change, at string) {
	field := string(c.Field)
	r.told(field)
	switch {
	case r.object == ofWhatsApp && (field == "messages" || field == "smb_message_echoes"):
		r.whatsApp(c, at)
	case r.object == ofPage && field == "feed":
		r.feed(e, c, at)
	default:
		r.skip("field " + field)
	}
}

// mine reports whether an account is the inbox's, and names it otherwise. With an inbox that has no
// account, as when something is explained, every account is.
func (r *reading) mine(id string) bool {
	if r.inbox.Account == nil || r.inbox.Account.ID == "" || r.inbox.Account.ID == id {
		return true
	}
	r.skip("another account: " + id)
	return false
}

// decode reads an element; one that is no object is noted, and the others are read on.
func (r *reading) decode(raw json.RawMessage, v any, at string) bool {
	if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, v) != nil {
		r.bad("not-an-object", at)
		return false
	}
	return true
}

func (r *reading) bad(code, at string) {
	r.out.Bad = append(r.out.Bad, centrala.Cause{Code: code, Detail: at})
}

// skip names something of which nothing comes, once.
func (r *reading) skip(what string) {
	if what = graph.Clean(what); !slices.Contains(r.out.Skipped, what) {
		r.out.Skipped = append(r.out.Skipped, what)
	}
}

// told adds to what the hook is about.
func (r *reading) told(kind string) {
	if kind = graph.Clean(kind); kind != "" && len(r.what) < 8 && !slices.Contains(r.what, kind) {
		r.what = append(r.what, kind)
	}
}

// item begins an item from or to a person at a moment. Without a moment, or with one that lies ahead
// of the hook by more than a day, the hook's own counts.
func (r *reading) item(kind centrala.InboundKind, ch centrala.Channel, peer string, at, or time.Time) centrala.Inbound {
	if at.IsZero() {
		at = or
	}
	if at.IsZero() || !r.hook.At.IsZero() && at.After(r.hook.At.Add(24*time.Hour)) {
		at = r.hook.At
	}
	return centrala.Inbound{
		Kind: kind, Inbox: r.inbox.ID, Channel: ch, Outcome: centrala.Ingested, Reason: "told by Meta, signed", Cause: centrala.Cause{Code: "hook"},
		From: centrala.Address{Address: peer}, At: at, Side: r.inbox.Side, Parser: Parser,
	}
}

// says fills in the words of an item, and puts it with the others.
func (r *reading) says(in centrala.Inbound, words string) {
	in.Text, in.FullText = words, words
	sum := sha256.Sum256([]byte(in.ExternalID + "\x00" + words))
	in.Digest = hex.EncodeToString(sum[:])
	r.put(in)
}

func (r *reading) put(in centrala.Inbound) { r.out.Items = append(r.out.Items, in) }

// paragraphs joins what is not empty, one below the other.
func paragraphs(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { return strings.TrimSpace(s) == "" }), "\n")
}

// Accounts are whose things a body tells, as far as it can be read.
func Accounts(body []byte) []string {
	var b struct {
		Object text `json:"object"`
		Entry  list `json:"entry"`
	}
	if json.Unmarshal(body, &b) != nil {
		return nil
	}
	var out []string
	add := func(id text) {
		if id != "" && !slices.Contains(out, string(id)) {
			out = append(out, string(id))
		}
	}
	for _, raw := range b.Entry {
		var e struct {
			ID      text `json:"id"`
			Changes []struct {
				Value object[struct {
					Metadata object[metadata] `json:"metadata"`
				}] `json:"value"`
			} `json:"changes"`
		}
		if json.Unmarshal(raw, &e) != nil {
			continue
		}
		if b.Object != ofWhatsApp {
			add(e.ID)
		}
		for _, c := range e.Changes {
			add(c.Value.V.Metadata.V.ID)
		}
	}
	return out
}

// ours is the delivery that a mark names, zero when it is not ours. The bare id is read, too.
func ours(mark string) centrala.DeliveryID {
	var id centrala.DeliveryID
	if err := id.UnmarshalText([]byte(strings.TrimPrefix(mark, Mark))); err != nil {
		return 0
	}
	return id
}

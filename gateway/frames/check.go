package frames

import (
	"encoding/base64"
	"fmt"
	"net/mail"
	"strconv"
	"strings"
	"unicode/utf8"

	"centrala"
)

const maxName = 200 // characters

// Change is what a customer says about themselves. What their host site has signed they
// cannot change: Forbidden.
func (f ContactSet) Change(signed centrala.Claims) (ch centrala.ContactChange, err error) {
	fixed := func(field string) error {
		return &centrala.Error{Code: centrala.Forbidden, Field: field, Message: "The site that signed this visitor in says this."}
	}
	known := signed.Subject != ""
	if f.Email != nil {
		addr, err := mail.ParseAddress(strings.TrimSpace(*f.Email))
		switch {
		case known && signed.Email != "":
			return ch, fixed("email")
		case err != nil || addr.Name != "" || len(addr.Address) > 254 || strings.ContainsAny(addr.Address, "\r\n\x00"):
			return ch, centrala.InvalidField("email", "This is not an e-mail address.")
		}
		ch.Email = &addr.Address
	}
	if f.Name != nil {
		name := strings.TrimSpace(*f.Name)
		switch {
		case known && signed.Name != "":
			return ch, fixed("name")
		case utf8.RuneCountInString(name) > maxName:
			return ch, &centrala.Error{Code: centrala.TooLong, Field: "name", Message: "A name has at most 200 characters."}
		case strings.ContainsRune(name, 0):
			return ch, centrala.InvalidField("name", "A name has no control characters.")
		}
		ch.Name = &name
	}
	if f.Side != nil {
		side := centrala.Side(*f.Side)
		switch {
		case known && signed.Side != centrala.NoSide:
			return ch, fixed("side")
		case !side.Valid():
			return ch, centrala.InvalidField("side", "A side is buyer, seller or advertiser.")
		}
		ch.Side = &side
	}
	if ch == (centrala.ContactChange{}) {
		return ch, centrala.Errorf(centrala.Invalid, "Nothing is set.")
	}
	return ch, nil
}

// Point is one conversation to resume.
type Point struct {
	Name  string                  // as it was given
	ID    centrala.ConversationID // zero: not even an identifier
	After int64
}

// Points reads the resume list; most bounds it. A conversation that is named twice counts once,
// from the lower place.
func (f Hello) Points(most int) ([]Point, error) {
	if len(f.Resume) > most {
		return nil, &centrala.Error{Code: centrala.TooMany, Field: "resume", Message: fmt.Sprintf("At most %d conversations are resumed at once.", most)}
	}
	out := make([]Point, 0, len(f.Resume))
next:
	for _, r := range f.Resume {
		if r.After < 0 {
			return nil, centrala.InvalidField("after", "A place in a conversation is not negative.")
		}
		for i := range out {
			if out[i].Name == r.Conversation {
				out[i].After = min(out[i].After, r.After)
				continue next
			}
		}
		id, err := ConversationID(r.Conversation)
		if err != nil {
			id = 0
		}
		out = append(out, Point{Name: centrala.Clip(r.Conversation, MaxRef), ID: id, After: r.After})
	}
	return out, nil
}

// Points is the score: an integer from 0 to 10 and nothing else.
func (f SurveyAnswer) Points() (int, error) {
	n, err := strconv.Atoi(string(f.Score))
	if err != nil || n < 0 || n > 10 {
		return 0, centrala.InvalidField("score", "A score is an integer from 0 to 10.")
	}
	return n, nil
}

// Parse reads the filter.
func (f Filter) Parse() (out centrala.Filter, err error) {
	switch s := centrala.Status(f.Status); s {
	case "", centrala.Waiting, centrala.Open, centrala.Snoozed, centrala.Resolved:
		out.Status = s
	default:
		return out, centrala.InvalidField("status", "A status is waiting, open, snoozed or resolved.")
	}
	if out.Side = centrala.Side(f.Side); f.Side != "" && !out.Side.Valid() {
		return out, centrala.InvalidField("side", "A side is buyer, seller or advertiser.")
	}
	if f.Team != "" {
		if out.Team, err = ID[centrala.TeamID]("team", f.Team); err != nil {
			return out, err
		}
	}
	if f.Assignee != "" {
		out.Assignee, err = ID[centrala.AgentID]("assignee", f.Assignee)
	}
	return out, err
}

// FormatCursor is the opaque form of a place in the log of an epoch.
func FormatCursor(epoch string, id centrala.EventID) string {
	return base64.RawURLEncoding.EncodeToString([]byte(epoch + "." + id.String()))
}

// ParseCursor reads it; ok is false for what is none, or of another epoch.
func ParseCursor(epoch, text string) (id centrala.EventID, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return 0, false
	}
	at := strings.LastIndexByte(string(b), '.')
	if at < 0 || string(b[:at]) != epoch {
		return 0, false
	}
	err = id.UnmarshalText(b[at+1:])
	return id, err == nil
}

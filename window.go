package centrala

import "time"

// How long a vendor lets people be answered after they last did something
// (docs/meta.md, "The window").
const (
	FreeWindow  = 24 * time.Hour
	HumanWindow = 7 * 24 * time.Hour
)

// Window is until when somebody may be answered on a channel. The zero Window has no end.
type Window struct {
	Until    time.Time `json:"until,omitzero"`       // in free words
	Extended time.Time `json:"human_until,omitzero"` // by a person, after that
	Template bool      `json:"template,omitempty"`   // and at any time by an approved template
}

// WindowOf is the window of a conversation on a channel whose customer last did something at
// heard; human tells that the account lets people answer for longer. Comments are public and have
// none.
func WindowOf(ch Channel, heard time.Time, human bool) Window {
	if heard.IsZero() {
		return Window{}
	}
	switch ch {
	case Messenger, Instagram:
		w := Window{Until: heard.Add(FreeWindow)}
		if human {
			w.Extended = heard.Add(HumanWindow)
		}
		return w
	case WhatsApp:
		return Window{Until: heard.Add(FreeWindow), Template: true}
	}
	return Window{}
}

// Passage is how a message may pass a window.
type Passage string

// The passages.
const (
	Shut    Passage = "shut"
	Free    Passage = "free"
	ByHuman Passage = "human" // only because a person wrote it; the vendor must be told so
)

// Passes says how a message passes at now. byPerson tells that a person wrote it, template that it
// is an approved one.
func (w Window) Passes(now time.Time, byPerson, template bool) Passage {
	switch {
	case w.Until.IsZero() || now.Before(w.Until) || template && w.Template:
		return Free
	case byPerson && now.Before(w.Extended):
		return ByHuman
	}
	return Shut
}

package centrala

import (
	"slices"
	"strings"
	"time"
)

// Account is how a social inbox is reached at its vendor. What is secret is kept encrypted and
// never leaves. Which fields a channel needs its page in docs says.
type Account struct {
	ID         string    `json:"id,omitempty"`          // the vendor's: the page, professional account, phone number, bot or seller
	Name       string    `json:"name,omitempty"`        // as customers know it: "@jarmark", "+48 22 000 20 20"
	Business   string    `json:"business,omitempty"`    // WhatsApp: the business account that has the templates
	Client     string    `json:"client,omitempty"`      // Allegro: of the registered application
	Sandbox    bool      `json:"sandbox,omitempty"`     // Allegro: its world for trying things out
	Endpoint   string    `json:"endpoint,omitempty"`    // webhook: where answers are posted; "": nowhere
	Polling    bool      `json:"polling,omitempty"`     // Telegram: we look, instead of being told
	Comments   bool      `json:"comments,omitempty"`    // Messenger: comments below the page's posts are conversations, too
	HumanAgent bool      `json:"human_agent,omitempty"` // Messenger, Instagram: people may answer for seven days
	MarkRead   bool      `json:"mark_read,omitempty"`   // the customer sees what we have read
	Expires    time.Time `json:"expires_at,omitzero"`   // of Token, when the vendor has said so

	Token        string `json:"-"` // by which we call the vendor
	Refresh      string `json:"-"` // by which Token is renewed
	AppSecret    string `json:"-"` // the vendor signs what it posts with it; while it is changed, several, one a line
	HookSecret   string `json:"-"` // ours, made by us: the vendor shows it (verify token, secret header) or signs with it (webhook)
	ClientSecret string `json:"-"` // Allegro: of the application
}

// AppSecrets are the secrets of which any may have signed a post.
func (a *Account) AppSecrets() []string { return lines(a.AppSecret) }

// HookSecrets are likewise our own.
func (a *Account) HookSecrets() []string { return lines(a.HookSecret) }

// Elsewhere reports whether a names another account, or is reached as another application, than
// kept does: what opens one is never shown to the other. An account whose name the vendor has not
// told us yet may get one.
func (a *Account) Elsewhere(kept *Account) bool {
	if a == nil || kept == nil {
		return a != kept
	}
	return kept.ID != "" && a.ID != kept.ID || kept.Business != "" && a.Business != kept.Business || a.Client != kept.Client || a.Sandbox != kept.Sandbox
}

func lines(s string) []string {
	return slices.DeleteFunc(strings.Fields(s), func(l string) bool { return l == "" })
}

// ExpiryWarning is how long before the end of a token an administrator is told.
const ExpiryWarning = 7 * 24 * time.Hour

// Template is a message that WhatsApp has approved, with what fills its blanks in their order.
type Template struct {
	Name   string   `json:"name"`
	Locale string   `json:"locale"`
	Params []string `json:"params,omitempty"`
	Body   string   `json:"body,omitempty"`   // with the blanks as {{1}}; in lists
	Blanks int      `json:"blanks,omitempty"` // how many it has; in lists
}

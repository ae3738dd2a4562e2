package email

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"centrala"
)

// macDigits is how much of a token is its proof: 60 bits, of which guesses have to arrive one
// mail at a time.
const macDigits = 12

// tokenMark stands between a mailbox's own local part and the token.
const tokenMark = "+t-"

// tokens makes and checks the reply addresses of conversations: "bok+t-<token>@firma.test",
// where the token is the conversation's id and a proof that we wrote it.
type tokens struct{ secret []byte }

func (t tokens) mac(id string) string {
	m := hmac.New(sha256.New, t.secret)
	m.Write([]byte("reply-address\x00" + id))
	return strings.ToLower(base32.StdEncoding.EncodeToString(m.Sum(nil)))[:macDigits]
}

// replyAddress is where the answer to a mail of this mailbox should go.
func (c *Channel) replyAddress(box centrala.Mailbox, id centrala.ConversationID) string {
	if box.PlainReply {
		return box.Address
	}
	return c.tokens.address(box.Address, id)
}

// address is mailbox with the token of a conversation in it, or mailbox itself when there is
// no secret to sign with, no conversation, or no room.
func (t tokens) address(mailbox string, c centrala.ConversationID) string {
	local, domain, ok := cutAddress(mailbox)
	_, id, _ := strings.Cut(c.String(), "_")
	if token := tokenMark + id + t.mac(id); ok && len(t.secret) > 0 && id != "" && len(local)+len(token) <= 64 {
		return local + token + "@" + domain
	}
	return mailbox
}

// conversation is the conversation whose token is in an address, or zero when there is none
// that we signed.
func (t tokens) conversation(address string) centrala.ConversationID {
	local, _, _ := cutAddress(strings.ToLower(address))
	at := strings.LastIndex(local, tokenMark)
	if at < 0 || len(t.secret) == 0 {
		return 0
	}
	token := local[at+len(tokenMark):]
	if len(token) <= macDigits {
		return 0
	}
	id, mac := token[:len(token)-macDigits], token[len(token)-macDigits:]
	if !hmac.Equal([]byte(mac), []byte(t.mac(id))) {
		return 0
	}
	var c centrala.ConversationID
	if err := c.UnmarshalJSON([]byte(`"c_` + id + `"`)); err != nil {
		return 0
	}
	return c
}

func cutAddress(s string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 {
		return "", "", false
	}
	return s[:at], s[at+1:], true
}

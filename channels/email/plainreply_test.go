package email

import (
	"testing"

	"centrala"
)

// Answers go to a signed address of the mailbox, or to the mailbox itself where its provider
// does not deliver others.
func TestReplyAddress(t *testing.T) {
	t.Parallel()
	c := New(Config{Secret: []byte("secret")})
	box := centrala.Mailbox{Address: "pomoc@jarmark.test"}
	signed := c.replyAddress(box, 42)
	if got := c.tokens.conversation(signed); got != 42 || signed == box.Address {
		t.Errorf("%s leads to %s", signed, got)
	}
	box.PlainReply = true
	if got := c.replyAddress(box, 42); got != box.Address {
		t.Errorf("plain: %s", got)
	}
}

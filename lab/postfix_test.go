package lab

import (
	"errors"
	"fmt"
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"
)

// A real mail server treats each recipient as it is said to, keeps what it took, and returns
// what it cannot deliver to the sender's mailbox.
func TestPostfix(t *testing.T) {
	t.Parallel()
	box, err := StartDovecot(t.Context(), "", nil)
	need(t, err, ErrNoDovecot)
	t.Cleanup(func() { must(t, box.Close()) })
	post, err := StartPostfix(t.Context(), "firma.test", "", box, nil)
	if errors.Is(err, ErrNotRoot) {
		t.Skip(err)
	}
	need(t, err, ErrNoPostfix)
	t.Cleanup(func() { must(t, post.Close()) })
	for _, tt := range []struct {
		to   string
		code int
	}{
		{"jan", 250}, {"nobody", 550}, {"full", 552}, {"barred", 554}, {"later", 450}, {"perhaps", 450}, {"shut", 421}, {"rush", 421},
		{"busy", 451}, {"grey", 450}, {"grey", 250}, {"spam", 550}, {"foul", 554}, {"unsure", 451}, {"gone", 250}, {"slow", 250},
	} {
		err := smtp.SendMail(post.Addr, nil, "bok@firma.test", []string{tt.to + "@example.test"},
			[]byte(fmt.Sprintf("From: bok@firma.test\r\nMessage-ID: <%s@firma.test>\r\nSubject: x\r\n\r\nx\r\n", tt.to)))
		code := 250
		var reply *textproto.Error
		if errors.As(err, &reply) {
			code = reply.Code
		} else if err != nil {
			code = 0
		}
		if code != tt.code {
			t.Errorf("%s: %d (%v), want %d", tt.to, code, err, tt.code)
		}
	}
	until(t, "jan and grey have got theirs", func() bool {
		got, err := post.Mails()
		must(t, err)
		return len(got) == 2
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(post.Log())
		}
	})
	until(t, "what came back is in the mailbox", func() bool {
		got, err := maildir(box.Folder).all()
		must(t, err)
		all := ""
		for _, m := range got {
			all += string(m)
		}
		return strings.Contains(all, "Action: failed") && strings.Contains(all, "Action: delayed") && strings.Contains(all, "Message-ID: <gone@firma.test>")
	})
}

package lab

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// need skips the test where a server is not installed, or fails it on a build machine.
func need(t *testing.T, err error, missing error) {
	t.Helper()
	if errors.Is(err, missing) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	must(t, err)
}

// Each trouble of an SMTP server is what it says, for the client and for the server.
func TestSMTPTroubles(t *testing.T) {
	t.Parallel()
	sink, err := StartSink(t.Context(), SinkConfig{Dir: scratch(t)})
	need(t, err, ErrNoSink)
	t.Cleanup(func() { must(t, sink.Stop()) })
	r, err := NewSMTPRelay(sink.Addr)
	must(t, err)
	t.Cleanup(func() { must(t, r.Close()) })
	for _, tt := range []struct {
		trouble Trouble
		code    int  // that the client is told, 0 for none
		taken   bool // by the server
	}{
		{NoTrouble, 250, true}, {Refused, 0, false}, {Hanging, 0, false}, {Late, 250, true}, {Torn, 0, false},
		{Unheard, 0, true}, {Twice, 250, true}, {PutOff, 451, false}, {HungUp, 0, false}, {OutOfStep, 354, true}, {NoTrouble, 250, true},
	} {
		must(t, r.Make(tt.trouble, 30*time.Millisecond))
		before, err := sink.Mails()
		must(t, err)
		sent := make(chan error, 1)
		go func() { sent <- send(r.Addr()) }()
		if tt.trouble == Hanging {
			until(t, "it hangs", func() bool { return r.Struck(Hanging) > 0 })
			select {
			case err := <-sent:
				t.Errorf("hanging: %v", err)
			default:
			}
			must(t, r.Make(NoTrouble, 0))
		}
		code := 250
		var reply *textproto.Error
		if err := <-sent; errors.As(err, &reply) {
			code = reply.Code
		} else if err != nil {
			code = 0
		}
		after, err := sink.Mails()
		must(t, err)
		if taken := len(after) > len(before); code != tt.code || taken != tt.taken {
			t.Errorf("%q: the client is told %d and the server has taken it: %v; want %d, %v", tt.trouble, code, taken, tt.code, tt.taken)
		}
		if tt.trouble != NoTrouble && r.Struck(tt.trouble) == 0 {
			t.Errorf("%q has met nobody", tt.trouble)
		}
	}
}

// send sends a mail, and gives the answer that was no success.
func send(addr string) error {
	c, err := smtp.Dial(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := errors.Join(c.Hello("lab.test"), c.Mail("a@lab.test"), c.Rcpt("b@lab.test")); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, "Subject: x\r\n\r\nsłowo\r\n"); err != nil {
		return err
	}
	return w.Close()
}

// Each trouble of an IMAP server is what it says.
func TestIMAPTroubles(t *testing.T) {
	t.Parallel()
	box, err := StartDovecot(t.Context(), "", nil)
	need(t, err, ErrNoDovecot)
	t.Cleanup(func() { must(t, box.Close()) })
	body := "Subject: x\r\n\r\n" + strings.Repeat("słowo ", 100) + "\r\n"
	must(t, box.Put([]byte(body)))
	r, err := NewIMAPRelay(box.Addr)
	must(t, err)
	t.Cleanup(func() { must(t, r.Close()) })
	for _, tt := range []struct {
		trouble Trouble
		want    func(got string, err error) bool
	}{
		{NoTrouble, func(got string, err error) bool { return err == nil && strings.Contains(got, body) }},
		{Torn, func(got string, err error) bool {
			return err != nil && strings.Contains(got, body[:100]) && !strings.Contains(got, body)
		}},
		{Twice, func(got string, err error) bool { return err == nil && strings.Count(got, "a2 OK") == 2 }},
		{PutOff, func(got string, err error) bool { return err == nil && strings.Contains(got, "a1 NO [UNAVAILABLE]") }},
		{Refused, func(got string, err error) bool { return err != nil && got == "" }},
		{Late, func(got string, err error) bool { return err == nil && strings.Contains(got, body) }},
	} {
		must(t, r.Make(tt.trouble, time.Millisecond))
		if got, err := fetch(r.Addr(), "SELECT INBOX", "FETCH 1 BODY.PEEK[]"); !tt.want(got, err) {
			t.Errorf("%q: %v after %q", tt.trouble, err, got)
		}
		if tt.trouble != NoTrouble && r.Struck(tt.trouble) == 0 {
			t.Errorf("%q has met nobody", tt.trouble)
		}
	}
}

// fetch logs in, says commands, and gives all that the server said.
func fetch(addr string, commands ...string) (got string, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return "", err
	}
	said := &strings.Builder{}
	lines := bufio.NewReader(io.TeeReader(conn, said))
	for n, command := range slices.Concat([]string{"", "LOGIN " + DovecotUser + " " + DovecotPassword}, commands, []string{"LOGOUT"}) {
		tag := fmt.Sprintf("a%d ", n)
		if n > 0 {
			_, err = io.WriteString(conn, tag+command+"\r\n")
		}
		for line := ""; err == nil && !strings.HasPrefix(line, tag) && (n > 0 || line == ""); {
			line, err = lines.ReadString('\n')
		}
		if err != nil {
			return said.String(), err
		}
	}
	return said.String(), nil
}

// also when nobody looked meanwhile.
func TestMailboxOrder(t *testing.T) {
	t.Parallel()
	box, err := StartDovecot(t.Context(), "", nil)
	need(t, err, ErrNoDovecot)
	t.Cleanup(func() { must(t, box.Close()) })
	const all = 8
	began := time.Now().Add(-time.Minute)
	for n := range all {
		must(t, box.put.add([]byte(fmt.Sprintf("Subject: mail %d\r\n\r\nsłowo\r\n", n)), began.Add(time.Duration(n)*1500*time.Millisecond)))
	}
	got, err := fetch(box.Addr, "SELECT INBOX", "FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]")
	must(t, err)
	at := -1
	for n := range all {
		next := strings.Index(got, fmt.Sprintf("mail %d", n))
		if next <= at {
			t.Fatalf("not in order:\n%s", got)
		}
		at = next
	}
}

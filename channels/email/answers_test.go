package email_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/channels/channelstest"
	"centrala/channels/email"
)

// says is an SMTP server that has one answer of its own: to the command, "greeting" or "." that
// it is given for.
func says(t *testing.T, to, answer string) centrala.Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	fine(t, err)
	t.Cleanup(func() { fine(t, l.Close()) })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		reply := func(command, usual string) {
			if command == to {
				usual = answer
			}
			_, _ = io.WriteString(conn, usual+"\r\n") // the client may be gone already
		}
		reply("greeting", "220 hello")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			command := strings.ToUpper(strings.Fields(lines.Text() + " x")[0])
			if strings.HasPrefix(lines.Text(), "MAIL FROM:<>") {
				command = "MAIL <>"
			}
			switch command {
			case "EHLO":
				reply(command, "250-hello\r\n250 AUTH PLAIN")
			case "DATA":
				if reply(command, "354 go on"); to == command {
					continue
				}
				for lines.Scan() && lines.Text() != "." {
				}
				reply(".", "250 taken")
			case "AUTH":
				reply(command, "235 come in")
			case "QUIT":
				reply(command, "221 bye")
				return
			default:
				reply(command, "250 fine")
			}
		}
	}()
	return centrala.Server{Host: "127.0.0.1", Port: port(t, l.Addr().String()), TLS: "none"}
}

// Every answer that the standards name, at every step at which it can come.
func TestWhatAnswersMean(t *testing.T) {
	t.Parallel()
	line, _, out := sender(t, channelstest.SinkOptions{}, email.Config{Timeout: 5 * time.Second})
	for _, tt := range []struct{ to, answer, want string }{
		{"greeting", "421 4.3.2 not now", "later"},
		{"greeting", "421 4.7.0 too many connections from you", "busy "},
		{"greeting", "554 5.7.1 we do not know you", "stopped"},
		{"AUTH", "535 5.7.8 wrong", "stopped"},
		{"AUTH", "534 5.7.9 another mechanism", "stopped"},
		{"AUTH", "454 4.7.0 cannot check now", "later"},
		{"MAIL", "530 5.7.0 log in first", "stopped"},
		{"MAIL", "550 5.1.8 not your address", "stopped"},
		{"MAIL", "552 5.3.4 too big", "never"},
		{"MAIL", "451 4.7.0 daily sending limit reached", "busy "},
		{"MAIL", "452 4.3.1 no room", "later"},
		{"RCPT", "450 4.2.1 the user gets mail at a rate that is too high", "busy example.test"},
		{"RCPT", "452 4.2.2 mailbox storage: too much", "later"},
		{"RCPT", "452 4.5.3 too many recipients", "busy example.test"},
		{"RCPT", "450 4.7.1 greylisted, try again in 300 seconds", "later"},
		{"RCPT", "551 5.1.6 moved away", "never"},
		{"RCPT", "550 5.7.1 not from you", "never"},
		{"RCPT", "554 5.7.1 relay access denied", "stopped"},
		{"RCPT", "554 5.1.1 nobody", "never"},
		{"DATA", "451 4.3.0 not now", "later"},
		{"DATA", "554 5.5.1 no valid recipients", "stopped"},
		{".", "250 2.0.0 queued", "sent"},
		{".", "451 4.7.1 rate limited", "busy example.test"},
		{".", "421 4.4.2 timeout", "later"},
		{".", "550 5.7.1 spam", "never"},
		{".", "554 5.6.0 malformed", "never"},
		{".", "554 5.7.1 policy", "stopped"},
		{".", "220 hello", "unknown"},
		{".", "", "unknown"},
		{"QUIT", "500 what?", "sent"},
	} {
		t.Run(fmt.Sprintf("%s %.20s", tt.to, tt.answer), func(t *testing.T) {
			t.Parallel()
			server := says(t, tt.to, tt.answer)
			if server.User = ""; tt.to == "AUTH" {
				server.User = "bok"
			}
			_, err := line.Send(t.Context(), through(out, server, "tajne"))
			if got := meaning(err); got != tt.want {
				t.Errorf("%s after %s: %s (%v), want %s", tt.answer, tt.to, got, err, tt.want)
			}
		})
	}
}

// A provider that lets nobody send without a return path gets the mailbox's own, and the line
// goes on.
func TestAcknowledgementWhereAnEmptyPathIsRefused(t *testing.T) {
	t.Parallel()
	line, _, out := sender(t, channelstest.SinkOptions{}, email.Config{Timeout: 5 * time.Second})
	out.Automatic, out.Reply = true, true
	if _, err := line.Send(t.Context(), through(out, says(t, "MAIL <>", "550 5.7.60 not as this sender"), "")); err != nil {
		t.Errorf("refused without a return path: %v", err)
	}
	if _, err := line.Send(t.Context(), through(out, says(t, "MAIL <>", "451 4.3.0 not now"), "")); meaning(err) != "later" {
		t.Errorf("put off: %v", err)
	}
}

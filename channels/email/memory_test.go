package email_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"centrala/channels/email"
)

// heavy are mails of 50 MB, and worse, as streams: nothing of them is in memory before it is
// read.
func heavy() map[string]func() io.Reader {
	const size = 50 << 20
	top := "From: jan@example.test\r\nMessage-ID: <big@example.test>\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
	base64Lines := strings.Repeat("QUJD", 19) + "\r\n"
	many := func(line string, bytes int) io.Reader { return io.LimitReader(&endless{line: line}, int64(bytes)) }
	return map[string]func() io.Reader{
		"50 MB of attachments": func() io.Reader {
			all := []io.Reader{strings.NewReader(top + "Content-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\nhi\r\n")}
			for i := range 5 {
				all = append(all, strings.NewReader(fmt.Sprintf("--bb\r\nContent-Type: image/png; name=%d.png\r\nContent-Transfer-Encoding: base64\r\n\r\n", i)),
					many(base64Lines, size/57*78/5), strings.NewReader("\r\n"))
			}
			return io.MultiReader(append(all, strings.NewReader("--bb--\r\n"))...)
		},
		"a text of 60 MB": func() io.Reader {
			return io.MultiReader(strings.NewReader(top+"Content-Type: text/plain; charset=iso-8859-2\r\n\r\n"), many("Za\xbf\xf3\xb3\xe6 g\xea\xb6l\xb1 ja\xbc\xf1 \r\n", 60<<20))
		},
		"a text of 49 MB": func() io.Reader {
			return io.MultiReader(strings.NewReader(top+"Content-Type: text/plain; charset=iso-8859-2\r\n\r\n"), many("Za\xbf\xf3\xb3\xe6 g\xea\xb6l\xb1 ja\xbc\xf1 \r\n", 49<<20))
		},
		"HTML of 49 MB": func() io.Reader {
			return io.MultiReader(strings.NewReader(top+"Content-Type: text/html; charset=utf-8\r\n\r\n"), many("<p>a <a href=\"https://example.test\">b</a> <b>c</b></p>\r\n", 49<<20))
		},
		"base64 of 49 MB on one line": func() io.Reader {
			return io.MultiReader(strings.NewReader(top+"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"), many("QUJDREVG", 49<<20), strings.NewReader("\r\n"))
		},
		"base64 text of 49 MB on one line": func() io.Reader {
			return io.MultiReader(strings.NewReader(top+"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"), many("QUJDREVG", 49<<20))
		},
		"100 000 headers": func() io.Reader {
			return io.MultiReader(strings.NewReader(top), many("X-Junk: something that nobody needs\r\n", 100_000*37), strings.NewReader("\r\nhi\r\n"))
		},
		"190 texts of 250 KB": func() io.Reader {
			all := []io.Reader{strings.NewReader(top + "Content-Type: multipart/mixed; boundary=bb\r\n\r\n")}
			for range 190 {
				all = append(all, strings.NewReader("--bb\r\nContent-Type: text/plain\r\n\r\n"), many("words and words\r\n", 250<<10), strings.NewReader("\r\n"))
			}
			return io.MultiReader(append(all, strings.NewReader("--bb--\r\n"))...)
		},
		"2 000 000 empty lines": func() io.Reader {
			return io.MultiReader(strings.NewReader(top+"\r\nhi"), many("\r\n", 4<<20), strings.NewReader("\r\n> x\r\n"))
		},
		"nothing but closings": func() io.Reader {
			return io.MultiReader(strings.NewReader(top+"\r\nhi\r\n"), many("pozdrawiam\r\n", 2<<20))
		},
		"nothing but attributions": func() io.Reader {
			return io.MultiReader(strings.NewReader(top+"\r\nhi\r\n"), many("On 1.1.2020 a@b wrote:\r\n> x\r\ny\r\n", 2<<20))
		},
	}
}

type endless struct {
	line string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c := copy(p[n:], e.line[e.at:])
		n, e.at = n+c, (e.at+c)%len(e.line)
	}
	return n, nil
}

const heavyMail = "CENTRALA_TEST_HEAVY_MAIL"

// TestMain reads one heavy mail and tells the memory that it took, when it is the child of
// TestMemoryOfOneMail.
func TestMain(m *testing.M) {
	name := os.Getenv(heavyMail)
	if name == "" {
		os.Exit(m.Run())
	}
	line := email.New(email.Config{})
	line.ReadRaw(strings.NewReader("From: a@b.test\r\n\r\nwarm\r\n")) // what is made once is not this mail's
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200); err != nil {
		fmt.Println("no measure:", err)
		os.Exit(3)
	}
	before, start := resident("VmRSS"), time.Now()
	in := line.ReadRaw(heavy()[name]())
	fmt.Printf("cost %d kB, %d ms, %s, text %d, full %d, HTML %d, files %d\n", resident("VmHWM")-before, time.Since(start).Milliseconds(), in.Outcome, len(in.Text), len(in.FullText), len(in.HTML), len(in.Attachments))
	os.Exit(0)
}

func resident(what string) int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte(what+":"))
	n, _ := strconv.Atoi(string(regexp.MustCompile(`\d+`).Find(rest))) // 0 when it is not told
	return n
}

// One mail of 50 MB, whatever it is made of, is read in less than 32 MB and a few seconds: the
// peak of a process's resident memory, above what it had before.
func TestMemoryOfOneMail(t *testing.T) {
	if _, err := os.Stat("/proc/self/clear_refs"); err != nil {
		t.Skip("this system does not tell the peak of a process's memory")
	}
	program := filepath.Clean(os.Args[0])
	if raceEnabled { // the race detector needs much memory of its own
		program = filepath.Join(t.TempDir(), "plain.test")
		if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", program, ".").CombinedOutput(); err != nil {
			t.Fatalf("the same without the race detector: %v: %s", err, out)
		}
	}
	for name := range heavy() {
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Env = append(os.Environ(), heavyMail+"="+name)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		m := regexp.MustCompile(`cost (-?\d+) kB, (\d+) ms`).FindStringSubmatch(string(out))
		if m == nil {
			t.Fatalf("%s: %s", name, out)
		}
		t.Logf("%s: %s", name, strings.TrimSpace(string(out)))
		kb, _ := strconv.Atoi(m[1]) // digits
		if limit := 32 << 10; kb > limit {
			t.Errorf("%s costs %d kB, more than %d", name, kb, limit)
		}
	}
}

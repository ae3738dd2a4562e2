package letter_test

import (
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"centrala/channels/email/letter"
)

// A mailbox file is cut where mails begin, and nowhere else; any other file is one mail.
func TestMails(t *testing.T) {
	t.Parallel()
	const from = "From jan@example.test Mon Mar  2 10:15:00 2026\n"
	long := strings.Repeat("x", 200<<10)
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"one mail":             {"Subject: a\n\nb\n", []string{"Subject: a\n\nb\n"}},
		"nothing":              {"", []string{""}},
		"two":                  {from + "Subject: a\n\nb\n\n" + from + "Subject: c\n\nd\n", []string{from + "Subject: a\n\nb\n\n", from + "Subject: c\n\nd\n"}},
		"words that look so":   {from + "Subject: a\n\nFrom here on\n\nFrom there on 2026 was\nFrom x y 2026\n", []string{from + "Subject: a\n\nFrom here on\n\nFrom there on 2026 was\nFrom x y 2026\n"}},
		"no mailbox file":      {"Subject: a\n\n" + from + "b\n", []string{"Subject: a\n\n" + from + "b\n"}},
		"long lines":           {from + "\n" + long + "\n\n" + from + long, []string{from + "\n" + long + "\n\n", from + long}},
		"with Windows' breaks": {strings.ReplaceAll(from+"a: b\n\nx\n\n"+from+"c: d\n", "\n", "\r\n"), []string{strings.ReplaceAll(from+"a: b\n\nx\n\n", "\n", "\r\n"), strings.ReplaceAll(from+"c: d\n", "\n", "\r\n")}},
	} {
		for kind, r := range map[string]io.Reader{"whole": strings.NewReader(c.file), "byte by byte": iotest.OneByteReader(strings.NewReader(c.file))} {
			var got []string
			err := letter.Mails(r, func(_ int, _ bool, mail io.Reader) error {
				raw, err := io.ReadAll(mail)
				got = append(got, string(raw))
				return err
			})
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%s, %s: %.200q, %v; want %.200q", name, kind, got, err, c.want)
			}
		}
	}
	seen := 0
	if err := letter.Mails(strings.NewReader(from+"a\n\n"+from+"b\n"), func(int, bool, io.Reader) error { seen++; return nil }); err != nil || seen != 2 {
		t.Errorf("mails that nobody reads: %d, %v", seen, err)
	}
}

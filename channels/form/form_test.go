package form_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/form"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestForm(t *testing.T) {
	t.Parallel()
	channelstest.Run(t, func(testing.TB) channelstest.Line {
		f := form.New()
		inbox := centrala.Inbox{ID: 3, Channel: centrala.Form, Side: centrala.Buyer}
		return channelstest.Line{
			Channel: f, Inbox: inbox, Someone: centrala.Address{Name: "Jan", Address: "jan@example.test"},
			Can: channelstest.Features{Files: true, Subjects: true, Knows: true},
			Write: func(t testing.TB, to channels.Intake, l channelstest.Letter) {
				t.Helper()
				fields := form.Fields{Key: l.ID, Name: l.From.Name, Email: l.From.Address, Subject: l.Subject, Text: strings.ReplaceAll(l.Text, "\n", "\r\n")}
				for _, file := range l.Files {
					fields.Files = append(fields.Files, centrala.Part{Name: file.Name, Type: file.Type, Size: int64(len(file.Data)),
						Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(file.Data)), nil }})
				}
				in, err := f.Read(inbox, fields, noon)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := to.Receive(t.Context(), in); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

func TestRefusedFields(t *testing.T) {
	t.Parallel()
	good := form.Fields{Key: "k", Name: "Jan", Email: "jan@example.test", Side: centrala.Seller, Subject: "Zwrot", Text: "Dzień dobry"}
	for name, c := range map[string]struct {
		spoil func(*form.Fields)
		code  centrala.Code
		field string
	}{
		"no text":        {func(f *form.Fields) { f.Text = " \x00\r\n" }, centrala.Invalid, "text"},
		"too long":       {func(f *form.Fields) { f.Text = strings.Repeat("ą", centrala.MaxText+1) }, centrala.TooLong, "text"},
		"no address":     {func(f *form.Fields) { f.Email = "" }, centrala.Invalid, "email"},
		"half address":   {func(f *form.Fields) { f.Email = "jan@example" }, centrala.Invalid, "email"},
		"two addresses":  {func(f *form.Fields) { f.Email = "a@b.test,c@d.test" }, centrala.Invalid, "email"},
		"two lines":      {func(f *form.Fields) { f.Email = "a@b.test\r\nBcc: c@d.test" }, centrala.Invalid, "email"},
		"no side":        {func(f *form.Fields) { f.Side = "" }, centrala.Invalid, "side"},
		"unknown side":   {func(f *form.Fields) { f.Side = "boss" }, centrala.Invalid, "side"},
		"long name":      {func(f *form.Fields) { f.Name = strings.Repeat("a", 121) }, centrala.TooLong, "name"},
		"long subject":   {func(f *form.Fields) { f.Subject = strings.Repeat("a", 201) }, centrala.TooLong, "subject"},
		"long key":       {func(f *form.Fields) { f.Key = strings.Repeat("a", 65) }, centrala.Invalid, "key"},
		"too many files": {func(f *form.Fields) { f.Files = make([]centrala.Part, 6) }, centrala.TooMany, "files"},
		"a large file":   {func(f *form.Fields) { f.Files = []centrala.Part{{Name: "a", Size: form.MaxFile + 1}} }, centrala.TooLong, "files"},
		"a path":         {func(f *form.Fields) { f.Files = []centrala.Part{{Name: "../a", Size: 1}} }, centrala.Invalid, "files"},
	} {
		fields := good
		c.spoil(&fields)
		_, err := form.New().Read(centrala.Inbox{ID: 3}, fields, noon)
		var e *centrala.Error
		if centrala.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		} else if e = err.(*centrala.Error); e.Field != c.field {
			t.Errorf("%s: the field is %q, want %q", name, e.Field, c.field)
		}
	}
	in, err := form.New().Read(centrala.Inbox{ID: 3}, good, noon)
	if err != nil || in.Side != centrala.Seller || in.Outcome != centrala.Ingested {
		t.Errorf("what is right: %+v, %v", in, err)
	}
}

// A program learns nothing from the trap it fell into.
func TestTrap(t *testing.T) {
	t.Parallel()
	in, err := form.New().Read(centrala.Inbox{ID: 3, Side: centrala.Buyer}, form.Fields{Email: "a@b.test", Text: "x", Trap: "https://spam.test"}, noon)
	if err != nil || in.Outcome != centrala.Junk {
		t.Errorf("outcome %s, %v", in.Outcome, err)
	}
}

// Without a key, the same words within the hour are one message, and other words another.
func TestWithoutKey(t *testing.T) {
	t.Parallel()
	read := func(text string, at time.Time) string {
		in, err := form.New().Read(centrala.Inbox{ID: 3, Side: centrala.Buyer}, form.Fields{Email: "a@b.test", Text: text}, at)
		if err != nil {
			t.Fatal(err)
		}
		return in.ExternalID
	}
	first := read("x", noon)
	if read("x", noon.Add(time.Minute)) != first || read("y", noon) == first || read("x", noon.Add(time.Hour)) == first {
		t.Error("the id does not tell the same from another")
	}
}

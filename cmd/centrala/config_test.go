package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "c.toml")
	write := func(t *testing.T, s string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(t, "listen = \"127.0.0.1:9\"\n[survey]\nmail_after = \"2h\"\n[[mailbox]]\nslug = \"pomoc\"\nimap_port = 993\n")
	c, err := LoadConfig(file, []string{"CENTRALA_BRAND=Jarmark", "CENTRALA_HTTP_HOSTS=a.test, b.test", "HOME=/", "CENTRALA_TEST_POSTGRES=x"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:9" || c.Survey.MailAfter != 2*time.Hour || c.Brand != "Jarmark" || len(c.HTTP.Hosts) != 2 ||
		c.Survey.Quarantine != 90*24*time.Hour || c.Mailbox[0].IMAPPort != 993 {
		t.Fatalf("%+v", c)
	}
	for in, want := range map[string]string{
		"listn = \"x\"\n":                     `did you mean "listen"`,
		"[survey]\nmailafter = \"2h\"\n":      `did you mean "survey.mail_after"`,
		"[[mailbox]]\nimap_hots = \"x\"\n":    `did you mean "mailbox.imap_host"`,
		"listen = \n":                         "line 1",
		"[survey]\nmail_after = \"morgen\"\n": "mail_after",
	} {
		write(t, in)
		if _, err := LoadConfig(file, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in it", in, err, want)
		}
	}
	for env, want := range map[string]string{
		"CENTRALA_LISTN=x":                 "CENTRALA_LISTEN",
		"CENTRALA_SURVEY_ENABLED=perhaps":  "neither true nor false",
		"CENTRALA_SURVEY_MAIL_AFTER=later": "length of time",
		"CENTRALA_STREAM_REPLICAS=many":    "not a number",
	} {
		if _, err := LoadConfig("", []string{env}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", env, err, want)
		}
	}
}

// What `centrala config` prints is itself a configuration, and says what the defaults say.
func TestPrintedConfigIsRead(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := printConfig(&b); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "c.toml")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig(file, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	for _, k := range c.keys() {
		if !strings.Contains(b.String(), k.Env) {
			t.Errorf("%s is not printed", k.Env)
		}
	}
	if c.Survey.MailAfter != 24*time.Hour || len(c.HTTP.Metrics) != 2 {
		t.Fatalf("%+v", c)
	}
}

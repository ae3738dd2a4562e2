package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	mailOfJan = "From: Jan Kowalski <jan@poczta.test>\nTo: bok+t-zle@firma.test, Ania Nowak <ania@inna.test>\nMessage-ID: <1@poczta.test>\nDate: Mon, 2 Mar 2026 10:15:00 +0100\n" +
		"Authentication-Results: mx.firma.test; dmarc=fail (p=none)\nSubject: Paczka Kowalski 5901234123457\n\n" +
		"Proszę odpisać na jan@poczta.test, tel. 600 100 200, do Jana Kowalskiego.\nJan Kowalski\n\nW dniu 1.03.2026 o 10:15, Ania Nowak pisze:\n> Co słychać? https://firma.test/z?klucz=tajny\n"
	mailOfEwa = "From: ewa@poczta.test\nTo: bok@firma.test\nMessage-ID: <2@poczta.test>\nSubject: Drugi\n\nFrom the start.\n\nFrom: to nie jest nowy list\n"
)

// A mailbox file is as many messages as it holds, also from the standard input.
func TestExplainMailboxFile(t *testing.T) {
	t.Parallel()
	box := "From jan@poczta.test Mon Mar  2 10:15:00 2026\n" + mailOfJan + "\nFrom ewa@poczta.test Mon Mar  2 10:16:00 2026\n" + mailOfEwa
	out, code := runProgram(t, box, "explain", "--channel", "email", "--json", "-")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 2 {
		t.Fatalf("exit code %d, %d objects:\n%s", code, len(lines), out)
	}
	for i, want := range []string{"Paczka Kowalski 5901234123457", "Drugi"} {
		var x struct {
			File    string
			Inbound []struct {
				Subject  string `json:"subject"`
				FullText string `json:"full_text"`
			}
		}
		if err := json.Unmarshal([]byte(lines[i]), &x); err != nil {
			t.Fatal(err)
		}
		if x.Inbound[0].Subject != want || !strings.HasPrefix(x.File, "standard input, message ") || i == 1 && !strings.Contains(x.Inbound[0].FullText, "nie jest nowy list") {
			t.Errorf("message %d: %+v", i+1, x)
		}
	}
}

// The report names what decides, and with --redact nobody.
func TestExplainForPeople(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "jan.eml")
	if err := os.WriteFile(file, []byte(mailOfJan), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"explain", "--channel", "email", "--inbox-address", "bok@firma.test", "--authority", "mx.firma.test"}
	out, code := runProgram(t, "", append(args, file)...)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	for _, want := range []string{
		"outcome        ingested", "also went to   Ania Nowak <ania@inna.test>", "one is named; only the house itself can check it", "contradicted, says mx.firma.test",
		"│ Proszę odpisać na jan@poczta.test", "Folded: history, 2 lines", "┊ > Co słychać?", "own id         1@poczta.test",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the report does not say %q:\n%s", want, out)
		}
	}
	for _, more := range [][]string{{"--redact"}, {"--redact", "--json"}} {
		out, code := runProgram(t, "", append(append(args, more...), file)...)
		if code != 0 {
			t.Fatalf("exit code %d: %s", code, out)
		}
		for _, secret := range []string{"Kowalski", "kowalski", "Nowak", "poczta.test", "inna.test", "600 100 200", "5901234123457", "tajny", filepath.Dir(file)} {
			if strings.Contains(out, secret) {
				t.Errorf("%v: %q is still there:\n%s", more, secret, out)
			}
		}
		if !strings.Contains(out, "Proszę odpisać na address2@domain2.invalid") {
			t.Errorf("%v: the words are gone too:\n%s", more, out)
		}
		if len(more) == 1 && !strings.Contains(out, "one is named; only the house itself can check it") {
			t.Errorf("that it came to a reply address is not told:\n%s", out)
		}
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// What is wrong with a mailbox is said in the language of who asks, with what to do: in the list
// of channels and in the line test. Without a language asked for, it is the person's own.
func TestTroubleSpeaksTheReadersLanguage(t *testing.T) {
	t.Parallel()
	h := newPremises(t, "", "")
	p := h.serve(t, "--no-limits")
	admin := h.furnish(t, p)
	nobody := map[string]any{"host": "127.0.0.1", "port": 1, "tls": "none", "user": "bok"}
	var made struct {
		ID string `json:"id"`
	}
	p.must(t, "POST", "/v1/inboxes", admin, map[string]any{"channel": "email", "name": "Pomoc", "slug": "pomoc", "imap_password": "tajne", "smtp_password": "tajne",
		"mailbox": map[string]any{"address": "pomoc@firma.test", "from_name": "Pomoc", "imap": nobody, "smtp": nobody}}, &made)
	ask := func(method, path, language string, out any) error {
		r, err := http.NewRequestWithContext(t.Context(), method, p.Base+path, strings.NewReader(`{}`))
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+admin)
		r.Header.Set("Content-Type", "application/json")
		if language != "" {
			r.Header.Set("Accept-Language", language)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		return json.NewDecoder(res.Body).Decode(out)
	}
	begins := func(s, with string) bool { return strings.HasPrefix(strings.ReplaceAll(s, "\u00a0", " "), with) }
	const polish, english = "Nie można połączyć się z serwerem 127.0.0.1:1. Sprawdź nazwę, port", "Cannot connect to 127.0.0.1:1. Check the name, the port"
	for language, want := range map[string]string{"pl": polish, "en-GB,pl;q=0.5": english, "de, pl": polish, "": polish} {
		eventually(t, "the list says it in "+language, func() error {
			var doors struct {
				Items []struct {
					ID    string
					State struct {
						OK    bool
						Error string
					}
				}
			}
			if err := ask("GET", "/v1/inboxes", language, &doors); err != nil {
				return err
			}
			for _, d := range doors.Items {
				if d.ID == made.ID && !d.State.OK && begins(d.State.Error, want) {
					return nil
				}
			}
			return fmt.Errorf("%+v", doors)
		})
		var tested struct {
			Steps []struct{ Name, State, Detail string }
		}
		if err := ask("POST", "/v1/inboxes/"+made.ID+"/test", language, &tested); err != nil {
			t.Fatal(err)
		}
		failed := 0
		for _, s := range tested.Steps {
			if s.State == "failed" && begins(s.Detail, want) {
				failed++
			} else if s.State == "failed" || s.Detail == "" {
				t.Errorf("in %q the line test says %+v", language, s)
			}
		}
		if failed != 2 { // of either server
			t.Errorf("in %q the line test has the steps %+v", language, tested.Steps)
		}
	}
}

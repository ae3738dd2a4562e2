package hook_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"centrala"
	"centrala/channels"
	"centrala/channels/meta/hook"
	"centrala/words"
)

var update = flag.Bool("update", false, "write what is read now to testdata")

var reader = hook.Reader{Words: words.For("pl")}

// inbox is that of an account of the samples.
func inbox(id string) centrala.Inbox {
	return centrala.Inbox{ID: 7, Account: &centrala.Account{ID: id, Comments: true}}
}

func read(t testing.TB, in centrala.Inbox, body string) centrala.Reading {
	t.Helper()
	r, err := reader.Read(in, centrala.Hook{Body: []byte(body), At: time.Date(2026, 1, 6, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sample(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// report is a reading as people compare it, a block for each item.
func report(t testing.TB, r centrala.Reading) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "what: %s\n", r.What)
	for _, in := range r.Items {
		fmt.Fprintf(&b, "\n%s · %s · %s · %s\n", in.Kind, in.Channel, in.ExternalID, in.At.UTC().Format(time.RFC3339Nano))
		row := func(name string, v any) {
			j, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if s := string(j); s != "null" && s != `""` && s != "{}" && s != `{"name":"","address":""}` {
				fmt.Fprintf(&b, "  %s: %s\n", name, s)
			}
		}
		row("from", in.From)
		row("aliases", in.Aliases)
		row("phone", in.Phone)
		row("others", in.Others)
		row("text", in.Text)
		row("payload", in.Payload)
		row("thread", in.ThreadID)
		row("about", in.About)
		row("matters", in.Matters)
		for _, p := range in.Attachments {
			fmt.Fprintf(&b, "  file: %s, %s, %s\n", p.Name, p.Type, p.Handle)
		}
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&b, "\nskipped: %s", s)
	}
	for _, bad := range r.Bad {
		fmt.Fprintf(&b, "\nbad: %s, %s", bad.Code, bad.Detail)
	}
	return b.String() + "\n"
}

// The samples are written by the facts of docs/meta.md; what is read of each stands beside it.
func TestSamplesAreReadWhole(t *testing.T) {
	t.Parallel()
	for name, account := range map[string]string{
		"messenger": "900100200300", "messenger-contents": "900100200300", "instagram": "17840000000000001",
		"whatsapp": "770011", "whatsapp-types": "770011", "comments": "900100200300", "broken": "900100200300",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := report(t, read(t, inbox(account), sample(t, name+".json")))
			path := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if want := sample(t, name+".txt"); got != want {
				t.Errorf("it reads\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// sound holds what may be said of every reading against one.
func sound(t testing.TB, r centrala.Reading, err error) {
	t.Helper()
	if err != nil {
		if channels.FaultCode(err) == "" {
			t.Errorf("an error without a code: %v", err)
		}
		return
	}
	for _, in := range r.Items {
		if in.ExternalID == "" || in.Inbox != 7 || in.Kind == "" || in.Channel == "" || in.Outcome != centrala.Ingested {
			t.Errorf("an item that lacks something: %+v", in)
		}
		if in.Kind.Says() && (in.From.Address == "" || in.Digest == "" || in.Text == "" && len(in.Attachments) == 0) {
			t.Errorf("a message that says nothing, or of nobody: %+v", in)
		}
		switch in.Kind {
		case centrala.KindEdit, centrala.KindUnsend, centrala.KindReaction, centrala.KindDelivery, centrala.KindRead:
			if in.About == nil || in.About.ID == "" && in.About.Upto.IsZero() {
				t.Errorf("a %s about nothing", in.Kind)
			}
		}
		if !utf8.ValidString(in.Text) || !utf8.ValidString(in.ExternalID) {
			t.Errorf("text %q, id %q", in.Text, in.ExternalID)
		}
		for _, p := range in.Attachments {
			if p.Handle == "" || p.Name == "" {
				t.Errorf("a file that nobody can fetch: %+v", p)
			}
		}
	}
	for _, s := range append(r.Skipped, r.What) {
		if len(s) > 800 || !utf8.ValidString(s) {
			t.Errorf("a name that is none: %q", s)
		}
	}
}

func TestTheSameHookIsAlwaysReadTheSame(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"messenger", "instagram", "whatsapp-types", "comments", "broken"} {
		body := sample(t, name+".json")
		first := report(t, read(t, inbox(""), body))
		for range 20 {
			if again := report(t, read(t, inbox(""), body)); again != first {
				t.Fatalf("%s is read as\n%s\nand then as\n%s", name, first, again)
			}
		}
	}
}

func TestABatchOfAThousandIsReadWhole(t *testing.T) {
	t.Parallel()
	var items []string
	for n := range 1000 {
		items = append(items, fmt.Sprintf(`{"sender":{"id":"%d"},"recipient":{"id":"900100200300"},"timestamp":%d,"message":{"mid":"m_%d","text":"nr %d"}}`, n%50, 1767607920000+n, n, n))
	}
	r := read(t, inbox("900100200300"), `{"object":"page","entry":[{"id":"900100200300","messaging":[`+strings.Join(items, ",")+`]}]}`)
	ids := map[string]bool{}
	for i, in := range r.Items {
		ids[in.ExternalID] = true
		if in.Text != fmt.Sprintf("nr %d", i) {
			t.Fatalf("item %d says %q", i, in.Text)
		}
	}
	if len(ids) != 1000 || len(r.Bad)+len(r.Skipped) != 0 {
		t.Errorf("%d messages, bad %v, skipped %v", len(ids), r.Bad, r.Skipped)
	}
}

// Things of another account are never mixed in, whatever inbox they came to.
func TestAnotherAccountIsNamedAndSkipped(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"page": sample(t, "messenger.json"), "instagram": sample(t, "instagram.json"), "whatsapp": sample(t, "whatsapp.json")} {
		r := read(t, inbox("1"), body)
		if len(r.Items) != 0 || len(r.Skipped) == 0 || !strings.HasPrefix(r.Skipped[0], "another account: ") {
			t.Errorf("%s: %d items, skipped %q", name, len(r.Items), r.Skipped)
		}
	}
}

func TestCommentsAreTakenOnlyWhereTheyAreWanted(t *testing.T) {
	t.Parallel()
	in := inbox("900100200300")
	in.Account.Comments = false
	if r := read(t, in, sample(t, "comments.json")); len(r.Items) != 0 || len(r.Skipped) == 0 {
		t.Errorf("%d items, skipped %q", len(r.Items), r.Skipped)
	}
}

func TestUnknownObjectsAndFieldsAreNamed(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"object":"permissions","entry":[{"id":"1"}]}`:                                                                      "object permissions",
		`{"object":"page","entry":[{"id":"1","changes":[{"field":"leadgen","value":{}}]}]}`:                                  "field leadgen",
		`{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":"2"},"game_play":{}}]}]}`:                          "event game_play",
		`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"account_alerts","value":{"x":1}}]}]}`: "field account_alerts",
	} {
		if r := read(t, inbox("1"), body); len(r.Items) != 0 || len(r.Skipped) != 1 || r.Skipped[0] != want {
			t.Errorf("%s: %d items, skipped %q", body, len(r.Items), r.Skipped)
		}
	}
	if _, err := reader.Read(inbox("1"), centrala.Hook{Body: []byte(`{"hello":1}`)}); channels.FaultCode(err) != "not-meta" {
		t.Errorf("something else: %v", err)
	}
}

// A clock that is far ahead does not put a message into the future.
func TestAMomentAheadOfTheHookIsNotBelieved(t *testing.T) {
	t.Parallel()
	r := read(t, inbox("1"), `{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":"2"},"recipient":{"id":"1"},"timestamp":9767607920500,"message":{"mid":"m","text":"x"}}]}]}`)
	if at := r.Items[0].At; !at.Equal(time.Date(2026, 1, 6, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("at %v", at)
	}
}

func TestAccountsOfABody(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		sample(t, "broken.json"):   "900100200300 900100200301",
		sample(t, "whatsapp.json"): "770011",
		`{`:                        "",
		`[]`:                       "",
	} {
		if got := strings.Join(hook.Accounts([]byte(body)), " "); got != want {
			t.Errorf("accounts %q, want %q", got, want)
		}
	}
}

func TestTheNameOfAConversationBelowAComment(t *testing.T) {
	t.Parallel()
	if root, ok := hook.RootComment(hook.CommentThread("9_1", "1_10")); root != "1_10" || !ok {
		t.Errorf("%q, %t", root, ok)
	}
	for _, thread := range []string{"", "post:", "post:9_1", "post:9_1:", "iss:1"} {
		if root, ok := hook.RootComment(thread); ok {
			t.Errorf("%q has the comment %q", thread, root)
		}
	}
}

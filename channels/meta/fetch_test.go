package meta_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/meta"
	"centrala/channels/meta/hook"
)

func (o *outside) fetch(t testing.TB, h hook.Handle) (string, centrala.Part, error) {
	t.Helper()
	p, err := o.line.(channels.Fetcher).Fetch(t.Context(), o.inbox, centrala.Media{ID: 1, Inbox: o.inbox.ID, Handle: h.String(), Name: "image"})
	if err != nil {
		return "", p, err
	}
	r, err := p.Open()
	if err != nil {
		return "", p, err
	}
	data, err := io.ReadAll(r)
	return string(data), p, errors.Join(err, r.Close())
}

var shoes = channelstest.File{Name: "buty.png", Type: "image/png", Data: "\x89PNG" + strings.Repeat("ż", 5000)}

func TestAPictureIsFetchedWithoutOurToken(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Messenger)
	data, p, err := o.fetch(t, hook.Handle{URL: o.Keep(shoes)})
	if err != nil || data != shoes.Data || p.Type != "image/png" || o.Leaks() != 0 {
		t.Errorf("%d bytes of %q, %v, token shown %d times", len(data), p.Type, err, o.Leaks())
	}
	o.Fault(func(f *channelstest.MetaFaults) { f.Ended = 1 })
	var rejected *centrala.Rejected
	if _, _, err := o.fetch(t, hook.Handle{URL: o.Keep(shoes)}); !errors.As(err, &rejected) {
		t.Errorf("an address that has ended: %v", err)
	}
}

// The address of a file of WhatsApp is good for minutes: when it has ended, another is asked for.
func TestAnAddressThatEndedIsAskedForAnew(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.WhatsApp)
	id, sum := o.KeepMedia(shoes)
	o.Fault(func(f *channelstest.MetaFaults) { f.Ended = 1 })
	data, p, err := o.fetch(t, hook.Handle{Media: id, SHA: sum})
	if err != nil || data != shoes.Data || p.Type != "image/png" {
		t.Errorf("%d bytes of %q, %v", len(data), p.Type, err)
	}
	if n := strings.Count(strings.Join(o.Asked(), "\n"), "GET /"+id); n != 2 {
		t.Errorf("the address was asked for %d times", n)
	}
	o.Fault(func(f *channelstest.MetaFaults) { f.Ended = 2 })
	var rejected *centrala.Rejected
	if _, _, err := o.fetch(t, hook.Handle{Media: id}); err == nil || errors.As(err, &rejected) {
		t.Errorf("one that ends all the time is worth another try: %v", err)
	}
	if _, _, err := o.fetch(t, hook.Handle{Media: "999"}); !errors.As(err, &rejected) {
		t.Errorf("a file that is not there: %v", err)
	}
	o.Fault(func(f *channelstest.MetaFaults) { f.TokenEnded = true })
	var stopped *channels.Stopped
	if _, _, err := o.fetch(t, hook.Handle{Media: id}); !errors.As(err, &stopped) {
		t.Errorf("without a token: %v", err)
	}
}

func TestAFileIsHeldAgainstItsDigest(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Messenger)
	const other = "0000000000000000000000000000000000000000000000000000000000000000"
	if _, _, err := o.fetch(t, hook.Handle{URL: o.Keep(shoes), SHA: other}); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("a file with another digest: %v", err)
	}
}

// What somebody outside names must not lead into our own network, nor out of the encrypted web.
func TestAddressesOfOurOwnNetworkAreNotOpened(t *testing.T) {
	t.Parallel()
	asked := false
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer inside.Close()
	line := meta.Lines(meta.Config{Base: "https://graph.example.test/v25.0"})[0].(channels.Fetcher)
	for _, address := range []string{
		inside.URL, "http://cdn.example.test/a.jpg", "https://10.0.0.1/a", "https://192.168.1.1/a", "https://[::1]/a", "https://[fd00::1]/a", "https://169.254.169.254/latest",
		"https://100.64.0.1/a", "https://[64:ff9b::a00:1]/a", "file:///etc/passwd", "https://", "gopher://x", "",
	} {
		_, err := line.Fetch(t.Context(), centrala.Inbox{ID: 7}, centrala.Media{Handle: hook.Handle{URL: address}.String()})
		if err == nil {
			t.Errorf("%s was opened", address)
		}
	}
	if asked {
		t.Error("a server of our own was asked")
	}
}

// A redirect is followed, by the same rules and without the token.
func TestARedirectIsHeldToTheSameRules(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Messenger)
	to := o.Keep(shoes)
	moved := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/once":
			http.Redirect(w, r, to, http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		default:
			http.Redirect(w, r, "/round", http.StatusFound)
		}
	}))
	defer moved.Close()
	if data, _, err := o.fetch(t, hook.Handle{URL: moved.URL + "/once"}); err != nil || data != shoes.Data {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	for _, path := range []string{"/file", "/round"} {
		if _, _, err := o.fetch(t, hook.Handle{URL: moved.URL + path}); err == nil {
			t.Errorf("%s was opened", path)
		}
	}
}

func TestAFileThatIsTooLargeIsNotFetched(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.WhatsApp)
	id, _ := o.KeepMedia(channelstest.File{Name: "film.mp4", Type: "video/mp4", Data: strings.Repeat("x", channels.MaxMedia+1)})
	var rejected *centrala.Rejected
	if _, _, err := o.fetch(t, hook.Handle{Media: id}); !errors.As(err, &rejected) || rejected.Cause != centrala.TooLarge {
		t.Errorf("%v", err)
	}
}

package pages

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"centrala/gateway/pages/theme"
)

// Sheets of the house in both schemes, as in tokens.css: what browsers colour around a page.
const (
	lightSheet = "#ffffff"
	darkSheet  = "#161d1a"
)

// themed is how a site looks: its style sheet's address, "" without one, and the colours of its
// sheets in both schemes.
type themed struct {
	Href, Light, Dark string
	css               []byte
}

// readTheme reads a site's own look, which may be none.
func readTheme(css string) (themed, error) {
	t := themed{Light: lightSheet, Dark: darkSheet}
	if css == "" {
		return t, nil
	}
	own, err := theme.Parse(css)
	if err != nil {
		return t, err
	}
	t.css = []byte(own.CSS())
	sum := sha256.Sum256(t.css)
	t.Href = "/assets/theme-" + hex.EncodeToString(sum[:6]) + ".css"
	t.Light, t.Dark = cmp.Or(theme.Value(own.Light, "--c-sheet"), t.Light), cmp.Or(theme.Value(own.Dark, "--c-sheet"), t.Dark)
	return t, nil
}

// serve writes the style sheet; its bytes are in its name, so it is kept for ever.
func (t themed) serve(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(t.css) // the browser went away: nobody is left to tell
}

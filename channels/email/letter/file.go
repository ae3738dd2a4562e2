package letter

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime"
	"strings"

	"github.com/emersion/go-message/textproto"

	"centrala"
)

// file hands a part that is a file to the keeper.
func (w *walker) file(h textproto.Header, p centrala.Part, r io.Reader) error {
	n := len(w.files) + 1
	unnamed := fmt.Sprintf("part-%d%s", n, ending(p.Type))
	if p.Type == "message/rfc822" && p.Name == "" {
		br := bufio.NewReader(r)
		start, _ := br.Peek(4 << 10)
		unnamed, r = subjectName(start, unnamed), br
	}
	p.Name = FileName(p.Name, unnamed)
	p.CID = strings.Trim(strings.TrimSpace(h.Get("Content-Id")), "<>")
	location := OneLine(decodeWords(h.Get("Content-Location")))
	if p.CID == "" && location != "" && len(w.places) < maxPlaces && strings.HasPrefix(p.Type, "image/") {
		p.CID = fmt.Sprintf("part-%d@location", n)
		w.places = append(w.places, place{location, p.CID})
	}
	head := &prefix{r: r}
	var err error
	if p.Size, p.Blob, err = w.keep(p, n, head); err != nil {
		return err
	}
	err = w.understand(h, &p, head.kept)
	w.files = append(w.files, p)
	return err
}

// understand takes from the beginning of a file what the mail is about.
func (w *walker) understand(h textproto.Header, p *centrala.Part, start []byte) (err error) {
	_, params := MediaType(h.Get("Content-Type"))
	switch p.Type {
	case "text/calendar", "application/ics":
		if p.Card = card(toUTF8(start, params["charset"]), params["method"]); p.Card != nil {
			w.calendar = w.calendar.and(content{plain: cardText(p.Card)})
		}
	case "message/rfc822", "message/global":
		if w.original.Len() > 0 {
			return nil
		}
		if err := w.about(bytes.NewReader(start)); err != nil {
			return err
		}
		if kind, _ := MediaType(w.original.Get("Content-Type")); kind == "multipart/report" && !w.inside {
			w.report, err = read(bytes.NewReader(start), false, Measure, true)
		}
	case "text/plain":
		if disposition, _ := MediaType(h.Get("Content-Disposition")); disposition != "attachment" && w.aside.empty() {
			w.aside = content{plain: toUTF8(start, params["charset"])}
		}
	case "application/pgp-encrypted":
		w.sealed = SealedPGP
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		if params["smime-type"] != "compressed-data" && params["smime-type"] != "certs-only" {
			w.sealed = SealedSMIME
		}
	}
	return err
}

// ending is that of a file's name for a media type, or "".
func ending(kind string) string {
	switch kind {
	case "message/rfc822", "message/global":
		return ".eml"
	case "text/calendar":
		return ".ics"
	case "image/jpeg":
		return ".jpg"
	case "text/plain":
		return ".txt"
	}
	if known, err := mime.ExtensionsByType(kind); err == nil && len(known) > 0 {
		return known[0]
	}
	return ""
}

// maxPlaces is how many pictures are looked for by their place.
const maxPlaces = 50

// subjectName names a mail in a mail by what it is about.
func subjectName(start []byte, other string) string {
	h, err := newLines(bytes.NewReader(start)).header(true)
	if subject := Text(h, "Subject"); err == nil && subject != "" {
		return FileName(centrala.Clip(strings.NewReplacer("/", "-", `\`, "-").Replace(subject), 100)+".eml", other)
	}
	return other
}

// place is where a file says that it comes from, and the id that it got here.
type place struct{ location, cid string }

// placed makes HTML name by id the pictures that it names by place.
func placed(markup string, places []place) string {
	for _, p := range places {
		names := []string{p.location}
		if base := p.location[strings.LastIndexAny(p.location, `/\`)+1:]; base != "" && base != p.location {
			names = append(names, base)
		}
		for _, name := range names {
			for _, q := range []string{`"`, `'`} {
				markup = strings.ReplaceAll(markup, q+name+q, q+"cid:"+p.cid+q)
				markup = strings.ReplaceAll(markup, q+escapeHTML(name)+q, q+"cid:"+p.cid+q)
			}
		}
	}
	return markup
}

// prefix remembers the beginning of what is read through it.
type prefix struct {
	r    io.Reader
	kept []byte
}

func (p *prefix) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if room := 64<<10 - len(p.kept); room > 0 {
		p.kept = append(p.kept, b[:min(n, room)]...)
	}
	return n, err
}

package pages

import (
	"html/template"
	"net/http"
)

// icon is a sign of the house, 18 px unless class says otherwise. It is decoration: what it
// means stands beside it in words.
func icon(name, class string) template.HTML {
	shape := map[string]string{
		"book":   `<path d="M10 5.3C8.4 4.2 6.2 3.7 3 3.7v11.5c3.2 0 5.4.5 7 1.6 1.6-1.1 3.8-1.6 7-1.6V3.7c-3.2 0-5.4.5-7 1.6zM10 5.3v11.5"/>`,
		"cart":   `<path d="M2.5 3.5h2.2l2 9h8.3l1.9-6.5H5.3"/><circle cx="7.6" cy="15.8" r="1.2"/><circle cx="14" cy="15.8" r="1.2"/>`,
		"chat":   `<path d="M4.2 4h11.6c.9 0 1.7.8 1.7 1.7v7c0 .9-.8 1.7-1.7 1.7H9.3L5.2 17.4v-3H4.2c-.9 0-1.7-.8-1.7-1.7v-7C2.5 4.8 3.3 4 4.2 4z"/>`,
		"x":      `<path d="M5.2 5.2l9.6 9.6M14.8 5.2l-9.6 9.6"/>`,
		"check":  `<path d="M4.5 10.5l3.6 3.6 7.4-8"/>`,
		"chevr":  `<path d="M7.8 5.5l4.5 4.5-4.5 4.5"/>`,
		"clip":   `<path d="M15.8 9.6l-5.7 5.7a3.6 3.6 0 0 1-5.1-5.1l6.3-6.3a2.4 2.4 0 0 1 3.4 3.4l-6.2 6.3a1.2 1.2 0 0 1-1.7-1.7l5.4-5.5"/>`,
		"form":   `<rect x="3.7" y="2.7" width="12.6" height="14.6" rx="1.7"/><path d="M6.9 6.9h6.2M6.9 10h6.2M6.9 13.1h3"/>`,
		"heart":  `<path d="M10 16.3S3 12.3 3 7.7A3.7 3.7 0 0 1 10 6a3.7 3.7 0 0 1 7 1.7c0 4.6-7 8.6-7 8.6z"/>`,
		"horn":   `<path d="M3 8.3v3.4c0 .6.5 1.1 1.1 1.1h2.4L14 16.5v-13L6.5 7.2H4.1c-.6 0-1.1.5-1.1 1.1zM16.3 8.2a2.6 2.6 0 0 1 0 3.6M6.8 12.8l.9 3.7"/>`,
		"mail":   `<rect x="2.6" y="4.2" width="14.8" height="11.6" rx="1.8"/><path d="M3.2 5.6l6.8 5.2 6.8-5.2"/>`,
		"search": `<circle cx="9" cy="9" r="5.4"/><path d="M13.1 13.1L17 17"/>`,
		"store":  `<path d="M3.5 8.5V16h13V8.5M2.7 6.5L4 3.5h12l1.3 3c0 1.3-1 2.3-2.3 2.3s-2.5-1-2.5-2.3c0 1.3-1.1 2.3-2.5 2.3s-2.5-1-2.5-2.3c0 1.3-1.1 2.3-2.5 2.3S2.7 7.8 2.7 6.5zM8 16v-4h4v4"/>`,
		"thumb":  `<path d="M6.5 9.2l2.9-6c1.2 0 2.1.9 2.1 2.1V8h3.7c1 0 1.7.9 1.5 1.8l-1 5.3c-.1.8-.8 1.3-1.5 1.3H6.5V9.2zM3.3 9.2h3.2v7.2H3.3z"/>`,
	}[name]
	if class != "" {
		class = " " + class
	}
	return template.HTML(`<svg class="i` + template.HTMLEscapeString(class) + `" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">` + shape + `</svg>`) // our own text
}

// mark is the house's own sign: a ring with a plug in it.
const mark = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M19.1 6.6a9 9 0 1 0 0 10.8" fill="none" stroke="#1b8f66" stroke-width="3.2" stroke-linecap="round"/><circle cx="12" cy="12" r="3.2" fill="#f0a02a"/></svg>
`

func (p *pages) favicon(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Cache-Control", "public, max-age=86400")
	_, _ = w.Write([]byte(mark))
	return nil
}

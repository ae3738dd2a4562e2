package telegram

import (
	"fmt"
	"mime"
	"strconv"
	"strings"

	"centrala"
	"centrala/channels/vendor"
)

// content is what a message says and brings. What has no words of its own is told in signs and
// figures, the same for every language. known is false when nothing in it is of a known kind.
func content(m message) (text string, files []centrala.Part, known bool) {
	text = vendor.Prose(m.Text)
	if text == "" {
		text = vendor.Prose(m.Caption)
	}
	files = m.files()
	known = text != "" || len(files) > 0
	for _, sign := range m.signs() {
		known = true
		if text != "" {
			text += "\n"
		}
		text += sign
	}
	if m.Origin != nil && known {
		text = strings.TrimSpace("↪ " + vendor.Line(m.Origin.name(), 200) + "\n" + text)
	}
	return text, files, known
}

// signs are the things in a message that are neither words nor files.
func (m message) signs() []string {
	var out []string
	add := func(s string) { out = append(out, strings.TrimSpace(s)) }
	if p := m.Contact; p != nil {
		add("👤 " + strings.Trim(strings.TrimSpace(vendor.Line(p.First+" "+p.Last, 200))+", "+vendor.Line(p.Phone, 32), ", "))
	}
	switch {
	case m.Venue != nil:
		add("📍 " + vendor.Line(m.Venue.Title, 200) + ", " + vendor.Line(m.Venue.Address, 300) + " (" + m.Venue.Location.String() + ")")
	case m.Location != nil:
		add("📍 " + m.Location.String())
	}
	if m.Poll != nil {
		s := "📊 " + vendor.Line(m.Poll.Question, 300)
		for _, o := range m.Poll.Options {
			s += "\n○ " + vendor.Line(o.Text, 200)
		}
		add(s)
	}
	if m.Dice != nil {
		add(fmt.Sprintf("%s %d", vendor.Line(m.Dice.Emoji, 16), m.Dice.Value))
	}
	if m.Sticker != nil && m.Sticker.Emoji != "" {
		add(vendor.Line(m.Sticker.Emoji, 16))
	}
	for _, t := range []struct {
		sign string
		of   *titled
	}{{"🎮 ", m.Game}, {"🧾 ", m.Invoice}, {"☑ ", m.Checklist}} {
		if t.of != nil {
			add(t.sign + vendor.Line(t.of.Title, 300))
		}
	}
	if m.Story != nil {
		add("▢ story")
	}
	if m.PaidMedia != nil {
		add("▢ paid media")
	}
	return out
}

// String is the place in degrees.
func (l location) String() string {
	return strconv.FormatFloat(l.Latitude, 'f', 6, 64) + ", " + strconv.FormatFloat(l.Longitude, 'f', 6, 64)
}

// files are the files of a message, to be fetched. Telegram's handle of one is good for this bot
// only, and is no secret without its token.
func (m message) files() []centrala.Part {
	var out []centrala.Part
	add := func(f *file, kind, extension, mimeType string) {
		if f == nil || f.ID == "" {
			return
		}
		name := fileName(f.Name)
		if name == "" {
			name = fmt.Sprintf("%s-%d%s", kind, m.ID, extension)
		}
		if t, _, err := mime.ParseMediaType(f.Type); err == nil && strings.Contains(t, "/") {
			mimeType = t
		}
		out = append(out, centrala.Part{Name: name, Type: mimeType, Size: max(f.Size, 0), Handle: vendor.Line(f.ID, 512)})
	}
	add(largest(m.Photo), "photo", ".jpg", "image/jpeg")
	if m.Animation != nil { // it comes as a document, too
		add(m.Animation, "animation", ".mp4", "video/mp4")
	} else {
		add(m.Document, "document", "", "")
	}
	add(m.Voice, "voice", ".ogg", "audio/ogg")
	add(m.Audio, "audio", ".mp3", "audio/mpeg")
	add(m.Video, "video", ".mp4", "video/mp4")
	add(m.VideoNote, "video", ".mp4", "video/mp4")
	if s := m.Sticker; s != nil {
		switch {
		case s.Animated:
			add(&s.file, "sticker", ".tgs", "application/gzip")
		case s.Video:
			add(&s.file, "sticker", ".webm", "video/webm")
		default:
			add(&s.file, "sticker", ".webp", "image/webp")
		}
	}
	return out
}

// largest is the photo as it was taken; the others are smaller copies of it.
func largest(sizes []file) *file {
	var best *file
	for i := range sizes {
		if s := &sizes[i]; best == nil || s.area() > best.area() {
			best = s
		}
	}
	return best
}

func (f file) area() float64 { return float64(f.Width) * float64(f.Height) }

// fileName is a name without folders and without what cannot be seen; "" when none is left.
func fileName(s string) string {
	s = s[strings.LastIndexAny(s, `/\`)+1:]
	return strings.Trim(vendor.Line(s, 200), ". ")
}

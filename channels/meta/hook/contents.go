package hook

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"centrala"
	"centrala/channels/meta/graph"
)

// Handle is what is needed to fetch a file: an address, or the id of a media of WhatsApp.
type Handle struct {
	URL   string `json:"url,omitempty"`
	Media string `json:"media,omitempty"`
	SHA   string `json:"sha256,omitempty"`
}

func (h Handle) String() string {
	b, _ := json.Marshal(h) // strings marshal
	return string(b)
}

// attachment is a file, or something else that goes with a message of Messenger or Instagram.
type attachment struct {
	Type    text            `json:"type"`
	Title   text            `json:"title"` // of old fallbacks
	URL     text            `json:"url"`   // likewise
	Payload object[payload] `json:"payload"`
}

type payload struct {
	URL         text                `json:"url"`
	Title       text                `json:"title"`
	StickerID   text                `json:"sticker_id"`
	Template    text                `json:"template_type"`
	Text        text                `json:"text"`
	Elements    list                `json:"elements"`
	Coordinates object[coordinates] `json:"coordinates"`
}

type coordinates struct {
	Lat  text `json:"lat"`
	Long text `json:"long"`
}

// contents reads what goes with a message: words in place of what is no file, and the files.
func (r *reading) contents(all list, at string) (words []string, parts []centrala.Part) {
	var read []attachment
	sticker := false
	for i, raw := range all {
		var a attachment
		if r.decode(raw, &a, fmt.Sprintf("%s, attachment %d", at, i)) {
			read = append(read, a)
			sticker = sticker || a.Type == "sticker"
		}
	}
	seen := map[string]bool{}
	for _, a := range read {
		p := a.Payload.V
		address := cmp.Or(string(p.URL), string(a.URL))
		if sticker && a.Type == "image" && p.StickerID != "" || address != "" && seen[address] {
			continue // the same sticker, told both ways
		}
		seen[address] = true
		w, part := r.attachment(a, address)
		if part != nil {
			parts = append(parts, *part)
		}
		if w != "" {
			words = append(words, w)
		}
	}
	return words, parts
}

// attachment is a file or the words in its place, or both.
func (r *reading) attachment(a attachment, address string) (string, *centrala.Part) {
	p, title := a.Payload.V, cmp.Or(string(a.Payload.V.Title), string(a.Title))
	switch kind := string(a.Type); kind {
	case "image", "audio", "video", "file", "sticker":
		if address == "" {
			return r.words.MetaUnsupported(), nil
		}
		return "", filePart(kind, address)
	case "story_mention":
		return r.words.MetaMention(), filePart(kind, address)
	case "share", "post", "ig_post", "reel", "ig_reel":
		if ofCDN(address) {
			return r.words.MetaShared(title), filePart(kind, address)
		}
		return r.words.MetaShared(strings.TrimSpace(title + " " + address)), nil
	case "fallback":
		return r.words.MetaShared(strings.TrimSpace(title + " " + address)), nil
	case "location":
		place := strings.Trim(string(p.Coordinates.V.Lat)+", "+string(p.Coordinates.V.Long), ", ")
		return r.words.MetaLocation(strings.TrimSpace(strings.TrimSpace(title+" "+place) + " " + address)), nil
	case "template", "appointment_booking":
		return r.words.MetaTemplate(cmp.Or(title, string(p.Text), elementTitles(p.Elements))), nil
	default:
		r.skip("attachment " + kind)
		return r.words.MetaUnsupported(), filePart(kind, address)
	}
}

// elementTitles are the titles of a template's elements.
func elementTitles(elements list) string {
	var out []string
	for _, raw := range elements {
		var e struct {
			Title text `json:"title"`
		}
		if json.Unmarshal(raw, &e) == nil && e.Title != "" {
			out = append(out, string(e.Title))
		}
	}
	return strings.Join(out, ", ")
}

func (r *reading) storyOf(s story) []centrala.Part {
	if p := filePart("story", string(s.URL)); p != nil {
		return []centrala.Part{*p}
	}
	return nil
}

// filePart is a file that is fetched from an address, nil without one. Its name is that in the
// address, when it has one, else its kind.
func filePart(kind, address string) *centrala.Part {
	if address == "" {
		return nil
	}
	name := cmp.Or(graph.Clean(kind), "file")
	if u, err := url.Parse(address); err == nil {
		if base := graph.Clean(path.Base(u.Path)); strings.Contains(strings.Trim(base, "."), ".") {
			name = base
		}
	}
	return &centrala.Part{Name: name, Type: types[strings.ToLower(path.Ext(name))], Handle: Handle{URL: address}.String()}
}

// types are those of files by how their names end. What a vendor says when it gives a file counts more.
var types = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".mp4": "video/mp4", ".mov": "video/quicktime",
	".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".aac": "audio/aac", ".ogg": "audio/ogg", ".wav": "audio/wav", ".pdf": "application/pdf",
}

// ofCDN reports whether an address is one of Meta's stores of files, whose addresses end.
func ofCDN(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	return OfHost(u.Hostname(), "fbsbx.com", "fbcdn.net", "cdninstagram.com")
}

// OfHost reports whether a host is one of domains, or below one.
func OfHost(host string, domains ...string) bool {
	host = strings.ToLower(host)
	return slices.ContainsFunc(domains, func(d string) bool { return host == d || strings.HasSuffix(host, "."+d) })
}

// referral is the advertisement or product by which somebody came.
type referral struct {
	Source   text            `json:"source_id"`
	URL      text            `json:"source_url"`
	Headline text            `json:"headline"`
	Ad       text            `json:"ad_id"`
	Context  object[adData]  `json:"ads_context_data"`
	Product  object[product] `json:"product"`
}

type adData struct {
	Title text `json:"ad_title"`
}

type product struct {
	ID text `json:"id"`
}

func (f referral) matters() []centrala.Matter {
	var out []centrala.Matter
	if id := cmp.Or(string(f.Source), string(f.Ad)); id != "" {
		out = append(out, centrala.Matter{Kind: "post", ID: id, Title: string(cmp.Or(f.Headline, f.Context.V.Title)), URL: safeLink(string(f.URL))})
	}
	if id := string(f.Product.V.ID); id != "" {
		out = append(out, centrala.Matter{Kind: "offer", ID: id})
	}
	return out
}

// safeLink is an address that may be linked to: of the web, and nothing else.
func safeLink(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return s
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

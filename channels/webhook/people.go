package webhook

import (
	"errors"
	"fmt"
	"mime"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"

	"centrala"
	"centrala/channels/vendor"
)

// person says who is meant. Without an id of theirs the phone, or else the e-mail, is it.
func (r *reader) person(p person, in *centrala.Inbound) error {
	phone, email := vendor.Line(p.Phone, 32), strings.ToLower(vendor.Line(p.Email, 254))
	if email != "" && !mailable(email) {
		return errors.New("from.email is no e-mail address")
	}
	id := p.ID
	switch digits := centrala.Digits(phone); {
	case len(id) > maxID || id != vendor.Line(id, maxID):
		return fmt.Errorf("from.id has more than %d bytes, or characters that cannot be seen", maxID)
	case id != "":
	case digits != "":
		id = "tel:+" + digits
	case email != "":
		id = "mailto:" + email
	default:
		return errors.New("from has no id, no phone and no e-mail that can be used")
	}
	side := centrala.Side(p.Side)
	if side != centrala.NoSide && !side.Valid() {
		return errors.New("from.side is buyer, seller or advertiser")
	}
	in.From = centrala.Address{Name: vendor.Line(p.Name, 200), Address: id}
	for _, a := range p.Aliases {
		if a = vendor.Line(a, maxID); a != "" && len(in.Aliases) < 8 {
			in.Aliases = append(in.Aliases, a)
		}
	}
	in.Phone, in.Email, in.Side = phone, email, side
	in.Proven = centrala.Proven{
		Email: email != "" && slices.Contains(p.Verified, "email"),
		Phone: centrala.Digits(phone) != "" && slices.Contains(p.Verified, "phone"),
	}
	if in.Locale == "" {
		in.Locale = vendor.Line(p.Locale, 16)
	}
	return nil
}

func mailable(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && !strings.ContainsAny(s, " <>(),;\"") && !strings.Contains(domain, "@")
}

// matterKinds are those that the contract knows.
var matterKinds = []string{"order", "offer", "issue", "call", "callback", "post"}

func (r *reader) matters(e event, in *centrala.Inbound) error {
	if len(e.Matters) > maxMatters {
		return fmt.Errorf("matters: %d of them; a conversation has %d at most", len(e.Matters), maxMatters)
	}
	for _, m := range e.Matters {
		is, err := matterOf(m)
		if err != nil {
			return fmt.Errorf("matters: %w", err)
		}
		in.Matters = append(in.Matters, is)
	}
	return nil
}

func matterOf(m matter) (centrala.Matter, error) {
	is := centrala.Matter{Kind: m.Kind, ID: vendor.Line(m.ID, maxID), Title: vendor.Line(m.Title, 300), URL: m.URL, Status: vendor.Line(m.Status, 100), Due: m.Due.UTC()}
	switch {
	case !slices.Contains(matterKinds, m.Kind):
		return is, fmt.Errorf("kind is one of %s", strings.Join(matterKinds, ", "))
	case is.ID == "":
		return is, errors.New("id is missing")
	case m.Due.IsZero():
		is.Due = m.Due
	}
	if m.URL != "" {
		if u, err := url.Parse(m.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || len(m.URL) > maxURL {
			return is, errors.New("url is an http or https address")
		}
	}
	return is, nil
}

// fileURL says why a file is not fetched from an address, nil when it is. What the name resolves to
// is looked at when it is dialled.
func (c *Channel) fileURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || len(s) > maxURL:
		return errors.New("an address that cannot be read")
	case u.User != nil:
		return errors.New("an address with a password in it")
	case u.Scheme != "https" && !(c.c.PrivateHTTP && u.Scheme == "http"):
		return errors.New("an address that is not https")
	}
	return nil
}

// nameOf is a file's name without folders; the last part of its address when it has none.
func nameOf(f file) string {
	name := f.Name
	if name == "" {
		if u, err := url.Parse(f.URL); err == nil {
			name = path.Base(u.Path)
		}
	}
	name = strings.Trim(vendor.Line(name[strings.LastIndexAny(name, `/\`)+1:], 200), ". ")
	if name == "" {
		return "file"
	}
	return name
}

func typeOf(s string) string {
	t, _, err := mime.ParseMediaType(s)
	if err != nil || !strings.Contains(t, "/") {
		return ""
	}
	return t
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

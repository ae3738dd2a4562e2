package webhook

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/vendor"
)

// parser is the version of what reads posts. It grows when the same post is read otherwise.
const parser = 1

// Read implements channels.Reader.
func (c *Channel) Read(inbox centrala.Inbox, h centrala.Hook) (centrala.Reading, error) {
	r := centrala.Reading{Parser: parser}
	raws, err := events(h.Body)
	if err != nil {
		code := "webhook.post"
		if errors.Is(err, errVersion) {
			code = "webhook.version"
		}
		return r, &channels.Fault{Code: code, Err: err}
	}
	var what []string
	for n, raw := range raws {
		name, err := kind(raw)
		if err != nil {
			r.Bad = append(r.Bad, bad(n, err))
			continue
		}
		name = vendor.Line(name, 40)
		if !slices.Contains(what, name) && len(what) < 4 {
			what = append(what, name)
		}
		take, known := types[name]
		if !known {
			r.Skipped = append(r.Skipped, name)
			continue
		}
		w := reader{inbox: inbox.ID, came: h.At, files: c.fileURL}
		in, err := w.one(raw, take)
		if err != nil {
			r.Bad = append(r.Bad, bad(n, err))
			continue
		}
		for _, lost := range w.lost {
			r.Bad = append(r.Bad, bad(n, lost))
		}
		r.Items = append(r.Items, in)
	}
	r.What = strings.Join(what, ", ")
	return r, nil
}

func bad(n int, err error) centrala.Cause {
	return centrala.Cause{Code: "webhook.event", Detail: fmt.Sprintf("event %d: %v", n+1, err)}
}

// types are what is taken of each type; others are kept and skipped.
var types = map[string]func(*reader, event, *centrala.Inbound) error{
	"message":  (*reader).message,
	"postback": (*reader).postback,
	"comment":  (*reader).comment,
	"edit":     (*reader).edit,
	"unsend":   (*reader).unsend,
	"reaction": (*reader).reaction,
	"delivery": (*reader).delivery,
	"read":     (*reader).read,
	"echo":     (*reader).echo,
	"reach":    (*reader).reach,
	"call":     (*reader).call,
	"callback": (*reader).callback,
	"matter":   (*reader).matter,
}

// reader reads one event.
type reader struct {
	inbox centrala.InboxID
	came  time.Time
	files func(string) error
	lost  []error // of what the event is taken without
}

// one reads what all events have, and then what its type has.
func (r *reader) one(raw json.RawMessage, take func(*reader, event, *centrala.Inbound) error) (centrala.Inbound, error) {
	var e event
	if err := e.read(raw); err != nil {
		return centrala.Inbound{}, err
	}
	in := centrala.Inbound{Inbox: r.inbox, Channel: centrala.Webhook, Outcome: centrala.Ingested, Reason: "posted by the other side", At: e.At.UTC()}
	if e.At.IsZero() || !r.came.IsZero() && e.At.After(r.came.Add(Skew)) {
		in.At = r.came
	}
	for name, s := range map[string]string{"id": e.ID, "conversation": e.Conversation, "about": e.About, "answers": e.Answers} {
		if len(s) > maxID || s != vendor.Line(s, maxID) {
			return in, fmt.Errorf("%s has more than %d bytes, or characters that cannot be seen", name, maxID)
		}
	}
	in.ExternalID, in.ThreadID, in.Locale = e.ID, e.Conversation, vendor.Line(e.Locale, 16)
	if e.From != nil {
		if err := r.person(*e.From, &in); err != nil {
			return in, err
		}
	}
	if err := r.matters(e, &in); err != nil {
		return in, err
	}
	if err := take(r, e, &in); err != nil {
		return in, err
	}
	if in.Kind.Says() || in.Kind == centrala.KindEcho && in.About == nil {
		if e.ID == "" {
			return in, errors.New("id is missing")
		}
	} else if e.ID != "" { // what is about a message has no number among messages
		in.ExternalID = string(in.Kind) + ":" + e.ID
	}
	in.Digest = digest(in)
	return in, nil
}

// somebody asks for a person.
func somebody(in *centrala.Inbound) error {
	if in.From.Address == "" {
		return errors.New("from is missing")
	}
	return nil
}

// says takes a person's words and files.
func (r *reader) says(e event, in *centrala.Inbound) error {
	if err := somebody(in); err != nil {
		return err
	}
	r.words(e, in)
	if in.Text == "" && len(in.Attachments) == 0 && len(r.lost) == 0 {
		return errors.New("there is neither text nor a file")
	}
	if e.Answers != "" {
		in.About = about(e.Answers, "")
	}
	return nil
}

func (r *reader) words(e event, in *centrala.Inbound) {
	in.Text, in.Subject = vendor.Prose(e.Text), vendor.Line(e.Subject, 300)
	in.FullText = in.Text
	r.brings(e.Files, in)
}

func (r *reader) brings(files []file, in *centrala.Inbound) {
	for n, f := range files {
		switch err := r.files(f.URL); {
		case n >= maxFiles:
			r.lost = append(r.lost, fmt.Errorf("files: %d of them; an event has %d at most", len(files), maxFiles))
			return
		case err != nil:
			r.lost = append(r.lost, fmt.Errorf("files: %w", err))
		default:
			in.Attachments = append(in.Attachments, centrala.Part{Name: nameOf(f), Type: typeOf(f.Type), Handle: f.URL})
		}
	}
}

func (r *reader) message(e event, in *centrala.Inbound) error {
	in.Kind = centrala.KindMessage
	return r.says(e, in)
}

func (r *reader) postback(e event, in *centrala.Inbound) error {
	in.Kind, in.Payload = centrala.KindPostback, vendor.Line(e.Payload, 1000)
	e.Text = cmp.Or(e.Text, e.Payload)
	return r.says(e, in)
}

func (r *reader) comment(e event, in *centrala.Inbound) error {
	in.Kind = centrala.KindComment
	if e.Post != nil {
		e.Post.Kind = "post"
		m, err := matterOf(*e.Post)
		if err != nil {
			return fmt.Errorf("post: %w", err)
		}
		in.Matters = append(in.Matters, m)
	}
	return r.says(e, in)
}

func (r *reader) edit(e event, in *centrala.Inbound) error {
	in.Kind, in.About = centrala.KindEdit, about(e.About, "")
	if e.About == "" {
		return errors.New("about is missing")
	}
	if in.About.Version = e.Version; e.Version == 0 {
		in.About.Version = in.At.UnixMilli()
	}
	r.words(e, in)
	if in.Text == "" && len(in.Attachments) == 0 {
		return errors.New("there is neither text nor a file; what is taken back is an unsend")
	}
	return nil
}

func (r *reader) unsend(e event, in *centrala.Inbound) error {
	in.Kind, in.About = centrala.KindUnsend, about(e.About, "")
	if e.About == "" {
		return errors.New("about is missing")
	}
	return nil
}

func (r *reader) reaction(e event, in *centrala.Inbound) error {
	in.Kind, in.About = centrala.KindReaction, about(e.About, "")
	in.About.Emoji, in.About.Removed = vendor.Line(e.Emoji, 64), e.Removed
	switch {
	case e.About == "":
		return errors.New("about is missing")
	case in.About.Emoji == "" && !e.Removed:
		return errors.New("emoji is missing")
	}
	return nil
}

func (r *reader) delivery(e event, in *centrala.Inbound) error {
	in.Kind, in.About = centrala.KindDelivery, about(e.About, e.Delivery)
	if err := r.ours(e, in); err != nil {
		return err
	}
	switch s := centrala.DeliveryState(e.State); s {
	case centrala.DeliveryHandedOver, centrala.Delivered, centrala.DeliveryRead, centrala.DeliveryFailed:
		in.About.State = s
	default:
		return errors.New("state is handed_over, delivered, read or failed")
	}
	in.About.Reason, in.About.Cause = vendor.Line(e.Reason, 300), causeOf(e.Cause)
	return nil
}

func (r *reader) read(e event, in *centrala.Inbound) error {
	in.Kind, in.About = centrala.KindRead, about(e.About, e.Delivery)
	in.About.Upto, in.About.State = e.Upto.UTC(), centrala.DeliveryRead
	if e.Upto.IsZero() {
		return r.ours(e, in)
	}
	return somebody(in)
}

// ours asks for which message of ours an event is about.
func (r *reader) ours(e event, in *centrala.Inbound) error {
	switch {
	case e.Delivery != "" && in.About.Ours == 0:
		return errors.New("delivery is none of our ids")
	case e.About == "" && e.Delivery == "":
		return errors.New("about and delivery are missing")
	}
	return nil
}

func (r *reader) echo(e event, in *centrala.Inbound) error {
	in.Kind = centrala.KindEcho
	if e.Delivery != "" {
		in.About = about("", e.Delivery)
		if err := r.ours(e, in); err != nil {
			return err
		}
		in.About.ID = e.ID
		return nil
	}
	if err := somebody(in); err != nil {
		return err
	}
	r.words(e, in)
	if in.Text == "" && len(in.Attachments) == 0 {
		return errors.New("there is neither delivery nor text nor a file")
	}
	return nil
}

func (r *reader) reach(e event, in *centrala.Inbound) error {
	in.Kind, in.About = centrala.KindReach, &centrala.About{Removed: e.Removed, Version: in.At.UnixMilli()}
	return somebody(in)
}

func (r *reader) matter(e event, in *centrala.Inbound) error {
	in.Kind = centrala.KindMatter
	if len(in.Matters) == 0 {
		return errors.New("matters is missing")
	}
	return somebody(in)
}

// about is which message an event is about, by the other side's id or ours; either may stand where
// the other side has no id of its own.
func about(theirs, ours string) *centrala.About {
	a := &centrala.About{ID: theirs}
	for _, s := range []string{ours, theirs} {
		if a.Ours == 0 && s != "" && a.Ours.UnmarshalText([]byte(s)) != nil {
			a.Ours = 0
		}
	}
	return a
}

// causeOf is a cause that the contract knows; "" for others.
func causeOf(s string) centrala.BounceCause {
	c := centrala.BounceCause(s)
	if slices.Contains([]centrala.BounceCause{centrala.Unreachable, centrala.OutsideWindow, centrala.BadFile, centrala.NotOpen, centrala.Refused}, c) {
		return c
	}
	return ""
}

func digest(in centrala.Inbound) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%q\n%q\n%q\n", in.ExternalID, in.Subject, in.Text, in.Payload)
	for _, p := range in.Attachments {
		fmt.Fprintf(h, "%q\n", p.Handle)
	}
	return hex.EncodeToString(h.Sum(nil))
}

package hook

import (
	"cmp"
	"encoding/json"
	"fmt"

	"centrala"
	"centrala/channels/meta/graph"
)

// messaging is one event of Messenger or Instagram.
type messaging struct {
	Sender    object[person]   `json:"sender"`
	Recipient object[person]   `json:"recipient"`
	Timestamp stamp            `json:"timestamp"`
	Message   object[message]  `json:"message"`
	Postback  object[postback] `json:"postback"`
	Delivery  object[receipt]  `json:"delivery"`
	Read      object[receipt]  `json:"read"`
	Reaction  object[reaction] `json:"reaction"`
	Edit      object[edit]     `json:"message_edit"`
}

type person struct {
	ID   text `json:"id"`
	Name text `json:"name"`
}

type message struct {
	MID         text               `json:"mid"`
	Text        text               `json:"text"`
	Echo        flag               `json:"is_echo"`
	Deleted     flag               `json:"is_deleted"`
	Unsupported flag               `json:"is_unsupported"`
	App         text               `json:"app_id"`
	Metadata    text               `json:"metadata"`
	QuickReply  object[quickReply] `json:"quick_reply"`
	ReplyTo     object[replyTo]    `json:"reply_to"`
	Referral    object[referral]   `json:"referral"`
	Attachments list               `json:"attachments"`
}

type quickReply struct {
	Payload text `json:"payload"`
}

type replyTo struct {
	MID   text          `json:"mid"`
	Story object[story] `json:"story"`
}

type story struct {
	ID  text `json:"id"`
	URL text `json:"url"`
}

type postback struct {
	MID     text `json:"mid"`
	Title   text `json:"title"`
	Payload text `json:"payload"`
}

type receipt struct {
	MID       text   `json:"mid"`
	MIDs      []text `json:"mids"`
	Watermark stamp  `json:"watermark"`
}

type reaction struct {
	MID      text `json:"mid"`
	Action   text `json:"action"`
	Reaction text `json:"reaction"`
	Emoji    text `json:"emoji"`
}

type edit struct {
	MID    text   `json:"mid"`
	Text   text   `json:"text"`
	Number number `json:"num_edit"`
}

// channel is that of the object that the hook is about.
func (r *reading) channel() centrala.Channel {
	if r.object == ofInstagram {
		return centrala.Instagram
	}
	return centrala.Messenger
}

func (r *reading) messaging(e entry, raw json.RawMessage, at string) {
	var m messaging
	if !r.decode(raw, &m, at) {
		return
	}
	from, to := string(m.Sender.V.ID), string(m.Recipient.V.ID)
	peer := from
	if bool(m.Message.V.Echo) || from != "" && from == string(e.ID) {
		peer = to
	}
	known := m.Message.Is || m.Postback.Is || m.Delivery.Is || m.Read.Is || m.Reaction.Is || m.Edit.Is
	if known && peer == "" {
		r.bad("no-person", at)
		return
	}
	item := func(kind centrala.InboundKind) centrala.Inbound {
		return r.item(kind, r.channel(), peer, m.Timestamp.Time, e.Time.Time)
	}
	switch {
	case m.Message.Is:
		r.message(m.Message.V, item, at)
	case m.Postback.Is:
		r.postback(m, item, at)
	case m.Delivery.Is:
		r.told("message_deliveries")
		r.receipts(m.Delivery.V, item(centrala.KindDelivery), centrala.Delivered, at)
	case m.Read.Is:
		r.told("message_reads")
		r.receipts(m.Read.V, item(centrala.KindRead), centrala.DeliveryRead, at)
	case m.Reaction.Is:
		r.reaction(m.Reaction.V, item(centrala.KindReaction), at)
	case m.Edit.Is:
		r.edited(m.Edit.V, item(centrala.KindEdit), at)
	default:
		r.unknown(raw)
	}
}

// unknown names the keys of an event that is not known.
func (r *reading) unknown(raw json.RawMessage) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(raw, &keys); err != nil {
		r.bad("not-an-object", "messaging")
		return
	}
	for k := range keys {
		if k == "sender" || k == "recipient" || k == "timestamp" {
			delete(keys, k)
		}
	}
	for _, k := range sorted(keys) {
		r.told(k)
		r.skip("event " + k)
	}
	if len(keys) == 0 {
		r.skip("event without contents")
	}
}

func (r *reading) message(m message, item func(centrala.InboundKind) centrala.Inbound, at string) {
	mid := string(m.MID)
	if mid == "" {
		r.bad("no-id", at)
		return
	}
	if m.Deleted {
		r.told("unsend")
		in := item(centrala.KindUnsend)
		in.ExternalID, in.About = "unsend:"+mid, &centrala.About{ID: mid}
		r.put(in)
		return
	}
	in := item(centrala.KindMessage)
	in.ExternalID = mid
	before, text := "", string(m.Text)
	words, parts := r.contents(m.Attachments, at)
	if m.ReplyTo.Is {
		if id := string(m.ReplyTo.V.MID); id != "" {
			in.About = &centrala.About{ID: id}
		} else if m.ReplyTo.V.Story.Is {
			before = r.words.MetaStoryReply()
			parts = append(parts, r.storyOf(m.ReplyTo.V.Story.V)...)
		}
	}
	if bool(m.Unsupported) || text == "" && len(words) == 0 && len(parts) == 0 {
		words = append(words, r.words.MetaUnsupported())
	}
	in.Matters, in.Attachments = m.Referral.V.matters(), parts
	switch {
	case bool(m.Echo):
		r.told("message_echoes")
		r.echoed(&in, string(m.Metadata), r.appName(string(m.App)))
	case m.QuickReply.Is:
		r.told("messages")
		in.Kind, in.Payload = centrala.KindPostback, string(m.QuickReply.V.Payload)
	default:
		r.told("messages")
	}
	r.says(in, paragraphs(append([]string{before, text}, words...)...))
}

// echoed makes an item an echo of our own words. Those with our mark are ours; of others the
// payload is the app that they were written in.
func (r *reading) echoed(in *centrala.Inbound, mark, app string) {
	in.Kind = centrala.KindEcho
	if id := ours(mark); id != 0 {
		in.About = &centrala.About{ID: in.ExternalID, Ours: id, State: centrala.DeliveryHandedOver}
		return
	}
	in.Payload = app
}

// Apps of Meta itself in which people answer, by the ids that echoes bear. The others are told by id.
var metaApps = map[string]string{
	"263902037430900":  "Meta Business Suite",
	"1217981644879628": "Instagram",
	"":                 "Meta",
}

func (r *reading) appName(id string) string {
	if name, ok := metaApps[id]; ok {
		return name
	}
	return graph.Clean("app " + id)
}

func (r *reading) postback(m messaging, item func(centrala.InboundKind) centrala.Inbound, at string) {
	r.told("messaging_postbacks")
	in, p := item(centrala.KindPostback), m.Postback.V
	in.ExternalID, in.Payload = string(p.MID), string(p.Payload)
	if in.ExternalID == "" {
		if m.Timestamp.IsZero() {
			r.bad("no-id", at)
			return
		}
		in.ExternalID = fmt.Sprintf("postback:%s:%d:%s", in.From.Address, m.Timestamp.UnixMilli(), p.Payload)
	}
	r.says(in, cmp.Or(string(p.Title), string(p.Payload), r.words.MetaButton()))
}

// receipts are one item for each message that is named, and one for all before the watermark.
func (r *reading) receipts(w receipt, in centrala.Inbound, state centrala.DeliveryState, at string) {
	mids := w.MIDs
	if w.MID != "" {
		mids = append(mids, w.MID)
	}
	for _, mid := range mids {
		if mid == "" {
			continue
		}
		one := in
		one.ExternalID, one.About = fmt.Sprintf("%s:%s", in.Kind, mid), &centrala.About{ID: string(mid), State: state}
		r.put(one)
	}
	if !w.Watermark.IsZero() {
		in.ExternalID = fmt.Sprintf("%s:%s:%d", in.Kind, in.From.Address, w.Watermark.UnixMilli())
		in.About = &centrala.About{Upto: w.Watermark.Time, State: state}
		r.put(in)
	} else if len(mids) == 0 {
		r.bad("no-id", at)
	}
}

// emojis of reactions that come by name alone.
var emojis = map[text]string{"smile": "😆", "angry": "😠", "sad": "😢", "wow": "😮", "love": "❤", "like": "👍", "dislike": "👎", "other": "❤"}

func (r *reading) reaction(w reaction, in centrala.Inbound, at string) {
	r.told("message_reactions")
	if w.MID == "" {
		r.bad("no-id", at)
		return
	}
	in.About = &centrala.About{ID: string(w.MID), Emoji: cmp.Or(string(w.Emoji), emojis[w.Reaction]), Removed: w.Action == "unreact"}
	if in.About.Emoji == "" && !in.About.Removed {
		in.About.Emoji = "❤"
	}
	in.ExternalID = fmt.Sprintf("reaction:%s:%s:%s:%s:%d", w.MID, in.From.Address, w.Action, in.About.Emoji, in.At.UnixMilli())
	r.put(in)
}

func (r *reading) edited(w edit, in centrala.Inbound, at string) {
	r.told("message_edits")
	if w.MID == "" {
		r.bad("no-id", at)
		return
	}
	in.ExternalID = fmt.Sprintf("edit:%s:%d", w.MID, w.Number)
	in.About = &centrala.About{ID: string(w.MID), Version: int64(w.Number)}
	r.says(in, string(w.Text))
}

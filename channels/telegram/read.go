package telegram

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/vendor"
)

// parser is the version of what reads updates. It grows when the same update is read otherwise.
const parser = 2

// Read implements channels.Reader: a hook is one update, and tells one thing at most.
func (c *Channel) Read(inbox centrala.Inbox, h centrala.Hook) (centrala.Reading, error) {
	r := centrala.Reading{Parser: parser}
	var fields rawMessage
	if err := json.Unmarshal(h.Body, &fields); err != nil || fields == nil {
		return r, &channels.Fault{Code: "telegram.json", Err: errors.New("not a JSON object")}
	}
	kind := kindOf(fields)
	r.What = kind
	var u update
	if err := json.Unmarshal(h.Body, &u); err != nil {
		return r, &channels.Fault{Code: "telegram.shape", Err: shape(err)}
	}
	w := reader{bot: botBy(inbox, h), update: u.ID, inbox: inbox.ID}
	in, skipped, err := w.one(u, kind)
	switch {
	case err != nil:
		r.Bad = append(r.Bad, centrala.Cause{Code: "telegram.incomplete", Detail: err.Error()})
	case skipped != "":
		r.Skipped = append(r.Skipped, skipped)
	default:
		r.Items = append(r.Items, in)
	}
	return r, nil
}

// shape is why JSON does not fit, without what stands in it.
func shape(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%s is a %s", wrong.Field, strings.Fields(wrong.Value + " ?")[0])
	}
	return errors.New("an update of another shape")
}

// kindOf names the one thing that an update is about, in Telegram's word.
func kindOf(fields rawMessage) string {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "update_id" {
			if word := vendor.Line(name, 64); word != "" {
				return word
			}
		}
	}
	return "nothing"
}

// reader reads one update.
type reader struct {
	bot    string
	update int64
	inbox  centrala.InboxID
}

func (r reader) one(u update, kind string) (in centrala.Inbound, skipped string, err error) {
	switch {
	case u.Message != nil:
		return r.said(*u.Message)
	case u.Edited != nil:
		return r.edited(*u.Edited)
	case u.Callback != nil:
		return r.pressed(*u.Callback)
	case u.Member != nil:
		return r.member(*u.Member)
	}
	return in, kind, nil
}

// from is an Inbound of a person in a private chat with the bot.
func (r reader) from(who user, at int64) centrala.Inbound {
	return centrala.Inbound{
		Inbox: r.inbox, Channel: centrala.Telegram, Outcome: centrala.Ingested, Reason: "a message from a person",
		From: centrala.Address{Name: vendor.Line(who.name(), 200), Address: strconv.FormatInt(who.ID, 10)}, Locale: vendor.Line(who.Language, 16), At: when(at),
	}
}

// private reports why nothing is taken from a chat, "" when it is a person's with the bot.
func private(what string, c chat, from *user) string {
	switch {
	case c.Type != "private":
		return what + " in a " + vendor.Line(cmp.Or(c.Type, "chat"), 20)
	case from != nil && from.Bot:
		return what + " of a bot"
	}
	return ""
}

// whole checks that a message has what it is known by, and says who wrote it: in a private chat
// the chat is the person.
func whole(m message) (user, error) {
	if m.Chat.ID == 0 {
		return user{}, errors.New("a message without its chat")
	}
	who := user{ID: m.Chat.ID, First: m.Chat.First, Last: m.Chat.Last}
	if m.From != nil && m.From.ID == m.Chat.ID {
		who = *m.From
	}
	return who, nil
}

func (r reader) said(m message) (in centrala.Inbound, skipped string, err error) {
	if m.Business != "" {
		return in, "message of a business connection", nil
	}
	if why := private("message", m.Chat, m.From); why != "" {
		return in, why, nil
	}
	who, err := whole(m)
	if err != nil {
		return in, "", err
	}
	in = r.from(who, m.Date)
	in.ExternalID = messageRef(r.bot, m.Chat.ID, m.ID)
	if m.ID == 0 { // a scheduled one has no number of its own yet
		in.ExternalID = fmt.Sprintf("%s:%d:u%d", r.bot, m.Chat.ID, r.update)
	}
	text, files, known := content(m)
	if !known {
		return in, "message: " + novelty(m.raw), nil
	}
	if payload, started := strings.CutPrefix(m.Text, "/start"); started && (payload == "" || payload[0] == ' ') {
		if payload = strings.TrimSpace(payload); payload == "" {
			return in, "message: /start, without a payload", nil
		}
		in.Kind, in.Payload = centrala.KindPostback, vendor.Line(payload, 64)
		text = "/start " + in.Payload
	}
	in.Text, in.FullText, in.Attachments = text, text, files
	if m.Contact != nil && m.Contact.UserID == who.ID {
		in.Phone = vendor.Line(m.Contact.Phone, 32)
	}
	in.About = answered(r.bot, m)
	in.Digest = digest(in)
	return in, "", nil
}

func (r reader) edited(m message) (in centrala.Inbound, skipped string, err error) {
	if m.Business != "" {
		return in, "edited_message of a business connection", nil
	}
	if why := private("edited_message", m.Chat, m.From); why != "" {
		return in, why, nil
	}
	if m.Location != nil {
		return in, "edited_message: a live location moved", nil
	}
	who, err := whole(m)
	if err != nil {
		return in, "", err
	}
	text, files, known := content(m)
	if !known {
		return in, "edited_message: " + novelty(m.raw), nil
	}
	in = r.from(who, cmp.Or(m.EditDate, m.Date))
	of := messageRef(r.bot, m.Chat.ID, m.ID)
	in.Kind, in.ExternalID = centrala.KindEdit, fmt.Sprintf("%s:e%d", of, m.EditDate)
	in.About = &centrala.About{ID: of, Version: m.EditDate}
	in.Text, in.FullText, in.Attachments = text, text, files
	in.Digest = digest(in)
	return in, "", nil
}

// pressed: a button below one of our messages.
func (r reader) pressed(q callback) (in centrala.Inbound, skipped string, err error) {
	if q.Message == nil {
		return in, "callback_query without its message", nil
	}
	if why := private("callback_query", q.Message.Chat, &q.From); why != "" {
		return in, why, nil
	}
	if q.ID == "" || q.From.ID == 0 {
		return in, "", errors.New("a callback query without its id or its person")
	}
	in = r.from(q.From, 0)
	in.Kind, in.ExternalID, in.Payload = centrala.KindPostback, r.bot+":q"+vendor.Line(q.ID, 64), vendor.Line(q.Data, 64)
	in.Text = in.Payload
	if q.Message.Markup != nil {
		for _, row := range q.Message.Markup.Rows {
			for _, b := range row {
				if b.Data == q.Data && b.Text != "" {
					in.Text = vendor.Prose(b.Text)
				}
			}
		}
	}
	in.FullText = in.Text
	in.About = &centrala.About{ID: messageRef(r.bot, q.Message.Chat.ID, q.Message.ID)}
	in.Digest = digest(in)
	return in, "", nil
}

// member: the person blocked the bot, or let it in again.
func (r reader) member(m membership) (in centrala.Inbound, skipped string, err error) {
	if why := private("my_chat_member", m.Chat, nil); why != "" {
		return in, why, nil
	}
	if m.Chat.ID == 0 {
		return in, "", errors.New("a membership without its chat")
	}
	var removed bool
	switch m.New.Status {
	case "kicked", "left":
		removed = true
	case "member", "administrator", "creator":
	default:
		return in, "my_chat_member: " + vendor.Line(cmp.Or(m.New.Status, "no status"), 20), nil
	}
	who := user{ID: m.Chat.ID, First: m.Chat.First, Last: m.Chat.Last}
	if m.From.ID == m.Chat.ID {
		who = m.From
	}
	in = r.from(who, m.Date)
	in.Kind, in.Reason = centrala.KindReach, "whether the person lets us write"
	in.ExternalID = fmt.Sprintf("%s:%d:r%d", r.bot, m.Chat.ID, r.update)
	in.About = &centrala.About{Removed: removed, Version: m.Date}
	return in, "", nil
}

func answered(bot string, m message) *centrala.About {
	if m.Answers == nil || m.Answers.ID == 0 {
		return nil
	}
	return &centrala.About{ID: messageRef(bot, cmp.Or(m.Answers.Chat.ID, m.Chat.ID), m.Answers.ID)}
}

// envelope are the fields of a message that say nothing themselves.
var envelope = strings.Fields("message_id from chat date edit_date sender_chat sender_business_bot has_protected_content is_from_offline is_automatic_forward forward_origin " +
	"reply_to_message external_reply quote reply_to_story via_bot message_thread_id is_topic_message entities caption_entities link_preview_options effect_id show_caption_above_media " +
	"has_media_spoiler media_group_id author_signature reply_markup sender_boost_count paid_star_count suggested_post_info business_connection_id sender_tag")

// novelty names what a message has that is not known here.
func novelty(fields rawMessage) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(envelope, name) && len(names) < 4 {
			names = append(names, vendor.Line(name, 40))
		}
	}
	if len(names) == 0 {
		return "empty"
	}
	return strings.Join(names, ", ")
}

func digest(in centrala.Inbound) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%q\n%q\n", in.ExternalID, in.Text, in.Payload)
	for _, p := range in.Attachments {
		fmt.Fprintf(h, "%q %d\n", p.Name, p.Size)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// when is a time in Unix seconds, as far as it can be one.
func when(s int64) time.Time {
	if s <= 0 || s > 1<<40 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

package telegram

import (
	"encoding/json"
	"strings"
)

// The shapes of the Bot API 10.1 as far as they are read (core.telegram.org/bots/api). Ids have up
// to 52 bits. They are our own, and not those of the sending library, because the stored update is
// read long after it came, by whatever version runs then.

type update struct {
	ID       int64       `json:"update_id"`
	Message  *message    `json:"message"`
	Edited   *message    `json:"edited_message"`
	Callback *callback   `json:"callback_query"`
	Member   *membership `json:"my_chat_member"`
}

type user struct {
	ID       int64  `json:"id"`
	Bot      bool   `json:"is_bot"`
	First    string `json:"first_name"`
	Last     string `json:"last_name"`
	Language string `json:"language_code"`
}

func (u user) name() string { return strings.TrimSpace(u.First + " " + u.Last) }

type chat struct {
	ID    int64  `json:"id"`
	Type  string `json:"type"`
	Title string `json:"title"`
	First string `json:"first_name"`
	Last  string `json:"last_name"`
}

type message struct {
	ID       int64    `json:"message_id"`
	From     *user    `json:"from"`
	Chat     chat     `json:"chat"`
	Date     int64    `json:"date"`
	EditDate int64    `json:"edit_date"`
	Text     string   `json:"text"`
	Caption  string   `json:"caption"`
	Answers  *earlier `json:"reply_to_message"`
	Origin   *origin  `json:"forward_origin"`
	Markup   *markup  `json:"reply_markup"`

	Photo     []file     `json:"photo"`
	Document  *file      `json:"document"`
	Voice     *file      `json:"voice"`
	Audio     *file      `json:"audio"`
	Video     *file      `json:"video"`
	VideoNote *file      `json:"video_note"`
	Animation *file      `json:"animation"`
	Sticker   *sticker   `json:"sticker"`
	Contact   *person    `json:"contact"`
	Location  *location  `json:"location"`
	Venue     *venue     `json:"venue"`
	Poll      *poll      `json:"poll"`
	Dice      *dice      `json:"dice"`
	Game      *titled    `json:"game"`
	Invoice   *titled    `json:"invoice"`
	Checklist *titled    `json:"checklist"`
	Story     *struct{}  `json:"story"`
	PaidMedia *struct{}  `json:"paid_media"`
	Business  string     `json:"business_connection_id"`
	raw       rawMessage // every field, known or not
}

// earlier is a message that is answered. Its own words came before, and are not read again.
type earlier struct {
	ID   int64 `json:"message_id"`
	Chat chat  `json:"chat"`
}

type rawMessage map[string]json.RawMessage

// UnmarshalJSON implements json.Unmarshaler and remembers the names of all fields.
func (m *message) UnmarshalJSON(b []byte) error {
	type plain message
	if err := json.Unmarshal(b, (*plain)(m)); err != nil {
		return err
	}
	return json.Unmarshal(b, &m.raw)
}

type file struct {
	ID       string `json:"file_id"`
	UniqueID string `json:"file_unique_id"`
	Name     string `json:"file_name"`
	Type     string `json:"mime_type"`
	Size     int64  `json:"file_size"`
	Width    int64  `json:"width"`
	Height   int64  `json:"height"`
}

type sticker struct {
	file
	Emoji    string `json:"emoji"`
	Animated bool   `json:"is_animated"`
	Video    bool   `json:"is_video"`
}

type person struct {
	Phone  string `json:"phone_number"`
	First  string `json:"first_name"`
	Last   string `json:"last_name"`
	UserID int64  `json:"user_id"`
}

type location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Live      int64   `json:"live_period"`
}

type venue struct {
	Location location `json:"location"`
	Title    string   `json:"title"`
	Address  string   `json:"address"`
}

type poll struct {
	Question string `json:"question"`
	Options  []struct {
		Text string `json:"text"`
	} `json:"options"`
}

type dice struct {
	Emoji string `json:"emoji"`
	Value int64  `json:"value"`
}

type titled struct {
	Title string `json:"title"`
}

type origin struct {
	Type   string `json:"type"`
	User   *user  `json:"sender_user"`
	Hidden string `json:"sender_user_name"`
	Sender *chat  `json:"sender_chat"`
	Chat   *chat  `json:"chat"`
}

func (o origin) name() string {
	for _, c := range []*chat{o.Sender, o.Chat} {
		if c != nil {
			return c.Title
		}
	}
	if o.User != nil {
		return o.User.name()
	}
	return o.Hidden
}

type markup struct {
	Rows [][]struct {
		Text string `json:"text"`
		Data string `json:"callback_data"`
	} `json:"inline_keyboard"`
}

type callback struct {
	ID      string   `json:"id"`
	From    user     `json:"from"`
	Message *message `json:"message"`
	Data    string   `json:"data"`
}

type membership struct {
	Chat chat  `json:"chat"`
	From user  `json:"from"`
	Date int64 `json:"date"`
	New  struct {
		Status string `json:"status"`
	} `json:"new_chat_member"`
}

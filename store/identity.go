package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"centrala/store/column"

	"centrala"
)

// account is how our own end of an inbox is named: people's addresses are towards it.
func account(in centrala.Inbox) string {
	if in.Account != nil && in.Account.ID != "" {
		return in.Account.ID
	}
	return in.ID.String()
}

func (r inboxRow) account() string {
	in := r.Inbox
	in.Account = r.settings.Account
	return account(in)
}

// human reports whether people may be answered by people for longer.
func (r inboxRow) human() bool { return r.settings.Account != nil && r.settings.Account.HumanAgent }

// social reports whether a conversation is one at a vendor's, where it is answered.
func (c *conversation) social() bool {
	switch c.Channel {
	case centrala.Chat, centrala.Email, centrala.Form, centrala.Phone, centrala.WalkIn:
		return false
	}
	return c.peer != ""
}

// whoWrote finds the contact who has one of the addresses that a thing came from, or makes one. New
// addresses of theirs are added. Addresses of several contacts show that these are one person: they
// are joined.
func (tx *Tx) whoWrote(in centrala.Inbound, door inboxRow) (centrala.Contact, error) {
	addresses := addressesOf(in)
	if len(addresses) == 0 {
		return centrala.Contact{}, centrala.InvalidField("from", "Nobody is named who wrote it.")
	}
	var owners []centrala.ContactID
	var strange []string
	back := false // of one who was lost
	for _, a := range addresses {
		var (
			id         centrala.ContactID
			lost, asks bool
		)
		err := tx.peek(`SELECT contact, lost, CASE WHEN name = '' AND ask_at = 0 THEN 1 ELSE 0 END FROM identity WHERE channel = $1 AND account = $2 AND address = $3`,
			[]any{in.Channel, door.account(), a}, &id, &lost, &asks)
		if err == nil && asks && nameless(in, door) {
			err = tx.ask(in, door, a)
		}
		switch {
		case errors.Is(err, sql.ErrNoRows):
			strange = append(strange, a)
		case err != nil:
			return centrala.Contact{}, fmt.Errorf("look for the person: %w", err)
		default:
			back = back || lost
			if id, err = tx.contactToday(id); err != nil {
				return centrala.Contact{}, err
			}
			if !slices.Contains(owners, id) {
				owners = append(owners, id)
			}
		}
	}
	k, err := tx.oneOf(owners, in)
	if err != nil {
		return k, err
	}
	ask := int64(askThen)
	if nameless(in, door) {
		ask = column.Micros(tx.now)
	}
	for _, a := range strange {
		if _, err := tx.keep(`INSERT INTO identity (channel, account, address, contact, inbox, name, lost, at, ask_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)
			ON CONFLICT DO NOTHING`, in.Channel, door.account(), a, k.ID, in.Inbox, short(in.From.Name, 200), column.Micros(tx.now), ask); err != nil {
			return k, fmt.Errorf("note who it is: %w", err)
		}
	}
	for _, a := range addresses {
		if !back || !in.Kind.Says() || err != nil {
			break
		}
		_, err = tx.keep(`UPDATE identity SET lost = 0 WHERE channel = $1 AND account = $2 AND address = $3`, in.Channel, door.account(), a)
	}
	return k, wrap(err, "note that the person is there")
}

// contactToday is who a contact is after all joining.
func (tx *Tx) contactToday(id centrala.ContactID) (centrala.ContactID, error) {
	for range 8 {
		var into centrala.ContactID
		err := tx.peek(`SELECT merged_into FROM contact WHERE id = $1`, []any{id}, &into)
		if err != nil || into == 0 {
			return id, wrap(err, "follow the merge")
		}
		id = into
	}
	return id, nil
}

// addressesOf are the addresses that a thing came from, each once.
func addressesOf(in centrala.Inbound) []string {
	var out []string
	for _, a := range append([]string{in.From.Address}, in.Aliases...) {
		if a = strings.TrimSpace(a); a != "" && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// oneOf makes one contact of those who have a person's addresses: a new one of none.
func (tx *Tx) oneOf(owners []centrala.ContactID, in centrala.Inbound) (centrala.Contact, error) {
	if len(owners) == 0 {
		k, err := tx.ensureContact(centrala.Contact{ID: centrala.ContactID(tx.NewID()), Name: short(in.From.Name, 200), Email: in.Email, Phone: in.Phone, Side: in.Side, Locale: in.Locale,
			EmailProven: in.Proven.Email, PhoneProven: provesPhone(in)})
		return k, wrap(err, "make the contact")
	}
	who := owners[0]
	for _, other := range owners[1:] {
		evidence := []centrala.Evidence{{Kind: centrala.SameIdentity, Strong: true, Detail: string(in.Channel)}}
		_, united, err := tx.unite(who, other, system(), evidence)
		if err != nil {
			return centrala.Contact{}, err
		}
		who = united
	}
	var k centrala.Contact
	if err := tx.peek(`SELECT `+contactColumns+` FROM contact k WHERE k.id = $1`, []any{who}, contactFields(&k)...); err != nil {
		return k, fmt.Errorf("read the contact: %w", err)
	}
	err := tx.learn(&k, in)
	return k, err
}

// learn adds what was not known of a contact. What is known already is not changed.
func (tx *Tx) learn(k *centrala.Contact, in centrala.Inbound) error {
	had := *k
	k.Name, k.Phone, k.Email = cmp.Or(k.Name, short(in.From.Name, 200)), cmp.Or(k.Phone, in.Phone), cmp.Or(k.Email, strings.ToLower(in.Email))
	k.Locale, k.Side = cmp.Or(k.Locale, in.Locale), firstSide(k.Side, in.Side)
	k.PhoneProven = k.PhoneProven || provesPhone(in) && centrala.Digits(k.Phone) == centrala.Digits(in.Phone)
	k.EmailProven = k.EmailProven || in.Proven.Email && strings.EqualFold(k.Email, in.Email)
	same := k.Name == had.Name && k.Phone == had.Phone && k.Email == had.Email && k.Locale == had.Locale && k.Side == had.Side &&
		k.PhoneProven == had.PhoneProven && k.EmailProven == had.EmailProven
	if same || k.Blocked {
		*k = had
		return nil
	}
	_, err := tx.Exec(`UPDATE contact SET name = $2, phone = $3, email = $4, locale = $5, side = $6, phone_proven = $7, email_proven = $8 WHERE id = $1`,
		k.ID, k.Name, k.Phone, k.Email, k.Locale, string(k.Side), column.Flag(k.PhoneProven), column.Flag(k.EmailProven))
	return wrap(err, "learn of the contact")
}

// provesPhone reports whether the door says that the number is the person's: of WhatsApp it is the
// account.
func provesPhone(in centrala.Inbound) bool {
	return in.Phone != "" && (in.Proven.Phone || in.Channel == centrala.WhatsApp)
}

// reach notes that somebody let us write to them no more, or again. Of who is not known it notes
// nothing.
func (tx *Tx) reach(in centrala.Inbound, door inboxRow) (told, error) {
	for _, a := range addressesOf(in) {
		_, err := tx.keep(`UPDATE identity SET lost = $4 WHERE channel = $1 AND account = $2 AND address = $3`, in.Channel, door.account(), a, column.Flag(in.About.Removed))
		if err != nil {
			return told{}, fmt.Errorf("note whether the person can be reached: %w", err)
		}
	}
	return told{}, nil
}

// lose notes that somebody cannot be reached at an address any more.
func (tx *Tx) lose(d dispatch) error {
	_, err := tx.keep(`UPDATE identity SET lost = 1 WHERE channel = $1 AND inbox = $2 AND lower(address) = $3`, d.channel, d.inbox, d.address)
	return wrap(err, "note that the person is lost")
}

// ownAddresses has a person who was told apart answered at addresses of their own: where a conversation
// is answered at one of somebody else's, at the latest of whom it began with. When they wrote from there
// is not known any more but that they began it.
func (tx *Tx) ownAddresses(person centrala.ContactID) error {
	type talk struct {
		id            centrala.ConversationID
		inbox         centrala.InboxID
		channel, peer string
		came          centrala.ContactID
	}
	person, err := tx.contactToday(person)
	if err != nil {
		return err
	}
	list, err := column.All(context.Background(), tx, func(c *talk) []any { return []any{&c.id, &c.inbox, &c.channel, &c.peer, &c.came} },
		`SELECT id, inbox, channel, peer, CASE WHEN origin <> 0 THEN origin ELSE contact END FROM conversation WHERE contact = $1 AND thread = '' AND peer <> ''`, person)
	if err != nil {
		return fmt.Errorf("look where the person is answered: %w", err)
	}
	for _, c := range list {
		door, err := tx.door(c.inbox)
		if err != nil {
			return err
		}
		var owner centrala.ContactID
		err = tx.peek(`SELECT contact FROM identity WHERE channel = $1 AND account = $2 AND address = $3`, []any{c.channel, door.account(), c.peer}, &owner)
		if err == nil {
			owner, err = tx.contactToday(owner)
		}
		if errors.Is(err, sql.ErrNoRows) || err == nil && owner == person {
			continue
		}
		var own string
		if err == nil {
			err = tx.Row(`SELECT coalesce((SELECT address FROM identity WHERE contact = $1 AND channel = $2 AND account = $3 ORDER BY at DESC, address LIMIT 1), '')`,
				[]any{c.came, c.channel, door.account()}, &own)
		}
		if err == nil {
			_, err = tx.Exec(`UPDATE conversation SET peer = $2, heard_at = opened_at WHERE id = $1`, c.id, own)
		}
		if err != nil {
			return fmt.Errorf("answer the person at their own address: %w", err)
		}
		if err := tx.redirect(c.id, c.peer, own); err != nil {
			return err
		}
	}
	return nil
}

package store

import (
	"context"
	"fmt"
	"slices"

	"centrala/store/column"

	"centrala"
)

// Bounds of what is looked at for a suggestion.
const (
	mattersLooked = 50 // of the latest conversations
	likelyMost    = 20
)

const mergerColumns = `SELECT m.id, m.contact, m.other, coalesce(k.name, ''), m.by_kind, m.by_id, m.by_name, m.evidence, m.at, m.undone_at
	FROM merger m LEFT JOIN contact k ON k.id = m.other`

func mergerFields(m *centrala.Merger) []any {
	return []any{&m.ID, &m.Contact, &m.Other, &m.Name, &m.By.Kind, &m.By.ID, &m.By.Name, column.List(&m.Evidence), column.Instant(&m.At), column.Instant(&m.Undone)}
}

// Mergers lists by which joinings a person came about, the latest first, those that were undone
// included; NotFound when scope does not see the person.
func (db *DB) Mergers(ctx context.Context, scope centrala.Scope, id centrala.ContactID) ([]centrala.Merger, error) {
	if _, err := db.Contact(ctx, scope, id); err != nil {
		return nil, err
	}
	items, err := column.All(ctx, db.ro, mergerFields, mergerColumns+` WHERE m.contact IN (`+persons+`) ORDER BY m.id DESC`, id)
	if err != nil {
		return nil, fmt.Errorf("read the mergers: %w", err)
	}
	for i := range items {
		items[i].Evidence = column.Some(items[i].Evidence)
		if items[i].Channels, err = channelsOf(ctx, db.ro, items[i]); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// channelsOf are the channels by which the other one of a merger came, the latest first.
func channelsOf(ctx context.Context, q column.Querier, m centrala.Merger) ([]centrala.Channel, error) {
	list, err := column.All(ctx, q, func(c *channelRow) []any { return []any{&c.channel, &c.last} }, `SELECT channel, max(last) FROM (
		SELECT channel, id AS last FROM conversation WHERE origin <> 0 AND origin IN (`+persons+`) UNION ALL
		SELECT channel, id AS last FROM conversation WHERE contact = $1 UNION ALL
		SELECT channel, 0 AS last FROM identity WHERE contact IN (`+persons+`)) c GROUP BY channel ORDER BY 2 DESC, 1`, m.Other)
	return channelNames(list), wrap(err, "read the channels")
}

type channelRow struct {
	channel centrala.Channel
	last    int64
}

func channelNames(rows []channelRow) []centrala.Channel {
	out := make([]centrala.Channel, len(rows))
	for i, r := range rows {
		out[i] = r.channel
	}
	return out
}

// known is what is known of a person, for comparing; of their conversations, those in scope.
func known(ctx context.Context, q column.Querier, scope centrala.Scope, k centrala.Contact) (centrala.Known, error) {
	out := centrala.Known{Contact: k, Emails: []string{}, Phones: []string{}, Channels: []centrala.Channel{}}
	type proof struct {
		email, phone   string
		mailed, called bool
	}
	proofs, err := column.All(ctx, q, func(p *proof) []any { return []any{&p.email, &p.phone, &p.mailed, &p.called} },
		`SELECT email, phone, email_proven, phone_proven FROM contact WHERE id IN (`+persons+`) AND (email_proven = 1 OR phone_proven = 1)`, k.ID)
	if err != nil {
		return out, fmt.Errorf("read what is proven: %w", err)
	}
	for _, p := range proofs {
		if p.mailed && p.email != "" && !slices.Contains(out.Emails, p.email) {
			out.Emails = append(out.Emails, p.email)
		}
		if d := centrala.Digits(p.phone); p.called && d != "" && !slices.Contains(out.Phones, d) {
			out.Phones = append(out.Phones, d)
		}
	}
	if out.Identities, err = identities(ctx, q, k.ID); err != nil {
		return out, err
	}
	out.Contact.Identities = out.Identities
	for _, i := range out.Identities {
		if d := number(i); d != "" && !slices.Contains(out.Phones, d) {
			out.Phones = append(out.Phones, d)
		}
	}
	return out, spoken(ctx, q, scope, &out)
}

// spoken fills in what the conversations of a person tell.
func spoken(ctx context.Context, q column.Querier, scope centrala.Scope, k *centrala.Known) error {
	type talk struct {
		channelRow
		count, since int64
	}
	args := []any{k.Contact.ID}
	where := scopeWhere(scope, &args)
	talks, err := column.All(ctx, q, func(t *talk) []any { return []any{&t.channel, &t.last, &t.count, &t.since} },
		`SELECT c.channel, max(c.id), count(*), min(c.opened_at) FROM conversation c WHERE c.contact = $1 AND `+where+` GROUP BY c.channel ORDER BY 2 DESC`, args...)
	if err != nil {
		return fmt.Errorf("count the conversations: %w", err)
	}
	k.Since = k.Contact.CreatedAt
	for _, t := range talks {
		k.Channels, k.Conversations = append(k.Channels, t.channel), k.Conversations+int(t.count)
		if at := column.Time(t.since); at.Before(k.Since) {
			k.Since = at
		}
	}
	for _, i := range k.Identities {
		if !slices.Contains(k.Channels, i.Channel) {
			k.Channels = append(k.Channels, i.Channel)
		}
	}
	type named struct{ matters []centrala.Matter }
	list, err := column.All(ctx, q, func(n *named) []any { return []any{column.List(&n.matters)} },
		`SELECT c.matters FROM conversation c WHERE c.contact = $1 AND `+where+fmt.Sprintf(` ORDER BY c.id DESC LIMIT %d`, mattersLooked), args...)
	if err != nil {
		return fmt.Errorf("read the orders: %w", err)
	}
	for _, n := range list {
		for _, m := range n.matters {
			if m.Kind == "order" && m.ID != "" && !slices.Contains(k.Orders, m.ID) {
				k.Orders = append(k.Orders, m.ID)
			}
		}
	}
	return nil
}

// number is the phone number that an identity is, "" when it is none. At WhatsApp people are known
// by their numbers, in digits, or by names that the vendor made up.
func number(i centrala.Identity) string {
	d := centrala.Digits(i.Address)
	if i.Channel != centrala.WhatsApp || d != i.Address {
		return ""
	}
	return d
}

// Likely lists people whom scope sees and who may be the same person as contact: those of whom a
// proven address or number says so, and nothing strong says otherwise. What somebody has said to be
// two is left out for good. It asks indexes, never for everybody.
func (db *DB) Likely(ctx context.Context, scope centrala.Scope, contact centrala.ContactID) ([]centrala.Likeness, error) {
	k, err := db.Contact(ctx, scope, contact)
	if err != nil {
		return nil, err
	}
	me, err := known(ctx, db.ro, scope, k)
	if err != nil {
		return nil, err
	}
	ids, err := db.candidates(ctx, me)
	if err != nil {
		return nil, err
	}
	out := []centrala.Likeness{}
	for _, id := range ids {
		l, err := db.likeness(ctx, scope, me, id)
		if err != nil {
			return nil, err
		}
		if centrala.Suggests(l.Evidence) && len(out) < likelyMost {
			out = append(out, l)
		}
	}
	return out, nil
}

// Likeness is how it stands between two people whom scope sees, likely or not.
func (db *DB) Likeness(ctx context.Context, scope centrala.Scope, contact, other centrala.ContactID) (centrala.Likeness, error) {
	var both [2]centrala.Known
	for i, id := range []centrala.ContactID{contact, other} {
		k, err := db.Contact(ctx, scope, id)
		if err == nil {
			both[i], err = known(ctx, db.ro, scope, k)
		}
		if err != nil {
			return centrala.Likeness{}, err
		}
	}
	if contact == other {
		return centrala.Likeness{}, centrala.InvalidField("other", "These are not two people.")
	}
	return centrala.Likeness{Known: both[1], Evidence: centrala.Compare(both[0], both[1])}, nil
}

// likeness compares with one candidate; it has no evidence when they are out of sight, or said to
// be somebody else.
func (db *DB) likeness(ctx context.Context, scope centrala.Scope, me centrala.Known, id centrala.ContactID) (centrala.Likeness, error) {
	not, err := unalike(ctx, db.ro, me.Contact.ID, id)
	if err != nil || not {
		return centrala.Likeness{}, err
	}
	k, err := db.Contact(ctx, scope, id)
	if centrala.CodeOf(err) == centrala.NotFound {
		return centrala.Likeness{}, nil
	}
	if err != nil || k.Blocked != me.Contact.Blocked {
		return centrala.Likeness{}, err
	}
	other, err := known(ctx, db.ro, scope, k)
	return centrala.Likeness{Known: other, Evidence: centrala.Compare(me, other)}, err
}

// candidates are the people of whom the same address or number is proven.
func (db *DB) candidates(ctx context.Context, me centrala.Known) ([]centrala.ContactID, error) {
	var out []centrala.ContactID
	look := func(query string, args ...any) error {
		ids, err := column.All(ctx, db.ro, func(k *centrala.ContactID) []any { return []any{k} }, query+fmt.Sprintf(` LIMIT %d`, 5*likelyMost), args...)
		for _, id := range ids {
			now, err := db.ContactNow(ctx, id)
			if err != nil {
				return err
			}
			if now != me.Contact.ID && !slices.Contains(out, now) {
				out = append(out, now)
			}
		}
		return wrap(err, "look for the same person")
	}
	for _, e := range me.Emails {
		if err := look(`SELECT id FROM contact WHERE email = $1 AND email <> '' AND email_proven = 1`, e); err != nil {
			return nil, err
		}
	}
	for _, p := range me.Phones {
		if err := look(`SELECT id FROM contact WHERE phone = $1 AND phone_proven = 1`, "+"+p); err != nil {
			return nil, err
		}
		if err := look(`SELECT contact FROM identity WHERE address = $1 AND channel = $2`, p, string(centrala.WhatsApp)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Unlike notes that two people whom scope sees are not one: they are not suggested any more.
func (db *DB) Unlike(ctx context.Context, scope centrala.Scope, contact, other centrala.ContactID) error {
	return db.write(ctx, func(tx *Tx) error {
		a, b, err := tx.two(scope, contact, other)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO unlike (a, b, at) VALUES ($1, $2, $3) ON CONFLICT (a, b) DO NOTHING`, min(a.ID, b.ID), max(a.ID, b.ID), column.Micros(tx.now))
		return wrap(err, "note that they are two")
	})
}

// unalike reports whether somebody has said that two people are not one: of any two contacts whom
// they were found to be.
func unalike(ctx context.Context, q column.Querier, a, b centrala.ContactID) (bool, error) {
	us, err := personsOf(ctx, q, a)
	if err != nil {
		return false, err
	}
	for _, id := range us {
		n, err := column.All(ctx, q, func(n *int64) []any { return []any{n} }, `SELECT 1 FROM unlike WHERE a = $2 AND b IN (`+persons+`)
			UNION ALL SELECT 1 FROM unlike WHERE b = $2 AND a IN (`+persons+`) LIMIT 1`, b, id)
		if err != nil || len(n) > 0 {
			return err == nil, wrap(err, "read who is not who")
		}
	}
	return false, nil
}

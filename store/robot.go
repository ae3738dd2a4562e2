package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"centrala/store/engine"

	"centrala/store/column"

	"centrala"
	"centrala/manners"
)

// Courtesy writes the mail that tells somebody at once that theirs came.
type Courtesy interface {
	Acknowledge(a centrala.Acknowledgement) centrala.Notice
}

// Alone lets no other node be here with the same name until the transaction ends. SQLite has one
// writer and needs no more.
func (tx *Tx) Alone(name string) error {
	if tx.w.db.dialect != engine.Postgres {
		return nil
	}
	_, err := tx.keep(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, name)
	return wrap(err, "wait for another node")
}

// acknowledge tells who has begun a conversation that their words came, if the inbox does that
// and the budgets allow it. A conversation's number is given under a lock that all nodes share,
// so the budgets hold between them too.
func (tx *Tx) acknowledge(in centrala.Inbound, contact centrala.Contact, r *centrala.Receipt) error {
	if tx.w.db.courtesy == nil || r.Seq != 1 || manners.Acknowledges(in) != manners.MayWrite {
		return nil
	}
	door, err := tx.door(in.Inbox)
	if err != nil || !door.Acknowledge {
		return err
	}
	c, err := tx.byID(r.Conversation)
	if err != nil {
		return err
	}
	switch may, err := tx.mayWrite(c, in.From.Address); {
	case err != nil:
		return err
	case may == manners.InboxSpent:
		return tx.blow(centrala.Fuse{Inbox: door.ID, InboxName: door.Name}, "budget")
	case may != manners.MayWrite:
		return nil
	}
	a := centrala.Acknowledgement{Inbox: door.Inbox, Conversation: c.Conversation, At: tx.now,
		To: centrala.Address{Name: contact.Name, Address: address(in.From.Address)}, Locale: cmp.Or(contact.Locale, in.Locale)}
	if a.Teams, err = teamsBy(context.Background(), tx); err != nil {
		return err
	}
	if door.AckArticles {
		a.Articles, a.Held = in.Articles, in.Held
	}
	n := tx.w.db.courtesy.Acknowledge(a)
	copy(r.Offered[:], n.Articles)
	n.Conversation, n.To, n.Reply = c.ID, a.To, true
	return tx.writeBySelf(c, n)
}

// mayWrite holds what the program has written by itself against the budgets, and the inbox's
// fuse.
func (tx *Tx) mayWrite(c *conversation, to string) (manners.Refusal, error) {
	if f, err := tx.fuse(c.Inbox, ""); err != nil || f.Open(tx.now) {
		return manners.DomainSpent, err
	}
	_, domain, _ := strings.Cut(address(to), "@")
	var n manners.Robots
	day, hour := column.Micros(tx.now.Add(-manners.RobotDay)), column.Micros(tx.now.Add(-manners.RobotHour))
	err := tx.Row(`SELECT (SELECT count(*) FROM robot_mail WHERE address = $1 AND at > $2 AND conversation = $3),
		(SELECT count(*) FROM robot_mail WHERE address = $1 AND at > $2), (SELECT count(*) FROM robot_mail WHERE domain = $4 AND at > $5),
		(SELECT count(*) FROM robot_mail WHERE inbox = $6 AND at > $5)`,
		[]any{address(to), day, c.ID, domain, hour, c.Inbox}, &n.Conversation, &n.Address, &n.Domain, &n.Inbox)
	return n.May(to), wrap(err, "count what was written by itself")
}

// writeBySelf queues a notice and books it.
func (tx *Tx) writeBySelf(c *conversation, n centrala.Notice) error {
	if err := tx.queue(c, 0, 0, 0, &n); err != nil {
		return err
	}
	to, err := tx.recipient(c, &n)
	if err != nil {
		return err
	}
	if to = address(to); to == "" && c.social() {
		tx.update(c)
		tx.settle(c)
		return nil
	}
	_, domain, _ := strings.Cut(to, "@")
	if _, err = tx.keep(`INSERT INTO robot_mail (id, inbox, conversation, address, domain, at) VALUES ($1, $2, $3, $4, $5, $6)`,
		tx.NewID(), c.Inbox, c.ID, to, domain, column.Micros(tx.now)); err != nil {
		return fmt.Errorf("book what was written by itself: %w", err)
	}
	tx.update(c)
	tx.settle(c)
	return nil
}

// flood books the mail of a sender as automatic while their fuse is blown, and blows it.
func (tx *Tx) flood(in *centrala.Inbound) error {
	who := address(in.From.Address)
	if in.Channel != centrala.Email || who == "" {
		return nil
	}
	f, err := tx.fuse(in.Inbox, who)
	if err != nil {
		return err
	}
	reason, blown := f.Reason, f.Open(tx.now)
	if !blown {
		n, err := tx.written(in, who, f.Until)
		if err != nil {
			return err
		}
		if reason, blown = n.Blows(tx.w.db.flood); blown {
			if err := tx.blow(f, reason); err != nil {
				return err
			}
		}
	}
	if blown {
		in.Outcome, in.Reason, in.Cause = centrala.Automatic, "the sender writes faster than a person", centrala.Cause{Code: "flood", Detail: reason}
	}
	return nil
}

// written counts what a sender wrote to an inbox before a mail, by the times that the mails
// themselves bear: a backlog that is fetched at once is no flood. What came before the fuse was
// whole again does not count. An echo says the same each time: people who answer fast do not.
func (tx *Tx) written(in *centrala.Inbound, who string, since time.Time) (manners.Flood, error) {
	var n manners.Flood
	at := in.At
	if at.IsZero() {
		at = tx.now
	}
	from := at.Add(-manners.FloodWindow)
	err := tx.Row(`SELECT count(*), coalesce(sum(CASE WHEN i.subject = $5 AND EXISTS (SELECT 1 FROM event e WHERE e.id = i.event AND e.text = $8) AND EXISTS (SELECT 1 FROM delivery d WHERE d.address = $2 AND d.state = 'handed_over'
		AND d.at BETWEEN i.written_at - $6 AND i.written_at) THEN 1 ELSE 0 END), 0)
		FROM intake i WHERE lower(i.sender) = $2 AND i.inbox = $1 AND i.written_at BETWEEN $3 AND $4 AND i.at > $7 AND i.outcome = 'ingested'`,
		[]any{in.Inbox, who, column.Micros(from), column.Micros(at), short(in.Subject, 200), manners.EchoDelay.Microseconds(), column.Micros(since), clipText(in.Text)}, &n.Mails, &n.Echoes)
	return n, wrap(err, "count the sender's mails")
}

// fuse reads a fuse; the zero times when it never blew.
func (tx *Tx) fuse(inbox centrala.InboxID, name string) (centrala.Fuse, error) {
	f := centrala.Fuse{Inbox: inbox, Name: name}
	err := tx.Row(`SELECT reason, blown, until FROM fuse WHERE inbox = $1 AND name = $2`, []any{inbox, name}, &f.Reason, column.Instant(&f.Blown), column.Instant(&f.Until))
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return f, wrap(err, "read the fuse")
}

// blow blows a fuse: administrators read it in the audit log and on the stream.
func (tx *Tx) blow(f centrala.Fuse, reason string) error {
	f = manners.Blow(f, reason, tx.now)
	if _, err := tx.keep(`INSERT INTO fuse (inbox, name, blown, until, reason) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (inbox, name) DO UPDATE SET blown = excluded.blown, until = excluded.until, reason = excluded.reason`,
		f.Inbox, f.Name, column.Micros(f.Blown), column.Micros(f.Until), f.Reason); err != nil {
		return fmt.Errorf("blow the fuse: %w", err)
	}
	if err := tx.audit(centrala.AuditEntry{By: system(), Action: "fuse.blown", Subject: f.Inbox.String(), Detail: reason}); err != nil {
		return err
	}
	tx.blown = append(tx.blown, f)
	return tx.Emit(centrala.FuseBlown, system(), centrala.Facts{Kind: "blown", Inbox: f.Inbox, Reason: reason, Until: &f.Until})
}

// fuses says in the program's log what blew.
func (db *DB) fuses(blown []centrala.Fuse) {
	for _, f := range blown {
		db.stats.fuses.Add(1)
		db.log.Warn("a fuse blew: mail that looks like a loop stands still", "inbox", f.Inbox.String(), "of_a_sender", f.Name != "", "reason", f.Reason, "until", f.Until)
	}
}

// Fuses lists what stands still now, the latest first.
func (db *DB) Fuses(ctx context.Context) ([]centrala.Fuse, error) {
	fields := func(f *centrala.Fuse) []any {
		return []any{&f.Inbox, &f.InboxName, &f.Name, &f.Reason, column.Instant(&f.Blown), column.Instant(&f.Until)}
	}
	list, err := column.All(ctx, db.ro, fields, `SELECT f.inbox, coalesce(i.name, ''), f.name, f.reason, f.blown, f.until FROM fuse f LEFT JOIN inbox i ON i.id = f.inbox
		WHERE f.until > $1 ORDER BY f.blown DESC, f.name LIMIT 200`, column.Micros(db.now()))
	return list, wrap(err, "list the fuses")
}

// ResetFuse makes a fuse whole before its time; what was written until now does not count
// against it any more.
func (db *DB) ResetFuse(ctx context.Context, inbox centrala.InboxID, name string) error {
	return db.write(ctx, func(tx *Tx) error {
		n, err := tx.Exec(`UPDATE fuse SET until = $3, blown = $3 WHERE inbox = $1 AND name = $2 AND until > $3`, inbox, address(name), column.Micros(tx.now))
		if err == nil && n == 0 {
			err = errNone
		}
		if err == nil && name == "" {
			_, err = tx.Exec(`DELETE FROM robot_mail WHERE inbox = $1 AND at > $2`, inbox, column.Micros(tx.now.Add(-manners.RobotHour)))
		}
		return column.Missing(err, "fuse", "that is blown")
	})
}

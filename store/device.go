package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"centrala/store/column"

	"centrala"
)

const deviceColumns = `id, inbox, user_code, page, whole_page, expires_at, interval_s, by_whom, address, state, detail, ended_at, term`

func deviceFields(d *centrala.Device) []any {
	return []any{&d.ID, &d.Inbox, &d.Code.UserCode, &d.Code.Page, &d.Code.WholePage, column.Instant(&d.Code.Expires), &d.Code.Interval, column.JSON(&d.By), &d.Address,
		&d.State, &d.Detail, column.Instant(&d.Ended), &d.Term}
}

// BeginDevice keeps the connecting of an inbox's account, its secret sealed, and has the vendor asked
// after the code's interval. One that is pending for the inbox is given up, which is audited.
func (db *DB) BeginDevice(ctx context.Context, d centrala.Device) error {
	sealed, err := db.sealed([]byte(d.Secret))
	if err != nil {
		return err
	}
	return db.write(ctx, func(tx *Tx) error {
		was, err := tx.device(d.Inbox)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("look for a connection that is being made: %w", err)
		}
		if was.State == centrala.DevicePending {
			was.By, was.Address = d.By, d.Address
			if err := tx.deviceEnded(was, centrala.DeviceExpired, "it was given up for another code"); err != nil {
				return err
			}
		}
		_, err = tx.Exec(`INSERT INTO device (inbox, id, user_code, page, whole_page, secret, interval_s, by_whom, address, state, detail, term, expires_at, next_at, ended_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', '', 0, $10, $11, 0)
			ON CONFLICT (inbox) DO UPDATE SET id = excluded.id, user_code = excluded.user_code, page = excluded.page, whole_page = excluded.whole_page,
			secret = excluded.secret, interval_s = excluded.interval_s, by_whom = excluded.by_whom, address = excluded.address, state = 'pending', detail = '',
			term = 0, expires_at = excluded.expires_at, next_at = excluded.next_at, ended_at = 0`,
			d.Inbox, tx.NewID(), d.Code.UserCode, d.Code.Page, d.Code.WholePage, sealed, d.Code.Interval, column.JSON(&d.By), d.Address,
			column.Micros(d.Code.Expires), column.Micros(tx.now.Add(seconds(d.Code.Interval))))
		return wrap(err, "keep a connection that is being made")
	})
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// Device is the connecting of an inbox's account that was begun last, without its secret; NotFound
// when none was.
func (db *DB) Device(ctx context.Context, inbox centrala.InboxID) (centrala.Device, error) {
	d, err := column.One(ctx, db.ro, deviceFields, `SELECT `+deviceColumns+` FROM device WHERE inbox = $1`, inbox)
	return d, absent(err, "Nobody has begun to connect this account.")
}

// LeaseDevice gives one of the accounts that are being connected and whose vendor may be asked now,
// with its secret: for a while nobody else gets it. NotFound when there is none.
func (db *DB) LeaseDevice(ctx context.Context, lease time.Duration) (d centrala.Device, err error) {
	const due = `SELECT inbox FROM device WHERE state = 'pending' AND next_at <= $1 ORDER BY next_at LIMIT 1`
	none := centrala.Errorf(centrala.NotFound, "No account is to be asked for now.")
	if _, err := column.One(ctx, db.ro, func(id *centrala.InboxID) []any { return []any{id} }, due, column.Micros(db.now())); errors.Is(err, sql.ErrNoRows) {
		return d, none // as nearly always, and nothing is written for it
	}
	var sealed []byte
	err = db.write(ctx, func(tx *Tx) error {
		d = centrala.Device{}
		err := tx.Row(`UPDATE device SET next_at = $2, term = term + 1 WHERE inbox = (`+due+`) AND state = 'pending' AND next_at <= $1 RETURNING `+deviceColumns+`, secret`,
			[]any{column.Micros(tx.now), column.Micros(tx.now.Add(lease))}, append(deviceFields(&d), &sealed)...)
		if errors.Is(err, sql.ErrNoRows) {
			return none
		}
		tx.wrote()
		return wrap(err, "take a connection that is being made")
	})
	if err != nil {
		return centrala.Device{}, err
	}
	secret, err := db.unseal(sealed)
	if err != nil { // without it the vendor cannot be asked; it ends as worth nothing
		db.log.Error("the secret of a connection that is being made does not open", "inbox", d.Inbox.String(), "err", err)
	}
	d.Secret = string(secret)
	return d, nil
}

// KeepDevice writes down what a vendor said to the connecting of an account: that it waits, or how it
// ended, which is audited, and with the tokens of one that is connected. Tokens are given once only, so
// they are kept also when the lease was lost meanwhile; anything else is then a Conflict, as is all
// that was said to one that was given up, or of an inbox without an account.
func (db *DB) KeepDevice(ctx context.Context, said centrala.DeviceAsked) error {
	return db.write(ctx, func(tx *Tx) error {
		d, err := tx.device(said.Inbox)
		if err != nil {
			return absent(err, "Nobody has begun to connect this account.")
		}
		connected := said.State == centrala.DeviceConnected
		if d.ID != said.ID || d.State == centrala.DeviceConnected || !connected && (d.Term != said.Term || d.State != centrala.DevicePending) {
			return centrala.Errorf(centrala.Conflict, "Another node has asked for this account meanwhile, or it was begun again.")
		}
		if said.State == centrala.DevicePending {
			_, err := tx.Exec(`UPDATE device SET interval_s = $2, next_at = $3 WHERE inbox = $1`, said.Inbox, said.Interval, column.Micros(tx.now.Add(seconds(said.Interval))))
			return wrap(err, "put a connection off")
		}
		if connected {
			if err := tx.keepTokens(said.Inbox, nil, said.Token, said.Refresh, said.Expires); err != nil {
				return err
			}
		}
		return tx.deviceEnded(d, said.State, said.Detail)
	})
}

// device reads the connecting of an inbox's account, for change.
func (tx *Tx) device(inbox centrala.InboxID) (d centrala.Device, err error) {
	err = tx.Row(`SELECT `+deviceColumns+` FROM device WHERE inbox = $1`+tx.w.db.dialect.ForUpdate("device"), []any{inbox}, deviceFields(&d)...)
	return d, err
}

// deviceEnded ends one, and says in the audit log how.
func (tx *Tx) deviceEnded(d centrala.Device, state, detail string) error {
	_, err := tx.Exec(`UPDATE device SET state = $2, detail = $3, ended_at = $4, secret = NULL WHERE inbox = $1`, d.Inbox, state, tidy(detail, 300), column.Micros(tx.now))
	if err != nil {
		return fmt.Errorf("end a connection that was being made: %w", err)
	}
	action := "inbox.connected"
	if state != centrala.DeviceConnected {
		action = "inbox.connect_" + state
	}
	return tx.audit(centrala.AuditEntry{By: d.By, Action: action, Subject: d.Inbox.String(), Detail: tidy(detail, 300), Address: d.Address})
}

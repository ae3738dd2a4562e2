package signin

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"centrala"
	"centrala/channels/vendor"
)

// deviceGrant is how the device flow asks for tokens (RFC 8628, 3.4).
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// looksEvery is how often a node looks for accounts to ask for that another one did not.
const looksEvery = 5 * time.Second

// told is how long it is told that an account was not connected again, once it has tokens.
const told = time.Hour

// Register keeps the connections that people are making, for all nodes: see store.DB. LeaseDevice is
// NotFound when the vendor is to be asked for none now. KeepDevice is a Conflict when nothing was
// written, since the lease was lost, another code was asked for or the inbox has no account any more.
type Register interface {
	Inbox(ctx context.Context, id centrala.InboxID) (centrala.Inbox, error)
	BeginDevice(ctx context.Context, d centrala.Device) error
	Device(ctx context.Context, inbox centrala.InboxID) (centrala.Device, error)
	LeaseDevice(ctx context.Context, lease time.Duration) (centrala.Device, error)
	KeepDevice(ctx context.Context, said centrala.DeviceAsked) error
}

// Devices are the connections that people are making now. One goes on when the request that began it
// is over, and when the program ends it goes on with the next, or on another node.
type Devices struct {
	c         Config
	register  Register
	connected func(centrala.InboxID)
	wake      chan struct{}
}

// NewDevices makes Devices; connected is told of accounts that this node saw connected. Run works them.
func NewDevices(c Config, register Register, connected func(centrala.InboxID)) *Devices {
	return &Devices{c: c.whole(), register: register, connected: connected, wake: make(chan struct{}, 1)}
}

// Begin asks the vendor for a code, which is kept, and asked for from then on until a person has agreed
// there. by is who began it, from address. One that is pending for the inbox already is given up.
func (d *Devices) Begin(ctx context.Context, in centrala.Inbox, by centrala.Author, address string) (centrala.DeviceCode, error) {
	if in.Account == nil || in.Account.Client == "" || in.Account.ClientSecret == "" {
		return centrala.DeviceCode{}, centrala.InvalidField("account.client", "Enter the client id and the client secret of the application that is registered with Allegro.")
	}
	got, err := d.c.ask(ctx, in.Account, "/auth/oauth/device", url.Values{"client_id": {in.Account.Client}})
	if refusal := (*refused)(nil); errors.As(err, &refusal) && refusal.lasting() {
		return centrala.DeviceCode{}, &centrala.Error{Code: centrala.Invalid, Field: "account.client", Message: "Allegro does not know the client id or its secret.", Err: err}
	}
	if err != nil {
		return centrala.DeviceCode{}, &centrala.Error{Code: centrala.Unavailable, Message: "Allegro does not answer. Try again later.", Err: err}
	}
	code, secret, err := codeOf(got, d.c.Now())
	if err != nil {
		return centrala.DeviceCode{}, &centrala.Error{Code: centrala.Unavailable, Message: "Allegro gave no code. Try again later.", Err: err}
	}
	if err := d.register.BeginDevice(ctx, centrala.Device{Inbox: in.ID, Code: code, Secret: secret, By: by, Address: address}); err != nil {
		return centrala.DeviceCode{}, err
	}
	d.lookAfter(code.Interval)
	return code, nil
}

// codeOf reads the code that the vendor gave at now, and by what it is asked.
func codeOf(got vendor.Answer, now time.Time) (code centrala.DeviceCode, secret string, err error) {
	var said struct {
		Device   string `json:"device_code"`
		User     string `json:"user_code"`
		Life     int64  `json:"expires_in"`
		Interval int64  `json:"interval"`
		Page     string `json:"verification_uri"`
		Whole    string `json:"verification_uri_complete"`
	}
	if err := got.JSON(&said); err != nil {
		return code, "", err
	}
	if said.Device == "" || said.User == "" || !page(said.Page) || said.Whole != "" && !page(said.Whole) {
		return code, "", errors.New("the answer has no code, or no page for it")
	}
	life := time.Hour
	if said.Life > 0 {
		life = min(life, time.Duration(min(said.Life, 3600))*time.Second)
	}
	return centrala.DeviceCode{UserCode: said.User, Page: said.Page, WholePage: said.Whole, Expires: now.Add(life).Truncate(time.Second), Interval: int(min(max(said.Interval, 1), 60))}, said.Device, nil
}

// page reports whether the console may send a person to an address.
func page(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && strings.HasPrefix(u.Hostname(), "127."))
}

// State is how the connecting of an inbox goes, as every node knows it.
func (d *Devices) State(ctx context.Context, in centrala.Inbox) (centrala.DeviceState, error) {
	is, err := d.register.Device(ctx, in.ID)
	if err != nil && centrala.CodeOf(err) != centrala.NotFound {
		return centrala.DeviceState{}, err
	}
	return stateOf(in, is, d.c.Now()), nil
}

// stateOf is what is told at now of an inbox of which is was begun last, if anything was. An account
// that has tokens is connected, whatever became of connecting it again long ago.
func stateOf(in centrala.Inbox, is centrala.Device, now time.Time) centrala.DeviceState {
	tokens := in.Account != nil && in.Account.Refresh != ""
	switch is.State {
	case centrala.DevicePending:
		return centrala.DeviceState{State: is.State, Code: &is.Code}
	case centrala.DeviceDenied, centrala.DeviceExpired:
		if !tokens || now.Sub(is.Ended) < told {
			return centrala.DeviceState{State: is.State, Detail: is.Detail}
		}
	}
	if tokens {
		return centrala.DeviceState{State: centrala.DeviceConnected}
	}
	return centrala.DeviceState{State: centrala.DeviceNone}
}

// lookAfter has this node look for whom to ask for after so many seconds.
func (d *Devices) lookAfter(seconds int) {
	time.AfterFunc(time.Duration(seconds)*time.Second, func() {
		select {
		case d.wake <- struct{}{}:
		default:
		}
	})
}

// Run asks the vendor for every account that is being connected and that no other node asks for, until
// ctx ends. It returns when what was being asked has been written down.
func (d *Devices) Run(ctx context.Context) error {
	var asking sync.WaitGroup
	defer asking.Wait()
	for ctx.Err() == nil {
		is, err := d.register.LeaseDevice(ctx, 3*d.c.Timeout) // longer than a call and writing down what was said take
		if err == nil {
			asking.Go(func() { d.attend(ctx, is) })
			continue
		}
		if centrala.CodeOf(err) != centrala.NotFound && ctx.Err() == nil {
			d.c.Log.Error("accounts that are being connected could not be read", "err", err)
		}
		t := time.NewTimer(looksEvery)
		select {
		case <-ctx.Done():
		case <-d.wake:
		case <-t.C:
		}
		t.Stop()
	}
	return ctx.Err()
}

// attend asks once for an account and writes down what was said.
func (d *Devices) attend(ctx context.Context, is centrala.Device) {
	log := d.c.Log.With("inbox", is.Inbox.String())
	said, err := d.asked(ctx, is)
	if err != nil {
		log.Warn("nothing was learnt of an account that is being connected", "err", err) // it may be next time
		said = centrala.DeviceAsked{State: centrala.DevicePending, Interval: is.Code.Interval}
	}
	said.ID, said.Inbox, said.Term = is.ID, is.Inbox, is.Term
	switch err := d.keep(ctx, said); {
	case centrala.CodeOf(err) == centrala.Conflict, centrala.CodeOf(err) == centrala.NotFound:
		log.Info("what Allegro said of an account came too late", "state", said.State)
	case err != nil:
		log.Error("what Allegro said of an account could not be written down", "state", said.State, "err", err)
	case said.State == centrala.DevicePending:
		d.lookAfter(said.Interval)
	default:
		log.Info("the connecting of an account ended", "state", said.State, "detail", said.Detail)
		if said.State == centrala.DeviceConnected && d.connected != nil {
			d.connected(is.Inbox)
		}
	}
}

// asked is what the vendor says of a code (RFC 8628, 3.5); an error says nothing about it.
func (d *Devices) asked(ctx context.Context, is centrala.Device) (said centrala.DeviceAsked, err error) {
	ended := func(state, detail string) (centrala.DeviceAsked, error) {
		return centrala.DeviceAsked{State: state, Detail: detail}, nil
	}
	if !d.c.Now().Before(is.Code.Expires) {
		return ended(centrala.DeviceExpired, "nobody confirmed the code in time")
	}
	if is.Secret == "" {
		return ended(centrala.DeviceExpired, "what the code is asked for by cannot be read any more")
	}
	in, err := d.register.Inbox(ctx, is.Inbox)
	if err != nil {
		return said, fmt.Errorf("read the account: %w", err)
	}
	if in.Account == nil {
		return ended(centrala.DeviceDenied, noAccount)
	}
	got, err := d.c.grant(ctx, in.Account, url.Values{"grant_type": {deviceGrant}, "device_code": {is.Secret}})
	var refusal *refused
	switch {
	case err == nil:
		return centrala.DeviceAsked{State: centrala.DeviceConnected, Token: got.Access, Refresh: got.Refresh, Expires: d.c.Now().Add(RefreshLife)}, nil
	case !errors.As(err, &refusal):
		return said, err
	case refusal.code == "authorization_pending":
		return centrala.DeviceAsked{State: centrala.DevicePending, Interval: is.Code.Interval}, nil
	case refusal.code == "slow_down":
		return centrala.DeviceAsked{State: centrala.DevicePending, Interval: is.Code.Interval + 5}, nil
	case refusal.code == "access_denied":
		return ended(centrala.DeviceDenied, "somebody refused it at Allegro")
	case refusal.code == "expired_token" || refusal.code == "Invalid device code":
		return ended(centrala.DeviceExpired, "the code is worth nothing any more")
	case refusal.lasting():
		return ended(centrala.DeviceDenied, refusal.Error())
	}
	return said, err
}

const noAccount = "the inbox has no account any more"

// keep writes down what was said. Tokens are given once only: it tries until they are kept, or until
// the program has been ending for a while.
func (d *Devices) keep(ctx context.Context, said centrala.DeviceAsked) error {
	kept, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(d.c.Timeout, cancel) })()
	for {
		err := d.register.KeepDevice(kept, said)
		switch centrala.CodeOf(err) {
		case "", centrala.NotFound:
			return err
		case centrala.Conflict:
			if in, gone := d.register.Inbox(kept, said.Inbox); gone == nil && in.Account == nil {
				said.State, said.Detail, said.Token, said.Refresh = centrala.DeviceDenied, noAccount, "", ""
				return d.register.KeepDevice(kept, said)
			}
			return err
		}
		if said.State != centrala.DeviceConnected {
			return err // it is asked again when the lease has ended
		}
		d.c.Log.Error("a connection could not be written down, it is tried again", "inbox", said.Inbox.String(), "err", err)
		if !pause(kept, 200*time.Millisecond) {
			return err
		}
	}
}

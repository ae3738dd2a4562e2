package centrala

import "time"

// DeviceCode is what a person types at a vendor's to connect an account (RFC 8628): the code, and the
// page to type it on.
type DeviceCode struct {
	UserCode  string    `json:"user_code"`
	Page      string    `json:"verification_uri"`
	WholePage string    `json:"verification_uri_complete,omitempty"` // with the code filled in
	Expires   time.Time `json:"expires_at"`
	Interval  int       `json:"interval_s"` // how often it is worth looking, in seconds
}

// Device is the connecting of an inbox's account by a code, the last that was begun. It is kept, so
// that any node can show it and whichever holds its lease asks the vendor.
type Device struct {
	ID      int64 // of this one: beginning again makes another
	Inbox   InboxID
	Code    DeviceCode
	Secret  string // by which the vendor is asked; kept encrypted, and only while it is pending
	By      Author // who began it
	Address string // from where, cut to its prefix
	State   string
	Detail  string // why it ended badly, in English words
	Ended   time.Time
	Term    int64 // of the lease under which the vendor is asked
}

// DeviceAsked is what a vendor said to a Device. While it is Pending it is asked again after Interval
// seconds; Connected comes with the tokens and until when they are good.
type DeviceAsked struct {
	ID       int64
	Inbox    InboxID
	Term     int64
	State    string
	Detail   string
	Interval int
	Token    string
	Refresh  string
	Expires  time.Time
}

// DeviceState is how the connecting of an account goes; Detail is why it ended badly, in English
// words. While it is pending the code can be shown.
type DeviceState struct {
	State  string      `json:"state"`
	Detail string      `json:"detail"`
	Code   *DeviceCode `json:"code,omitempty"`
}

// The states of a DeviceState.
const (
	DeviceNone      = "none"
	DevicePending   = "pending"
	DeviceConnected = "connected"
	DeviceDenied    = "denied"
	DeviceExpired   = "expired"
)

package channels

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Dialer connects to hosts that an administrator configured. Addresses that only lead back
// into the machine's own surroundings and are never a mail server (link-local, and with them
// the metadata services of clouds, multicast, unspecified) are refused after the name is
// resolved, so that no name can point there. The zero value is ready.
type Dialer struct {
	AllowLinkLocal bool
	LoopbackOnly   bool // for connections that are not encrypted
	PublicOnly     bool // for addresses that somebody outside named: nothing but the open internet
	Timeout        time.Duration
}

// DialContext connects; it has the shape that clients of many protocols take.
func (d Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	timeout := d.Timeout
	if timeout == 0 {
		timeout = 20 * time.Second
	}
	nd := net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second, ControlContext: d.control}
	return nd.DialContext(ctx, network, address)
}

func (d Dialer) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("unreadable address %q: %w", address, err)
	}
	return d.Check(ap.Addr())
}

// Check says why addr must not be dialled, or nil.
func (d Dialer) Check(addr netip.Addr) error {
	addr = addr.Unmap().WithZone("")
	if d.LoopbackOnly && !addr.IsLoopback() {
		return fmt.Errorf("refused to connect to %s without encryption", addr)
	}
	if d.PublicOnly && !public(addr) {
		return fmt.Errorf("refused to connect to %s: not a public address", addr)
	}
	if d.AllowLinkLocal {
		return nil
	}
	metadata := netip.MustParseAddr("fd00:ec2::254")
	if addr.IsLinkLocalUnicast() || addr.IsMulticast() || addr.IsUnspecified() || addr == metadata {
		return fmt.Errorf("refused to connect to %s: not an address of a server", addr)
	}
	return nil
}

// closed are the networks that no public server is in: the special-purpose registries of IANA (RFC
// 6890), and those that lead to IPv4 addresses by another name.
var closed = networks("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8")

func networks(all ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(all))
	for i, s := range all {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

func public(addr netip.Addr) bool {
	for _, n := range closed {
		if n.Contains(addr) {
			return false
		}
	}
	return addr.IsGlobalUnicast()
}

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
	if d.AllowLinkLocal {
		return nil
	}
	metadata := netip.MustParseAddr("fd00:ec2::254")
	if addr.IsLinkLocalUnicast() || addr.IsMulticast() || addr.IsUnspecified() || addr == metadata {
		return fmt.Errorf("refused to connect to %s: not an address of a server", addr)
	}
	return nil
}

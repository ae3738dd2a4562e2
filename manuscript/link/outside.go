package link

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"centrala"
)

// Client makes one request; what it may reach is its own matter.
type Client interface {
	Do(r *http.Request) (*http.Response, error)
}

// How much is asked of the world.
const (
	MaxOutside = 2000             // addresses in one check
	atOnce     = 4                // hosts
	patience   = 15 * time.Second // for one address
)

// Follow asks for each address, a few hosts at once and of each host one address at a time, and
// says which links lead nowhere. Addresses beyond MaxOutside are not asked for: how many is told.
func Follow(ctx context.Context, c Client, outside []Outside, told func(done, of int)) (faults []centrala.LinkFault, left int, err error) {
	if len(outside) > MaxOutside {
		left = len(outside) - MaxOutside
		outside = outside[:MaxOutside]
	}
	byHost := map[string][]Outside{}
	for _, o := range outside {
		u, err := url.Parse(o.Address)
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", o.Address, err)
		}
		byHost[u.Host] = append(byHost[u.Host], o)
	}
	var (
		mu   sync.Mutex
		done int
		g    errgroup.Group
	)
	g.SetLimit(atOnce)
	for _, of := range byHost {
		g.Go(func() error {
			for _, o := range of {
				fault, detail := ask(ctx, c, o.Address)
				if err := ctx.Err(); err != nil {
					return err
				}
				mu.Lock()
				if done++; fault != "" {
					for _, f := range o.Links {
						f.Fault, f.Detail = fault, detail
						faults = append(faults, f)
					}
				}
				told(done, len(outside))
				mu.Unlock()
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, left, fmt.Errorf("follow the links: %w", err)
	}
	Sort(faults)
	return faults, left, nil
}

// Sort orders faults by article and line.
func Sort(all []centrala.LinkFault) {
	slices.SortStableFunc(all, func(a, b centrala.LinkFault) int {
		switch {
		case a.URL != b.URL && a.URL < b.URL:
			return -1
		case a.URL != b.URL:
			return 1
		}
		return a.Line - b.Line
	})
}

// ask asks for the head of an address and, where that is not answered, for the page.
func ask(ctx context.Context, c Client, address string) (fault, detail string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	code, err := status(ctx, c, http.MethodHead, address)
	if err == nil && code >= 400 {
		code, err = status(ctx, c, http.MethodGet, address)
	}
	switch {
	case err != nil:
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return "outside", "it cannot be reached: " + err.Error()
	case code == http.StatusNotFound || code == http.StatusGone:
		return "outside", fmt.Sprintf("the other server says that there is nothing (%d)", code)
	case code >= 400:
		return "doubt", fmt.Sprintf("the other server answers %d", code)
	}
	return "", ""
}

func status(ctx context.Context, c Client, method, address string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("User-Agent", "centrala-links/1 (checks the links of a help centre)")
	res, err := c.Do(r)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close() // unread: the status is what was asked for
}

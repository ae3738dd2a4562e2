package pages

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"gopkg.in/yaml.v3"

	"centrala"
	"centrala/words"
)

// spoken is something said in each language.
type spoken map[string]string

// shop is the demonstration's shop page: one product, so that the widget has a place to be.
type shop struct {
	Shop struct {
		Name   string `yaml:"name"`
		Host   string `yaml:"host"`
		Search spoken `yaml:"search"`
		Help   spoken `yaml:"help"`
		Note   spoken `yaml:"note"`
		Footer []struct {
			Href string `yaml:"href"`
			PL   string `yaml:"pl"`
			EN   string `yaml:"en"`
		} `yaml:"footer"`
	} `yaml:"shop"`
	Product struct {
		Path     map[string][]string `yaml:"path"`
		Name     spoken              `yaml:"name"`
		Price    int                 `yaml:"price"` // hundredths
		Delivery struct {
			PL string `yaml:"pl"`
			EN string `yaml:"en"`
		} `yaml:"delivery"`
		Actions struct{ Cart, Buy, Done spoken } `yaml:"actions"`
		Seller  struct {
			Name     string `yaml:"name"`
			Initials string `yaml:"initials"`
			PL       string `yaml:"pl"`
			EN       string `yaml:"en"`
		} `yaml:"seller"`
		Description struct {
			Heading spoken `yaml:"heading"`
			PL      string `yaml:"pl"`
			EN      string `yaml:"en"`
		} `yaml:"description"`
		Features []struct{ Label, Value spoken } `yaml:"features"`
	} `yaml:"product"`
}

func readShop(raw []byte) (*shop, error) {
	var s shop
	if err := yaml.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	if s.Shop.Name == "" || s.Product.Name[words.Polish] == "" || s.Product.Name[words.English] == "" {
		return nil, errors.New("the shop or its product has no name")
	}
	return &s, nil
}

// shopPage is the shop in one language.
type shopPage struct {
	Name, Search, Help, Note                         string
	Path                                             []string
	Product, Price, Delivery, Cart, Buy, Done        string
	Seller, Initials, Recommended, Heading, Describe string
	Features, Links                                  []link
	Inbox                                            string // of the widget, "" without one
}

// front is the shop in a demonstration, else the way to the Help Centre.
func (p *pages) front(w http.ResponseWriter, r *http.Request) error {
	if p.shop == nil {
		http.Redirect(w, r, "/help", http.StatusFound)
		return nil
	}
	speak := p.words(r)
	inbox, err := p.chat(r.Context())
	if err != nil {
		return err
	}
	return p.show(w, http.StatusOK, "shop", view{W: speak, Title: p.shop.Product.Name[speak.Locale()], Data: p.shop.in(speak, inbox),
		Other: switched(speak, in(other(speak).Locale(), "/"))})
}

func (s *shop) in(w words.Words, inbox string) shopPage {
	l, product := w.Locale(), s.Product
	pick := func(pl, en string) string { return spoken{words.Polish: pl, words.English: en}[l] }
	v := shopPage{Name: s.Shop.Name, Search: s.Shop.Search[l], Help: s.Shop.Help[l], Note: s.Shop.Note[l], Path: product.Path[l],
		Product: w.Kept(product.Name[l]), Price: w.Money(product.Price), Delivery: w.Kept(pick(product.Delivery.PL, product.Delivery.EN)),
		Cart: product.Actions.Cart[l], Buy: product.Actions.Buy[l], Done: product.Actions.Done[l],
		Seller: product.Seller.Name, Initials: product.Seller.Initials, Recommended: w.Kept(pick(product.Seller.PL, product.Seller.EN)),
		Heading: product.Description.Heading[l], Describe: w.Kept(pick(product.Description.PL, product.Description.EN)), Inbox: inbox}
	for _, f := range product.Features {
		v.Features = append(v.Features, link{Text: f.Label[l], Href: w.Kept(f.Value[l])})
	}
	for _, f := range s.Shop.Footer {
		v.Links = append(v.Links, link{Href: in(l, f.Href), Text: pick(f.PL, f.EN)})
	}
	return v
}

// chat is the slug of the first chat that is open, "" when there is none.
func (p *pages) chat(ctx context.Context) (string, error) {
	doors, err := p.Inboxes.Inboxes(ctx)
	if err != nil {
		return "", fmt.Errorf("the doors: %w", err)
	}
	for _, d := range doors {
		if d.Enabled && d.Channel == centrala.Chat {
			return d.Slug, nil
		}
	}
	return "", nil
}

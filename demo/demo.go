// Package demo is a small marketplace called Jarmark: teams, agents, a Help Centre and
// customers who write, so that whoever tries centrala meets it at work.
package demo

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"gopkg.in/yaml.v3"

	"centrala"
)

//go:embed content
var content embed.FS

// Password is the password of every demo account.
const Password = "centrala-demo"

// Articles is the folder of the Help Centre's articles, as `centrala article import` reads it.
func Articles() fs.FS {
	sub, err := fs.Sub(content, "content/articles")
	if err != nil {
		panic(err) // the path is valid: embed would not have compiled without it
	}
	return sub
}

// Site is the words of the shop page, as YAML.
func Site() ([]byte, error) { return content.ReadFile("content/site.yaml") }

// House is what the demonstration furnishes.
type House interface {
	Teams(ctx context.Context) ([]centrala.Team, error)
	SaveTeam(ctx context.Context, t centrala.Team) (centrala.Team, error)
	SaveAgent(ctx context.Context, a centrala.Agent) (centrala.Agent, error)
	SaveInbox(ctx context.Context, in centrala.Inbox) (centrala.Inbox, error)
	SaveMacro(ctx context.Context, m centrala.Macro) (centrala.Macro, error)
}

// Person is a demo account.
type Person struct {
	Email, Name string
	Role        centrala.Role
	Team        string
}

// People are the demo accounts; all have the same Password.
func People() []Person {
	return []Person{
		{"ania@demo.test", "Ania Rutkowska", centrala.RoleAgent, "Kupujący"},
		{"piotr@demo.test", "Piotr Gajda", centrala.RoleAgent, "Kupujący"},
		{"marek@demo.test", "Marek Zieliński", centrala.RoleAgent, "Sprzedający"},
		{"ola@demo.test", "Ola Kępa", centrala.RoleAgent, "Reklamy"},
		{"ewa@demo.test", "Ewa Sowa", centrala.RoleSupervisor, "*"},
		{"admin@demo.test", "Barbara Nowak", centrala.RoleAdmin, "*"},
	}
}

// Furnish makes the teams, accounts, doors and canned replies, once: a house that has teams
// is left as it is. password gives an account its password.
func Furnish(ctx context.Context, h House, password func(context.Context, centrala.AgentID) error) error {
	if teams, err := h.Teams(ctx); err != nil || len(teams) > 0 {
		return err
	}
	byName := map[string]centrala.TeamID{}
	var all []centrala.TeamID
	for name, side := range map[string]centrala.Side{"Kupujący": centrala.Buyer, "Sprzedający": centrala.Seller, "Reklamy": centrala.Advertiser} {
		t, err := h.SaveTeam(ctx, centrala.Team{Name: name, Sides: []centrala.Side{side}, Signature: "Pomoc Jarmark, zespół " + name})
		if err != nil {
			return fmt.Errorf("team %s: %w", name, err)
		}
		byName[name] = t.ID
		all = append(all, t.ID)
	}
	for _, p := range People() {
		teams := all
		if p.Team != "*" {
			teams = []centrala.TeamID{byName[p.Team]}
		}
		a, err := h.SaveAgent(ctx, centrala.Agent{Email: p.Email, Name: p.Name, Role: p.Role, Teams: teams, Capacity: centrala.DefaultCapacity, Locale: "pl"})
		if err == nil {
			err = password(ctx, a.ID)
		}
		if err != nil {
			return fmt.Errorf("account %s: %w", p.Email, err)
		}
	}
	for _, in := range []centrala.Inbox{
		{Slug: "web", Name: "Czat na stronie", Channel: centrala.Chat, Enabled: true},
		{Slug: "formularz", Name: "Formularz kontaktowy", Channel: centrala.Form, Enabled: true},
	} {
		if _, err := h.SaveInbox(ctx, in); err != nil {
			return fmt.Errorf("inbox %s: %w", in.Slug, err)
		}
	}
	return macros(ctx, h)
}

func macros(ctx context.Context, h House) error {
	var file struct {
		Macros []struct {
			Side  string            `yaml:"side"`
			Title map[string]string `yaml:"title"`
			Text  map[string]string `yaml:"text"`
		} `yaml:"macros"`
	}
	if err := read("macros.yaml", &file); err != nil {
		return err
	}
	for _, m := range file.Macros {
		side := centrala.Side(m.Side)
		if m.Side == "all" {
			side = centrala.NoSide
		}
		if _, err := h.SaveMacro(ctx, centrala.Macro{Title: m.Title["pl"], Side: side, Text: m.Text}); err != nil {
			return fmt.Errorf("macro %s: %w", m.Title["pl"], err)
		}
	}
	return nil
}

// Talk is a conversation that a simulated customer has in mind.
type Talk struct {
	Side      centrala.Side `yaml:"side"`
	Locale    string        `yaml:"locale"`
	Question  string        `yaml:"question"`
	FollowUps []string      `yaml:"follow_ups"`
	Replies   []string      `yaml:"replies"`
	Score     int           `yaml:"score"`
	Comment   string        `yaml:"comment"`
}

// Talks are the conversations that simulated customers have in mind.
func Talks() ([]Talk, error) {
	var file struct {
		Questions []Talk `yaml:"questions"`
	}
	err := read("questions.yaml", &file)
	if err == nil && len(file.Questions) == 0 {
		err = errors.New("demo: no questions")
	}
	return file.Questions, err
}

func read(name string, v any) error {
	b, err := content.ReadFile("content/" + name)
	if err != nil {
		return err
	}
	if err := yaml.Unmarshal(b, v); err != nil {
		return fmt.Errorf("demo: %s: %w", name, err)
	}
	return nil
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Config is everything that can be configured, in one TOML file or in the environment. Every
// key has a default; `centrala config` prints them all.
type Config struct {
	Data     string `toml:"data" default:"data" help:"folder of the database, the stream, the index, the files and the key file"`
	Listen   string `toml:"listen" default:"127.0.0.1:8080" help:"address to listen on"`
	URL      string `toml:"url" help:"address under which people reach this server, as in mails: https://pomoc.example.com"`
	Database string `toml:"database" help:"sqlite:PATH or postgres://…; default: SQLite in the data folder"`
	Brand    string `toml:"brand" default:"centrala" help:"name of the marketplace, as customers know it"`
	Shop     string `toml:"shop" help:"address of the shop that Help Centre pages link back to"`
	Theme    string `toml:"theme" help:"CSS file of custom properties that changes how public pages look (docs/help.md); default: ours"`
	Locale   string `toml:"locale" default:"pl" help:"first language of pages and mails: pl or en"`
	KeyFile  string `toml:"key_file" help:"file that encrypts stored secrets; default: key in the data folder"`
	Blobs    string `toml:"blobs" help:"where files are kept: file:///PATH; default: files in the data folder"`

	HTTP    HTTPConfig    `toml:"http"`
	Stream  StreamConfig  `toml:"stream"`
	Survey  SurveyConfig  `toml:"survey"`
	Suggest SuggestConfig `toml:"suggest"`
	Measure MeasureConfig `toml:"measure"`
	Chat    ChatConfig    `toml:"chat"`
	Mail    MailConfig    `toml:"mail"`
	Social  SocialConfig  `toml:"social"`
	OAuth   OAuthConfig   `toml:"oauth"`
	Search  SearchConfig  `toml:"search"`
	Draft   DraftConfig   `toml:"draft"`
	Log     LogConfig     `toml:"log"`
	Trace   TraceConfig   `toml:"trace"`
	Mailbox []MailboxFile `toml:"mailbox" help:"mail inboxes, one [[mailbox]] each; they can also be made in the console"`
}

// HTTPConfig is how the server meets the network.
type HTTPConfig struct {
	TLSCert string   `toml:"tls_cert" help:"certificate file (PEM)"`
	TLSKey  string   `toml:"tls_key" help:"private key file (PEM)"`
	Hosts   []string `toml:"hosts" help:"further host names that requests may name"`
	Proxies []string `toml:"trusted_proxies" help:"networks of reverse proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8"`
	Metrics []string `toml:"metrics_from" default:"127.0.0.0/8,::1/128" help:"networks that may read /metrics"`
}

// StreamConfig is where the stream runs.
type StreamConfig struct {
	URL      string `toml:"url" help:"nats://… of a NATS cluster with JetStream; default: embedded"`
	Replicas int    `toml:"replicas" default:"1" help:"copies of the stream in a cluster"`
	Node     string `toml:"node" help:"name of this node; default: the host's name"`
}

// TraceConfig is where the traces of messages go.
type TraceConfig struct {
	Endpoint string `toml:"endpoint" help:"OpenTelemetry collector (OTLP/HTTP), such as http://127.0.0.1:4318; default: what OTEL_EXPORTER_OTLP_ENDPOINT says, else nothing is traced"`
}

// ChatConfig is what happens to chats that nobody watches.
type ChatConfig struct {
	CarryOn time.Duration `toml:"carry_on_after" default:"5m" help:"how long an answer stays unseen before it is sent by mail"`
}

// MailConfig is how patient all mailboxes are.
type MailConfig struct {
	Timeout     time.Duration `toml:"timeout" default:"60s" help:"how long a mail server may take to answer"`
	Connections int           `toml:"domain_connections" default:"2" help:"how many mails to people of one domain are handed over at the same time; 0: no limit"`
	Every       time.Duration `toml:"domain_every" default:"1s" help:"the least time between two mails to people of one domain; 0s: none"`
	Flood       int           `toml:"flood" default:"20" help:"mails of one sender to one inbox within ten minutes; what comes above is put aside for an hour, -1: no limit"`
}

// SocialConfig is how social channels reach their vendors, and for how long what they post is kept.
type SocialConfig struct {
	Keep     time.Duration `toml:"keep" default:"336h" help:"how long the raw bodies of webhooks are kept, sealed (14 days); 0s: until they are read"`
	Timeout  time.Duration `toml:"timeout" default:"20s" help:"how long a vendor may take to answer"`
	Meta     string        `toml:"meta_url" default:"https://graph.facebook.com/v25.0" help:"Graph API with its version: Messenger, Instagram, WhatsApp"`
	Private  bool          `toml:"private_files" default:"false" help:"the files that a webhook inbox is told of may lie inside your own network"`
	Telegram string        `toml:"telegram_url" default:"https://api.telegram.org" help:"Bot API"`
	Allegro  AllegroConfig `toml:"allegro"`
}

// AllegroConfig is where Allegro's API is; an account of its sandbox has addresses of its own.
type AllegroConfig struct {
	API    string        `toml:"api_url" default:"https://api.allegro.pl" help:"REST API"`
	Auth   string        `toml:"auth_url" default:"https://allegro.pl" help:"where accounts are connected"`
	Every  time.Duration `toml:"every" default:"60s" help:"how often threads are looked through"`
	Issues time.Duration `toml:"issues_every" default:"120s" help:"how often issues are looked through"`
}

// LogConfig is how the log is written. It never holds people's words.
type LogConfig struct {
	Level  string `toml:"level" default:"info" help:"debug, info, warn or error"`
	Format string `toml:"format" default:"text" help:"text or json"`
}

// MailboxFile is a mail inbox that the file describes.
type MailboxFile struct {
	Slug         string `toml:"slug" json:"slug"`
	Name         string `toml:"name" json:"name"`
	Address      string `toml:"address" json:"address"`
	FromName     string `toml:"from_name" json:"from_name"`
	Side         string `toml:"side" json:"side"`
	Team         string `toml:"team" json:"team"`
	IMAPHost     string `toml:"imap_host" json:"imap_host"`
	IMAPPort     int    `toml:"imap_port" json:"imap_port"`
	IMAPTLS      string `toml:"imap_tls" json:"imap_tls"`
	IMAPUser     string `toml:"imap_user" json:"imap_user"`
	IMAPPassword string `toml:"imap_password" json:"imap_password"`
	SMTPHost     string `toml:"smtp_host" json:"smtp_host"`
	SMTPPort     int    `toml:"smtp_port" json:"smtp_port"`
	SMTPTLS      string `toml:"smtp_tls" json:"smtp_tls"`
	SMTPUser     string `toml:"smtp_user" json:"smtp_user"`
	SMTPPassword string `toml:"smtp_password" json:"smtp_password"`
	Folder       string `toml:"folder" json:"folder"`
	PlainReply   bool   `toml:"plain_reply" json:"plain_reply"`
	Login        string `toml:"login" json:"login"`
	After        string `toml:"after" json:"after"`
	MoveTo       string `toml:"move_to" json:"move_to"`
	SentFolder   string `toml:"sent_folder" json:"sent_folder"`
	History      int    `toml:"history" json:"history"`
	PollEvery    string `toml:"poll_every" json:"poll_every"`
	Authority    string `toml:"authority" json:"authority"`
	DKIMSelector string `toml:"dkim_selector" json:"dkim_selector"`
	DKIMKey      string `toml:"dkim_key" json:"dkim_key"`
	PerMinute    int    `toml:"per_minute" json:"per_minute"`
}

// configKey is one key of the configuration.
type configKey struct {
	Name    string // as in the file: http.tls_cert
	Env     string // CENTRALA_HTTP_TLS_CERT
	Default string
	Help    string
	value   reflect.Value
}

// keys lists every key of c in the order of its declaration.
func (c *Config) keys() []configKey {
	var out []configKey
	var walk func(v reflect.Value, prefix string)
	walk = func(v reflect.Value, prefix string) {
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name := prefix + f.Tag.Get("toml")
			if f.Type.Kind() == reflect.Struct {
				walk(v.Field(i), name+".")
				continue
			}
			env := "CENTRALA_" + strings.ToUpper(strings.ReplaceAll(name, ".", "_"))
			out = append(out, configKey{name, env, f.Tag.Get("default"), f.Tag.Get("help"), v.Field(i)})
		}
	}
	walk(reflect.ValueOf(c).Elem(), "")
	return out
}

// LoadConfig reads the defaults, the file (none when path is empty) and the environment, the
// later over the earlier. An unknown key is an error that names the nearest known one.
func LoadConfig(path string, environ []string) (*Config, error) {
	c := &Config{}
	keys := c.keys()
	for _, k := range keys {
		if k.Default != "" {
			if err := k.set(k.Default); err != nil {
				return nil, fmt.Errorf("default of %s: %w", k.Name, err)
			}
		}
	}
	if path != "" {
		meta, err := toml.DecodeFile(path, c)
		if err != nil {
			return nil, fmt.Errorf("configuration %s: %w", path, describe(err))
		}
		if unknown := meta.Undecoded(); len(unknown) > 0 {
			name := unknown[0].String()
			return nil, fmt.Errorf("configuration %s: there is no key %q; did you mean %q?", path, name, nearest(name, names(keys)))
		}
	}
	return c, c.environment(keys, environ)
}

// environment reads CENTRALA_… variables.
func (c *Config) environment(keys []configKey, environ []string) error {
	known := map[string]configKey{}
	for _, k := range keys {
		known[k.Env] = k
	}
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "CENTRALA_") || slices.Contains(otherVariables(), name) || strings.HasPrefix(name, "CENTRALA_TEST_") {
			continue
		}
		k, ok := known[name]
		if !ok {
			var envs []string
			for _, k := range keys {
				envs = append(envs, k.Env)
			}
			return fmt.Errorf("environment: there is no %s; did you mean %s?", name, nearest(name, envs))
		}
		if err := k.set(value); err != nil {
			return fmt.Errorf("environment: %s: %w", name, err)
		}
	}
	return nil
}

// otherVariables are those that are no keys of the configuration.
func otherVariables() []string { return []string{"CENTRALA_CONFIG", "CENTRALA_PASSWORD"} }

// describe gives a TOML error its line.
func describe(err error) error {
	var pe toml.ParseError
	if errors.As(err, &pe) {
		return errors.New(strings.TrimSpace(pe.ErrorWithPosition()))
	}
	return err
}

// set reads a value from text: lists are separated by commas, mailboxes are a JSON list.
func (k configKey) set(s string) error {
	switch v := k.value.Addr().Interface().(type) {
	case *string:
		*v = s
	case *bool:
		b, err := strconv.ParseBool(s)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", s)
		}
		*v = b
	case *int:
		n, err := strconv.Atoi(s)
		if err != nil {
			return fmt.Errorf("%q is not a number", s)
		}
		*v = n
	case *float64:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number", s)
		}
		*v = f
	case *time.Duration:
		d, err := time.ParseDuration(s)
		if err != nil {
			return fmt.Errorf("%q is not a length of time such as 90s, 15m or 24h", s)
		}
		*v = d
	case *[]string:
		*v = nil
		for _, part := range strings.Split(s, ",") {
			if part = strings.TrimSpace(part); part != "" {
				*v = append(*v, part)
			}
		}
	case *[]MailboxFile:
		return jsonStrict(s, v)
	default:
		return fmt.Errorf("cannot be set from text")
	}
	return nil
}

func names(keys []configKey) []string {
	var out []string
	for _, k := range keys {
		out = append(out, k.Name)
	}
	t := reflect.TypeFor[MailboxFile]()
	for i := range t.NumField() {
		out = append(out, "mailbox."+t.Field(i).Tag.Get("toml"))
	}
	return out
}

// printConfig writes every key with its default and its variable, as a file that could be used.
func printConfig(w io.Writer) error {
	c := &Config{}
	section := ""
	for _, k := range c.keys() {
		if k.Name == "mailbox" {
			continue // last, since tables come last
		}
		group, name, ok := strings.Cut(k.Name, ".")
		if !ok {
			group, name = "", k.Name
		}
		if group != section {
			section = group
			if _, err := fmt.Fprintf(w, "\n[%s]\n", group); err != nil {
				return err
			}
		}
		value := strconv.Quote(k.Default)
		switch k.value.Kind() {
		case reflect.Bool, reflect.Int, reflect.Float64:
			value = k.Default
		case reflect.Slice:
			value = listOf(k.Default)
		}
		if _, err := fmt.Fprintf(w, "# %s (%s)\n%s = %s\n", k.Help, k.Env, name, value); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, mailboxExample)
	return err
}

const mailboxExample = `
# Mail inboxes, one table each; they can also be made in the console.
# (CENTRALA_MAILBOX: the same as a JSON list)
# [[mailbox]]
# slug = "pomoc"
# name = "Pomoc"
# address = "pomoc@example.com"
# from_name = "Pomoc"
# side = ""                  # buyer, seller or advertiser, if all who write here are
# team = ""                  # name of the team that answers
# imap_host = "imap.example.com"
# imap_port = 993
# imap_tls = "tls"           # tls, starttls, or none on loopback
# imap_user = "pomoc@example.com"
# imap_password = ""
# smtp_host = "smtp.example.com"
# smtp_port = 587
# smtp_tls = "starttls"
# smtp_user = "pomoc@example.com"
# smtp_password = ""
# folder = "INBOX"           # or several: "INBOX, Reklamacje"
# login = ""                 # google or microsoft: signed in from the console, see [oauth]
# after = ""                 # of a stored mail: "", seen, or move (to move_to)
# history = 0                # days that are read when the mailbox is new; 0: 14
# plain_reply = false        # true: the provider does not deliver mail to pomoc+something@example.com
# sent_folder = ""           # answers are also put into this folder; leave it empty with Google and Microsoft, who do so themselves
# per_minute = 0             # mails sent from here at most; 0: no limit of its own
# dkim_selector = ""         # with dkim_key, the PEM of a private key, answers are signed; centrala dkim new makes both
# dkim_key = ""
`

func listOf(s string) string {
	var quoted []string
	for _, part := range strings.Split(s, ",") {
		if part != "" {
			quoted = append(quoted, strconv.Quote(part))
		}
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// configPath is the file to read: the flag's, CENTRALA_CONFIG's, or centrala.toml where the
// program is started, if there is one.
func configPath(flag string) string {
	if flag != "" {
		return flag
	}
	if p := os.Getenv("CENTRALA_CONFIG"); p != "" {
		return p
	}
	if _, err := os.Stat("centrala.toml"); err == nil {
		return "centrala.toml"
	}
	return ""
}

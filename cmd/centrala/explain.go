package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"centrala"
	"centrala/channels"
	"centrala/channels/allegro"
	"centrala/channels/email"
	"centrala/channels/email/letter"
	"centrala/channels/meta"
	"centrala/channels/telegram"
	"centrala/channels/webhook"
)

// ExplainCmd says how raw messages are read.
type ExplainCmd struct {
	Channel      string   `required:"" enum:"email,meta,telegram,allegro,webhook" help:"Which line the files came by: email, meta (Messenger, Instagram, WhatsApp, comments), telegram, allegro or webhook."`
	JSON         bool     `help:"One JSON object a message, each on its own line."`
	Redact       bool     `help:"Without names, addresses, links and long numbers, to be shown to others. Read it first."`
	InboxAddress string   `placeholder:"ADDRESS" help:"The mailbox that the messages came to: its own mail is known then."`
	Authority    string   `placeholder:"NAME" help:"The name under which your mail server writes Authentication-Results; without it nobody is believed about a sender."`
	Files        []string `arg:"" type:"path" help:"Raw messages, as the server on the other side gives them, mailbox files (mbox), or bodies of webhooks; - for the standard input."`
}

// Run implements the command. Broken input is an outcome, not a failure; only a file that
// cannot be read is one.
func (e *ExplainCmd) Run(ctx context.Context, cli *CLI) error {
	line := email.New(email.Config{})
	encoder := json.NewEncoder(cli.Out)
	encoder.SetEscapeHTML(false)
	said := 0
	for _, name := range e.Files {
		err := e.each(ctx, line, name, func(x channels.Explanation) error {
			if e.Redact {
				x = x.Redacted()
			}
			if e.JSON {
				return encoder.Encode(x)
			}
			x.File = filepath.Base(x.File)
			if said++; said > 1 {
				fmt.Fprintln(cli.Out)
			}
			_, err := io.WriteString(cli.Out, x.String())
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hooked are the lines whose messages come as hooks, by the vendor's name; nil for mail.
func hooked(vendor string) channels.Explainer {
	switch vendor {
	case "meta":
		return able[channels.Explainer](meta.Lines(meta.Config{}))[0]
	case "telegram":
		return telegram.New(telegram.Config{})
	case "allegro":
		return allegro.New(allegro.Config{})
	case "webhook":
		return webhook.New(webhook.Config{})
	}
	return nil
}

// each explains every message of a file.
func (e *ExplainCmd) each(ctx context.Context, line *email.Channel, name string, say func(channels.Explanation) error) error {
	f := os.Stdin
	if name != "-" {
		var err error
		if f, err = os.Open(name); err != nil {
			return err
		}
		defer f.Close()
	}
	if hooks := hooked(e.Channel); hooks != nil {
		x := hooks.Explain(ctx, f)
		x.File = name
		if name == "-" {
			x.File = "standard input"
		}
		return say(x)
	}
	inbox := centrala.Inbox{Mailbox: &centrala.Mailbox{Address: e.InboxAddress, Authority: e.Authority}}
	return letter.Mails(f, func(n int, more bool, mail io.Reader) error {
		x := line.ExplainFor(ctx, inbox, mail)
		x.File = name
		if name == "-" {
			x.File = "standard input"
		}
		if more {
			x.File = fmt.Sprintf("%s, message %d", x.File, n)
		}
		return say(x)
	})
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"

	"centrala/channels"
	"centrala/channels/email"
)

// ExplainCmd says how raw messages are read.
type ExplainCmd struct {
	Channel string   `required:"" enum:"email" help:"Which line the files came by: email."`
	JSON    bool     `help:"One JSON object a file, each on its own line."`
	Files   []string `arg:"" type:"path" help:"Raw messages, as the server on the other side gives them."`
}

// Run implements the command. Broken input is an outcome, not a failure; only a file that
// cannot be read is one.
func (e *ExplainCmd) Run(ctx context.Context, cli *CLI) error {
	var line channels.Explainer = email.New(email.Config{})
	encoder := json.NewEncoder(cli.Out)
	encoder.SetEscapeHTML(false)
	for _, name := range e.Files {
		x, err := explain(ctx, line, name)
		if err != nil {
			return err
		}
		if e.JSON {
			err = encoder.Encode(x)
		} else {
			err = describeMessage(cli, x)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func explain(ctx context.Context, line channels.Explainer, name string) (channels.Explanation, error) {
	f, err := os.Open(name)
	if err != nil {
		return channels.Explanation{}, err
	}
	defer f.Close()
	x := line.Explain(ctx, f)
	x.File = name
	return x, nil
}

func describeMessage(cli *CLI, x channels.Explanation) error {
	w := tabwriter.NewWriter(cli.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "%s\t%s\t%s\n", x.File, x.Outcome, x.Reason)
	for _, in := range x.Inbound {
		fmt.Fprintf(w, "  from\t%s <%s>\n  subject\t%s\n", in.From.Name, in.From.Address, in.Subject)
		for _, a := range in.Attachments {
			fmt.Fprintf(w, "  attachment\t%s (%s, %d bytes)\n", a.Name, a.Type, a.Size)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, in := range x.Inbound {
		if _, err := fmt.Fprintf(cli.Out, "\n%s\n\n", in.Text); err != nil {
			return err
		}
	}
	return nil
}

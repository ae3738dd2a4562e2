// Command centrala is the whole exchange in one program: the server, the demonstration and
// the commands of whoever looks after it. `centrala --help` lists them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set when the program is built.
var version = "dev"

// CLI is the command line.
type CLI struct {
	File string `name:"config" short:"c" help:"Configuration file (TOML); default: centrala.toml here, if there is one." type:"path"`
	Data string `help:"Folder of everything that is kept; overrides the configuration." type:"path"`

	CPUProfile string `name:"cpu-profile" placeholder:"FILE" help:"Write down what the processor is busy with, for go tool pprof." type:"path"`

	Serve   ServeCmd   `cmd:"" help:"Run the server."`
	Demo    DemoCmd    `cmd:"" help:"Run a furnished demonstration with everything embedded."`
	Agent   AgentCmd   `cmd:"" help:"The people who answer: add, list, passwd."`
	Article ArticleCmd `cmd:"" help:"The Help Centre: import, export, check, search."`
	Key     KeyCmd     `cmd:"" help:"API keys: add, list, revoke."`
	Dkim    DkimCmd    `cmd:"" help:"Keys that mails are signed with: new, show."`
	Explain ExplainCmd `cmd:"" help:"Say how a raw message is read, without storing it."`
	Doctor  DoctorCmd  `cmd:"" help:"Check everything and say what to do about each fault."`
	Backup  BackupCmd  `cmd:"" help:"Copy the database, the files and the key into one archive, while the server runs."`
	Restore RestoreCmd `cmd:"" help:"Unpack a backup into an empty data folder."`
	Config  ConfigCmd  `cmd:"" help:"Print every key of the configuration with its default."`
	Version VersionCmd `cmd:"" help:"Print the version."`

	Out io.Writer `kong:"-"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program with its command line, and returns its exit code.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	cli := &CLI{Out: out}
	parser, err := kong.New(cli, kong.Name("centrala"), kong.Writers(out, errs),
		kong.Description("A support exchange for a two-sided marketplace: every line joins one stream and reaches the right person."),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		fmt.Fprintln(errs, "centrala:", err)
		return 1
	}
	command, err := parser.Parse(args)
	if err != nil {
		var pe *kong.ParseError
		if errors.As(err, &pe) {
			fmt.Fprintf(errs, "centrala: %v\nTry: centrala --help\n", err)
			return 2
		}
		fmt.Fprintln(errs, "centrala:", err)
		return 2
	}
	if err := profiled(cli.CPUProfile, func() error { return command.Run(cli) }); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(errs, "centrala:", strings.ReplaceAll(err.Error(), "\n", "; ")) // one line, however many rooms had something to say
		return 1
	}
	return 0
}

// load reads the configuration and what the command line says over it.
func (cli *CLI) load() (*Config, error) {
	c, err := LoadConfig(configPath(cli.File), os.Environ())
	if err != nil {
		return nil, err
	}
	if cli.Data != "" {
		c.Data = cli.Data
	}
	return c, c.complete()
}

// logger is the program's log, on standard error.
func (c *Config) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log.Level)); err != nil {
		return nil, fmt.Errorf("log.level: %q is not debug, info, warn or error", c.Log.Level)
	}
	o := &slog.HandlerOptions{Level: level}
	switch c.Log.Format {
	case "text":
		return slog.New(slog.NewTextHandler(os.Stderr, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(os.Stderr, o)), nil
	}
	return nil, fmt.Errorf("log.format: %q is not text or json", c.Log.Format)
}

// ConfigCmd prints the configuration's keys.
type ConfigCmd struct{}

// Run implements the command.
func (ConfigCmd) Run(cli *CLI) error { return printConfig(cli.Out) }

// VersionCmd prints the version.
type VersionCmd struct{}

// Run implements the command.
func (VersionCmd) Run(cli *CLI) error {
	_, err := fmt.Fprintln(cli.Out, "centrala", version)
	return err
}

package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"centrala"
	"centrala/channels/email"
)

// DkimCmd looks after the keys that mails are signed with.
type DkimCmd struct {
	New  DkimNewCmd  `cmd:"" help:"Make a key, and print what the domain has to publish."`
	Show DkimShowCmd `cmd:"" help:"Print what the domain has to publish for a key."`
}

// DkimNewCmd makes a key.
type DkimNewCmd struct {
	Domain   string `required:"" help:"The domain of the mailbox's address."`
	Selector string `required:"" help:"The name under which it publishes this key, such as centrala or 2026a."`
	Kind     string `default:"rsa" enum:"rsa,ed25519" help:"rsa (2048 bits), which everybody can check, or ed25519."`
	Out      string `help:"File to write the key into; default: it is printed." type:"path"`
}

// Run implements the command. A file that is there already is never written over.
func (k *DkimNewCmd) Run(cli *CLI) error {
	if err := centrala.CheckSelector(k.Selector); err != nil {
		return err
	}
	var (
		key any
		err error
	)
	if k.Kind == "ed25519" {
		_, key, err = ed25519.GenerateKey(rand.Reader)
	} else {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if k.Out == "" {
		if _, err := cli.Out.Write(text); err != nil {
			return err
		}
	} else if err := writeNew(k.Out, text); err != nil {
		return err
	}
	return cli.record(k.Selector, k.Domain, string(text))
}

func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; a key is never written over another", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// DkimShowCmd prints the record of a key.
type DkimShowCmd struct {
	File     string `arg:"" help:"The key, PEM." type:"existingfile"`
	Domain   string `required:"" help:"The domain of the mailbox's address."`
	Selector string `required:"" help:"The name under which it publishes this key."`
}

// Run implements the command.
func (k *DkimShowCmd) Run(cli *CLI) error {
	key, err := os.ReadFile(k.File)
	if err != nil {
		return err
	}
	return cli.record(k.Selector, k.Domain, string(key))
}

// record prints the DNS record of a key as zone files have it: in pieces of at most 255
// characters.
func (cli *CLI) record(selector, domain, key string) error {
	name, value, err := email.DNSRecord(selector, strings.TrimSuffix(domain, "."), key)
	if err != nil {
		return err
	}
	var pieces []string
	for len(value) > 250 {
		pieces = append(pieces, `"`+value[:250]+`"`)
		value = value[250:]
	}
	pieces = append(pieces, `"`+value+`"`)
	_, err = fmt.Fprintf(cli.Out, "%s. IN TXT ( %s )\n", name, strings.Join(pieces, "\n\t"))
	return err
}

package main

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// postgresClient is one of PostgreSQL's own programs, told to work on the database of dsn. The
// password goes by the environment: a command line can be read by every account of the machine.
func postgresClient(ctx context.Context, name, dsn string, args ...string) (*exec.Cmd, error) {
	bare, password, err := withoutPassword(dsn)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, name, append(args, "--dbname="+bare)...)
	if password != "" {
		cmd.Env = append(os.Environ(), "PGPASSWORD="+password)
	}
	return cmd, nil
}

// withoutPassword takes the password out of a connection URI, wherever libpq would find it: after
// the user's name, or as a parameter, which counts more. The address may name several hosts, so
// it is no URL that net/url would read.
func withoutPassword(dsn string) (bare, password string, err error) {
	scheme, rest, ok := strings.Cut(dsn, "://")
	if !ok {
		return "", "", errors.New("the database is no address such as postgres://user@host/name")
	}
	rest, query, _ := strings.Cut(rest, "?")
	authority, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		var user string
		user, password, _ = strings.Cut(authority[:i], ":")
		authority = user + authority[i:]
	}
	params := slices.DeleteFunc(strings.Split(query, "&"), func(p string) bool {
		key, value, _ := strings.Cut(p, "=")
		if key == "password" {
			password = value
		}
		return key == "password" || key == ""
	})
	if password, err = url.PathUnescape(password); err != nil {
		return "", "", errors.New("the database's password is not written as an address has it") // the cause would show it
	}
	bare = scheme + "://" + authority + path
	if len(params) > 0 {
		bare += "?" + strings.Join(params, "&")
	}
	return bare, password, nil
}

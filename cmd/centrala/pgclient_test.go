package main

import (
	"slices"
	"strings"
	"testing"
)

// Whoever can list the processes of the machine does not learn the database's password.
func TestPostgresPasswordIsNoArgument(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, dsn, bare, password string }{
		{"after the user", "postgres://centrala:t%40jne%2Fhas%C5%82o@db.test:5432/centrala?sslmode=require", "postgres://centrala@db.test:5432/centrala?sslmode=require", "t@jne/hasło"},
		{"as a parameter", "postgresql://db.test/centrala?user=centrala&password=tajne+has%26lo&sslmode=disable", "postgresql://db.test/centrala?user=centrala&sslmode=disable", "tajne+has&lo"},
		{"the only parameter", "postgres://centrala@db.test/centrala?password=tajne", "postgres://centrala@db.test/centrala", "tajne"},
		{"several hosts", "postgres://centrala:tajne@a.test:5432,b.test:5433/centrala", "postgres://centrala@a.test:5432,b.test:5433/centrala", "tajne"},
		{"an @ that was not escaped", "postgres://centrala:ta@jne@db.test/centrala", "postgres://centrala@db.test/centrala", "ta@jne"},
		{"a socket", "postgres:///centrala?host=/run/postgresql", "postgres:///centrala?host=/run/postgresql", ""},
		{"no password", "postgres://centrala@db.test", "postgres://centrala@db.test", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd, err := postgresClient(t.Context(), "pg_dump", c.dsn, "--format=custom")
			if err != nil {
				t.Fatal(err)
			}
			if want := []string{"pg_dump", "--format=custom", "--dbname=" + c.bare}; !slices.Equal(cmd.Args, want) {
				t.Errorf("the command line is %q, want %q", cmd.Args, want)
			}
			passed := slices.Contains(cmd.Environ(), "PGPASSWORD="+c.password)
			if c.password == "" {
				passed = !slices.ContainsFunc(cmd.Env, func(s string) bool { return strings.HasPrefix(s, "PGPASSWORD=") })
			}
			if !passed {
				t.Error("the environment does not hold the password")
			}
		})
	}
	if _, err := postgresClient(t.Context(), "pg_dump", "postgres://centrala:taj%zzne@db.test/centrala"); err == nil || strings.Contains(err.Error(), "taj") {
		t.Errorf("a password that cannot be read: %v", err)
	}
}

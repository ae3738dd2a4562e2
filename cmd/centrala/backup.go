package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"centrala/store"
)

// The names inside an archive.
const (
	inSQLite   = "centrala.db"
	inPostgres = "centrala.pgdump"
	inKey      = "key"
	inFiles    = "files/"
)

// BackupCmd copies everything that cannot be made anew: the database, the files, the key. The
// stream and the index are not in it; they follow from the database.
type BackupCmd struct {
	File string `arg:"" help:"Archive to write (.tar.gz). It holds the key: keep it as safe as the data."`
}

// Run implements the command.
func (b *BackupCmd) Run(ctx context.Context, cli *CLI) error {
	cfg, err := cli.load()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(b.File), ".centrala-backup-")
	if err != nil {
		return fmt.Errorf("make room for the backup: %w", err)
	}
	defer os.RemoveAll(dir)
	name, dump, err := dumpDatabase(ctx, cfg, dir)
	if err != nil {
		return err
	}
	part := filepath.Join(dir, "archive")
	n, err := writeArchive(part, func(add func(name, path string) error) error {
		if err := errors.Join(add(name, dump), add(inKey, cfg.KeyFile)); err != nil {
			return err
		}
		return eachFile(cfg, func(rel, path string) error { return add(inFiles+rel, path) })
	})
	if err != nil {
		return err
	}
	if err := os.Rename(part, b.File); err != nil {
		return fmt.Errorf("put the backup in place: %w", err)
	}
	_, err = fmt.Fprintf(cli.Out, "%s: the database, the key and %d files. Whoever has it can read everything.\n", b.File, n-2)
	return err
}

// dumpDatabase writes a consistent copy while the server may be running.
func dumpDatabase(ctx context.Context, cfg *Config, dir string) (name, path string, err error) {
	if strings.HasPrefix(cfg.Database, "sqlite:") {
		db, err := store.Open(ctx, cfg.Database, store.Options{Guest: true, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return "", "", err
		}
		path = filepath.Join(dir, inSQLite)
		return inSQLite, path, errors.Join(db.Backup(ctx, path), db.Close())
	}
	path = filepath.Join(dir, inPostgres)
	cmd, err := postgresClient(ctx, "pg_dump", cfg.Database, "--format=custom", "--file="+path)
	if err != nil {
		return "", "", err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("pg_dump: %w: %s", err, out)
	}
	return inPostgres, path, nil
}

// eachFile visits the stored files of a folder; those in S3 are backed up there.
func eachFile(cfg *Config, f func(rel, path string) error) error {
	root := filepath.Join(cfg.Data, "files")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		return f(filepath.ToSlash(rel), path)
	})
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// writeArchive writes a tar.gz and returns how many files are in it. It is on disk when this
// returns.
func writeArchive(path string, fill func(add func(name, path string) error) error) (n int, err error) {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, fmt.Errorf("write the backup: %w", err)
	}
	zip := gzip.NewWriter(out)
	archive := tar.NewWriter(zip)
	err = fill(func(name, path string) error {
		n++
		return addFile(archive, name, path)
	})
	if err := errors.Join(err, archive.Close(), zip.Close(), out.Sync(), out.Close()); err != nil {
		return n, fmt.Errorf("write the backup: %w", err)
	}
	return n, nil
}

func addFile(archive *tar.Writer, name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime().Truncate(time.Second)}); err != nil {
		return err
	}
	_, err = io.CopyN(archive, f, info.Size())
	return err
}

// RestoreCmd unpacks a backup.
type RestoreCmd struct {
	File string `arg:"" type:"existingfile" help:"Archive that centrala backup wrote."`
}

// Run implements the command. The data folder must be empty: nothing is ever overwritten.
func (r *RestoreCmd) Run(ctx context.Context, cli *CLI) error {
	cfg, err := cli.load()
	if err != nil {
		return err
	}
	if err := empty(cfg.Data); err != nil {
		return err
	}
	n, err := r.unpack(ctx, cfg)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, cfg.Database, store.Options{Guest: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("open what was restored: %w", err)
	}
	if err := errors.Join(db.NewEpoch(ctx), db.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cli.Out, "Restored into %s: %d parts. Start it with: centrala serve --data %s\n", cfg.Data, n, cfg.Data)
	return err
}

func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty; a backup is restored into an empty folder", dir)
	}
	return os.MkdirAll(dir, 0o700)
}

func (r *RestoreCmd) unpack(ctx context.Context, cfg *Config) (n int, err error) {
	f, err := os.Open(r.File)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		return 0, fmt.Errorf("%s is no backup: %w", r.File, err)
	}
	archive := tar.NewReader(zip)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("%s is damaged: %w", r.File, err)
		}
		if err := r.part(ctx, cfg, h.Name, archive); err != nil {
			return n, fmt.Errorf("restore %s: %w", h.Name, err)
		}
		n++
	}
}

// part puts one part of the archive where it belongs.
func (r *RestoreCmd) part(ctx context.Context, cfg *Config, name string, from io.Reader) error {
	switch {
	case name == inSQLite && strings.HasPrefix(cfg.Database, "sqlite:"):
		return writeFile(strings.TrimPrefix(cfg.Database, "sqlite:"), from)
	case name == inPostgres && !strings.HasPrefix(cfg.Database, "sqlite:"):
		cmd, err := postgresClient(ctx, "pg_restore", cfg.Database, "--no-owner", "--single-transaction")
		if err != nil {
			return err
		}
		cmd.Stdin = from
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("pg_restore: %w: %s", err, out)
		}
		return nil
	case name == inSQLite || name == inPostgres:
		return errors.New("the backup is of the other kind of database than the configuration names")
	case name == inKey:
		return writeFile(cfg.KeyFile, from)
	case strings.HasPrefix(name, inFiles) && filepath.IsLocal(filepath.FromSlash(name)):
		return writeFile(filepath.Join(cfg.Data, filepath.FromSlash(name)), from)
	}
	return errors.New("this part is not known")
}

func writeFile(path string, from io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Sync(), f.Close())
}

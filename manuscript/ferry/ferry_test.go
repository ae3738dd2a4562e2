package ferry_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"centrala/manuscript/ferry"
)

// packed writes an archive.
func packed(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "help.zip")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A folder, an archive and an export are read; what is none of them is said to be none, and every
// fault is a line.
func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{"a.md": "---\ntitle: A\n---\n", "b.json": `{"articles":[{"id":1,"title":"B","locale":"pl","body":""}]}`, "c.json": "{", "d.zip": "no archive"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ path, from, want, said string }{
		{dir, "folder", "", ""},
		{packed(t, map[string]string{"pl/a.md": "---\ntitle: A\n---\n"}), "folder", "", ""},
		{filepath.Join(dir, "b.json"), "zendesk", "", ""},
		{filepath.Join(dir, "a.md"), "folder", "neither a folder nor a .zip", ""},
		{filepath.Join(dir, "d.zip"), "folder", "d.zip", ""},
		{filepath.Join(dir, "none"), "folder", "no such file", ""},
		{t.TempDir(), "folder", "there is no article in", ""},
		{dir, "zendesk", "nothing was imported: 1 things are wrong", "c.json:1: it is not the JSON of an export"},
		{packed(t, map[string]string{"../a.md": "---\ntitle: A\n---\n"}), "folder", "nothing was imported", "../a.md: its name leads out of the archive"},
	} {
		var said strings.Builder
		cargo, err := ferry.Read(c.path, c.from, nil, &said)
		if c.want == "" {
			if err != nil || len(cargo.Pages) != 1 {
				t.Errorf("%s: %+v, %v\n%s", c.path, cargo, err, said.String())
				continue
			}
			if err := cargo.Close(); err != nil {
				t.Error(err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(said.String(), c.said) {
			t.Errorf("%s: %v, want %q\n%s", c.path, err, c.want, said.String())
		}
	}
}

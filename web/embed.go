// Package web holds the browser side of centrala as it was built by `make build`: the widget and its
// loader, the console, and the assets of the server-rendered pages.
//
// A checkout without a web build still compiles; then Built is false, Asset answers ErrNotBuilt, and
// the handlers serve a page that says what to run.
package web

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// ErrNotBuilt is what every asset answers when the binary was compiled without a web build.
var ErrNotBuilt = errors.New("the web part is not built: run `make build`")

// An Asset is what a page has to load for one entry. All addresses are absolute paths under /assets/,
// carry a content hash, and never change their bytes.
type Asset struct {
	JS      string   // the entry's module script, "" for a style-only entry
	Preload []string // modules JS imports at once, for <link rel="modulepreload">
	CSS     []string // style sheets, in order
}

// Files is the build: widget.js, widget/, console/, pages/.
func Files() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path: embed would not have compiled without it
	}
	return sub
}

// Built says whether the binary carries a web build.
func Built() bool {
	_, err := fs.Stat(Files(), "widget.js")
	return err == nil
}

// Find gives the asset of an entry: Find("widget", "main.ts"), Find("console", "main.ts"),
// Find("pages", "help.css"). app is the folder under web/, entry a file of it. The error is
// ErrNotBuilt without a web build, and fs.ErrNotExist for an entry the build does not know.
func Find(app, entry string) (Asset, error) {
	if !Built() {
		return Asset{}, ErrNotBuilt
	}
	m, err := manifests()
	if err != nil {
		return Asset{}, err
	}
	return m[app].asset(app, app+"/"+entry)
}

// manifest is Vite's list of what it built: source path to chunk.
type manifest map[string]chunk

type chunk struct {
	File    string   `json:"file"`
	CSS     []string `json:"css"`
	Imports []string `json:"imports"`
}

var manifests = sync.OnceValues(func() (map[string]manifest, error) {
	all := make(map[string]manifest)
	for _, app := range []string{"widget", "console", "pages"} {
		m, err := readManifest(Files(), app)
		if err != nil {
			return nil, err
		}
		all[app] = m
	}
	return all, nil
})

// readManifest reads the manifest of app in files; an app that was not built has an empty one.
func readManifest(files fs.FS, app string) (manifest, error) {
	raw, err := fs.ReadFile(files, app+"/manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the list of web assets of %s: %w", app, err)
	}
	var m manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("understand the list of web assets of %s: %w", app, err)
	}
	return m, nil
}

func (m manifest) asset(app, key string) (Asset, error) {
	entry, ok := m[key]
	if !ok {
		return Asset{}, fmt.Errorf("web asset %s: %w", key, fs.ErrNotExist)
	}
	base := "/assets/" + app + "/"
	var a Asset
	if isStyle(entry.File) {
		a.CSS = append(a.CSS, base+entry.File)
	} else {
		a.JS = base + entry.File
	}
	seen := []string{key}
	var walk func(c chunk)
	walk = func(c chunk) {
		for _, key := range c.Imports {
			if slices.Contains(seen, key) {
				continue
			}
			seen = append(seen, key)
			a.Preload = append(a.Preload, base+m[key].File)
			walk(m[key])
		}
		for _, css := range c.CSS {
			a.CSS = append(a.CSS, base+css)
		}
	}
	walk(entry)
	return a, nil
}

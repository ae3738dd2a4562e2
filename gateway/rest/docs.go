package rest

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsPage string

//go:embed docs.css
var docsStyle string

// describe is the API's description before its operations.
func describe() huma.Config {
	asJSON := huma.Format{ // <, > and & are escaped: an answer is never markup, whatever it is taken for
		Marshal:   func(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) },
		Unmarshal: json.Unmarshal,
	}
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[Problem]())
	c := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "centrala", Version: "1", License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
				Description: "The resources of a support exchange. What is live travels over the socket at /v1/socket; see docs/protocol.md. " +
					"Errors are application/problem+json. Lists are {items, next}; times are RFC 3339 in UTC."},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer":  {Type: "http", Scheme: "bearer", Description: "A visitor's token, an agent's session token, or an API key (ck_…)."},
					"session": {Type: "apiKey", In: "cookie", Name: "centrala_session", Description: "An agent's session. What changes something also needs the header Centrala-CSRF: 1."},
				},
			},
		},
		Formats:       map[string]huma.Format{"application/json": asJSON, "json": asJSON},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{translate},
	}
	c.AllowAdditionalPropertiesByDefault = true // a client may know more than we do
	c.FieldsOptionalByDefault = true
	return c
}

// documents serves the description, for programs and for people.
func (s *server) documents() {
	spec := sync.OnceValues(func() ([]byte, error) { return json.Marshal(s.api.OpenAPI()) })
	s.mux.HandleFunc("GET /v1/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		b, err := spec()
		if err != nil {
			s.failed(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/openapi+json;version=3.1")
		_, _ = w.Write(b) // the client went away
	})
	sum := sha256.Sum256([]byte(docsStyle))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	readable := sync.OnceValues(s.readable)
	s.mux.HandleFunc("GET /v1/docs", func(w http.ResponseWriter, r *http.Request) {
		b, err := readable()
		if err != nil {
			s.failed(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write([]byte(b)) // the client went away
	})
}

// The description as the page for people shows it.
type (
	docGroup struct {
		Name string
		Ops  []docOp
	}
	docOp struct {
		ID, Method, Path, Summary, May string
		Params, Body                   []docField
		Answer                         string
	}
	docField struct{ Name, Type, Text string }
)

// readable renders the description on the server: no script, no other host.
func (s *server) readable() (string, error) {
	t, err := template.New("docs").Parse(docsPage)
	if err != nil {
		return "", err
	}
	spec := s.api.OpenAPI()
	var b strings.Builder
	err = t.Execute(&b, struct {
		Style  template.CSS
		Info   *huma.Info
		Groups []docGroup
	}{template.CSS(docsStyle), spec.Info, groups(spec)}) // our own embedded file
	return b.String(), err
}

func groups(spec *huma.OpenAPI) []docGroup {
	var all []docGroup
	paths := make([]string, 0, len(spec.Paths))
	for p := range spec.Paths {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		for _, op := range operations(spec.Paths[p]) {
			i := slices.IndexFunc(all, func(g docGroup) bool { return g.Name == op.Tags[0] })
			if i < 0 {
				all = append(all, docGroup{Name: op.Tags[0]})
				i = len(all) - 1
			}
			all[i].Ops = append(all[i].Ops, docOf(spec, op))
		}
	}
	return all
}

func operations(p *huma.PathItem) []*huma.Operation {
	return slices.DeleteFunc([]*huma.Operation{p.Get, p.Post, p.Put, p.Patch, p.Delete}, func(o *huma.Operation) bool { return o == nil })
}

func docOf(spec *huma.OpenAPI, op *huma.Operation) docOp {
	d := docOp{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, May: "everybody"}
	if may, ok := op.Extensions["x-actions"]; ok {
		b, err := json.Marshal(may)
		if err == nil {
			d.May = strings.NewReplacer(`[`, "", `]`, "", `"`, "", ",", ", ").Replace(string(b))
		}
	}
	for _, p := range op.Parameters {
		d.Params = append(d.Params, docField{p.In + " " + p.Name, typeOf(p.Schema), p.Description})
	}
	if op.RequestBody != nil {
		for _, m := range op.RequestBody.Content {
			d.Body = fields(spec, m.Schema)
		}
	}
	for status, r := range op.Responses {
		for kind, m := range r.Content {
			if status[0] == '2' {
				d.Answer = status + " " + kind + " " + typeOf(m.Schema)
			}
		}
		if status[0] == '2' && d.Answer == "" {
			d.Answer = status
		}
	}
	return d
}

func fields(spec *huma.OpenAPI, s *huma.Schema) []docField {
	if s == nil {
		return nil
	}
	if s.Ref != "" {
		s = spec.Components.Schemas.SchemaFromRef(s.Ref)
	}
	var out []docField
	for name, p := range s.Properties {
		if slices.Contains(s.Required, name) {
			name += " *"
		}
		out = append(out, docField{name, typeOf(p), p.Description})
	}
	slices.SortFunc(out, func(a, b docField) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// typeOf is a schema in a few words.
func typeOf(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case len(s.Enum) > 0:
		var words []string
		for _, e := range s.Enum {
			if w, ok := e.(string); ok {
				words = append(words, w)
			}
		}
		return strings.Join(words, " | ")
	case s.Type == huma.TypeArray:
		return "list of " + typeOf(s.Items)
	case len(s.OneOf) > 0:
		var words []string
		for _, o := range s.OneOf {
			words = append(words, typeOf(o))
		}
		return strings.Join(words, " | ")
	case s.Format != "":
		return s.Type + " (" + s.Format + ")"
	}
	return s.Type
}

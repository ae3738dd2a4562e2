package storetest

import (
	"strings"
	"testing"

	"centrala"
)

func macroCases() []testCase { return []testCase{{"macro/saved, listed, changed, removed", macros}} }

func macros(t *testing.T, h *house) {
	ctx := t.Context()
	m, err := h.SaveMacro(ctx, centrala.Macro{Title: "Zwrot", Side: centrala.Buyer, Team: h.team.ID, Text: map[string]string{"pl": "Zwrot {{ref}}", "en": "Return {{ref}}"}})
	need(t, err)
	_, err = h.SaveMacro(ctx, centrala.Macro{Title: "adres", Text: map[string]string{"pl": "Adres"}})
	need(t, err)
	m.Text = map[string]string{"pl": "Inaczej"}
	m, err = h.SaveMacro(ctx, m)
	need(t, err)
	all, err := h.Macros(ctx)
	need(t, err)
	same(t, "macros", []any{len(all), all[0].Title, all[1]}, []any{2, "adres", m})
	for field, bad := range map[string]centrala.Macro{
		"title": {Text: map[string]string{"pl": "x"}},
		"sides": {Title: "x", Side: "courier", Text: map[string]string{"pl": "x"}},
		"text":  {Title: "x", Text: map[string]string{"pl": " "}},
	} {
		_, err := h.SaveMacro(ctx, bad)
		refused(t, err, centrala.Invalid, field)
	}
	_, err = h.SaveMacro(ctx, centrala.Macro{Title: "x", Text: map[string]string{"pl": strings.Repeat("ą", centrala.MaxText+1)}})
	refused(t, err, centrala.TooLong, "text")
	_, err = h.SaveMacro(ctx, centrala.Macro{ID: 42, Title: "x", Text: map[string]string{"pl": "x"}})
	refused(t, err, centrala.NotFound)
	need(t, h.RemoveMacro(ctx, m.ID))
	refused(t, h.RemoveMacro(ctx, m.ID), centrala.NotFound)
}

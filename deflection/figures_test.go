package deflection_test

import (
	"testing"

	"centrala"
	"centrala/deflection"
)

func TestMeasure(t *testing.T) {
	t.Parallel()
	r := deflection.Report{Shown: deflection.Shown{People: deflection.People{People: 900, Contacted: 180}}, Held: deflection.People{People: 99, Contacted: 30}}
	if r.Measure(); r.Difference != nil || r.Least != 100 {
		t.Errorf("of 99 held no difference is told: %+v", r)
	}
	r.Held = deflection.People{People: 100, Contacted: 30}
	if r.Measure(); r.Difference == nil || !about(*r.Difference, 0.1, 1e-12) || *r.Low >= 0.1 || *r.High <= 0.1 {
		t.Errorf("%v from %v to %v", *r.Difference, *r.Low, *r.High)
	}
}

func TestFlag(t *testing.T) {
	t.Parallel()
	share := func(n, of int) deflection.Share { return deflection.Share{N: n, Of: of} }
	for name, c := range map[string]struct {
		trend deflection.Trend
		want  deflection.Flag
	}{
		"nothing is known":          {deflection.Trend{}, deflection.Fine},
		"as it was":                 {deflection.Trend{Recent: share(80, 100), Before: share(250, 300)}, deflection.Fine},
		"worse":                     {deflection.Trend{Recent: share(50, 100), Before: share(250, 300)}, deflection.Worse},
		"better":                    {deflection.Trend{Recent: share(95, 100), Before: share(150, 300)}, deflection.Fine},
		"worse, of too few":         {deflection.Trend{Recent: share(2, 29), Before: share(250, 300)}, deflection.Fine},
		"worse, than too few":       {deflection.Trend{Recent: share(20, 100), Before: share(29, 29)}, deflection.Fine},
		"a little, of few":          {deflection.Trend{Recent: share(22, 30), Before: share(250, 300)}, deflection.Fine},
		"worse since a version":     {deflection.Trend{Version: share(20, 50), Previous: share(45, 50)}, deflection.WorseSince},
		"a version that made good":  {deflection.Trend{Version: share(45, 50), Previous: share(20, 50), Recent: share(45, 50), Before: share(20, 50)}, deflection.Fine},
		"a version is the reason":   {deflection.Trend{Version: share(20, 50), Previous: share(45, 50), Recent: share(20, 50), Before: share(45, 50)}, deflection.WorseSince},
		"a version of too few says": {deflection.Trend{Version: share(0, 29), Previous: share(45, 50)}, deflection.Fine},
	} {
		if got := c.trend.Flag(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestMeasures(t *testing.T) {
	t.Parallel()
	for d, want := range map[*centrala.Deflection]bool{
		{Kind: "offered", Place: centrala.AtWidget}:                  true,
		{Kind: "held", Place: centrala.AtForm}:                       true,
		{Kind: "opened", Place: centrala.AtWidget}:                   false,
		{Kind: "offered", Place: centrala.AtHelp}:                    false,
		{Kind: "offered", Place: centrala.AtComposer}:                false,
		{Kind: "offered", Place: centrala.AtWidget, Conversation: 1}: false,
	} {
		if deflection.Measures(*d) != want {
			t.Errorf("%+v: %v", *d, !want)
		}
	}
}

package webhook

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"centrala"
)

// A call and a call-back request are conversations of their own on the channel telephone, as calls
// are that an agent logs by hand: no answer to them is posted back, since nobody would read it.

// MaxCall is the longest call that is believed.
const MaxCall = 24 * time.Hour

// call: somebody was on the telephone.
func (r *reader) call(e event, in *centrala.Inbound) error {
	if err := somebody(in); err != nil {
		return err
	}
	way := map[string]string{"in": "←", "": "←", "out": "→"}[e.Direction]
	took := time.Duration(e.Duration) * time.Second
	switch {
	case way == "":
		return errors.New("direction is in or out")
	case e.Duration < 0 || e.Duration > int64(MaxCall/time.Second):
		return errors.New("duration_s is between 0 and 86400")
	}
	how, status := clock(took), fmt.Sprintf("%s, %d s", cmp.Or(e.Direction, "in"), e.Duration)
	if e.Missed {
		how, status = "✕", cmp.Or(e.Direction, "in")+", missed"
	}
	number := cmp.Or(in.Phone, in.From.Name, in.From.Address)
	in.Kind, in.Channel, in.ThreadID = centrala.KindMessage, centrala.Phone, "call:"+e.ID
	in.Matters = append(in.Matters, centrala.Matter{Kind: "call", ID: e.ID, Title: number, Status: status})
	e.Text = strings.TrimSpace("☎ " + way + " " + number + " · " + how + "\n" + e.Text)
	r.words(e, in)
	if e.Recording != "" {
		r.brings([]file{{URL: e.Recording}}, in)
	}
	return nil
}

// callback: somebody wants to be called.
func (r *reader) callback(e event, in *centrala.Inbound) error {
	if err := somebody(in); err != nil {
		return err
	}
	if in.Phone == "" {
		return errors.New("from.phone is missing: there is nobody to call")
	}
	m := centrala.Matter{Kind: "callback", ID: e.ID, Title: in.Phone}
	if !e.Due.IsZero() {
		m.Due = e.Due.UTC()
	}
	in.Kind, in.Channel, in.ThreadID = centrala.KindMessage, centrala.Phone, "call:"+e.ID
	in.Matters = append(in.Matters, m)
	e.Text = strings.TrimSpace("☎ ↺ " + in.Phone + "\n" + e.Text)
	r.words(e, in)
	return nil
}

// clock is how long something took, as m:ss or h:mm:ss.
func clock(d time.Duration) string {
	s := int(d / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

package centrala

import (
	"testing"
	"time"
)

func TestWindow(t *testing.T) {
	t.Parallel()
	heard := noon
	for _, c := range []struct {
		ch               Channel
		human            bool
		after            time.Duration
		person, template bool
		want             Passage
	}{
		{Messenger, false, FreeWindow - 1, false, false, Free},
		{Messenger, false, FreeWindow, true, false, Shut},
		{Messenger, true, FreeWindow, true, false, ByHuman},
		{Messenger, true, FreeWindow, false, false, Shut},
		{Messenger, true, FreeWindow, true, true, ByHuman}, // it has no templates
		{Instagram, true, HumanWindow - 1, true, false, ByHuman},
		{Instagram, true, HumanWindow, true, false, Shut},
		{WhatsApp, true, FreeWindow, true, false, Shut},
		{WhatsApp, false, 30 * FreeWindow, false, true, Free},
		{WhatsApp, false, 0, false, false, Free},
		{Facebook, false, 30 * FreeWindow, false, false, Free},
		{Telegram, false, 30 * FreeWindow, false, false, Free},
		{Allegro, false, 30 * FreeWindow, false, false, Free},
		{Webhook, false, 30 * FreeWindow, false, false, Free},
	} {
		if got := WindowOf(c.ch, heard, c.human).Passes(heard.Add(c.after), c.person, c.template); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	if w := WindowOf(Messenger, time.Time{}, true); w != (Window{}) || w.Passes(noon, false, false) != Free {
		t.Errorf("nobody was heard: %+v", w)
	}
}

func TestMatters(t *testing.T) {
	t.Parallel()
	var all []Matter
	for n := range MaxMatters + 5 {
		all = WithMatters(all, []Matter{{Kind: "order", ID: string(rune('a' + n))}})
	}
	if len(all) != MaxMatters || all[0].ID != "f" {
		t.Fatalf("%d, first %q", len(all), all[0].ID)
	}
	got := WithMatters([]Matter{{Kind: "order", ID: "1"}, {Kind: "issue", ID: "1"}}, []Matter{{Kind: "order", ID: "1", Status: "SENT"}})
	if len(got) != 2 || got[0].Kind != "issue" || got[1].Status != "SENT" {
		t.Fatalf("%+v", got)
	}
	if WithMatters(nil, nil) == nil || len(WithMatters(nil, nil)) != 0 {
		t.Fatal("none of none")
	}
}

func TestSays(t *testing.T) {
	t.Parallel()
	for kind, want := range map[InboundKind]bool{"": true, KindMessage: true, KindPostback: true, KindComment: true, KindEcho: false, KindEdit: false, KindUnsend: false,
		KindReaction: false, KindDelivery: false, KindRead: false, KindMatter: false} {
		if kind.Says() != want {
			t.Errorf("%q says: %t", kind, !want)
		}
	}
}

func TestLeastState(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		all  []DeliveryState
		want DeliveryState
	}{
		{nil, ""},
		{[]DeliveryState{DeliveryRead}, DeliveryRead},
		{[]DeliveryState{DeliveryRead, Delivered, DeliveryHandedOver}, DeliveryHandedOver},
		{[]DeliveryState{DeliveryHandedOver, DeliveryQueued}, DeliveryQueued},
		{[]DeliveryState{DeliveryQueued, DeliveryUnknown, DeliveryRead}, DeliveryUnknown},
		{[]DeliveryState{DeliveryUnknown, DeliveryFailed, DeliveryBounced}, DeliveryFailed},
	} {
		if got := LeastState(c.all...); got != c.want {
			t.Errorf("%v: %s", c.all, got)
		}
	}
}

func TestPostSaysHowItLeaves(t *testing.T) {
	t.Parallel()
	agent, customer := Author{Kind: ByAgent, ID: "a_1"}, Author{Kind: ByCustomer}
	hello := &Template{Name: "hello", Locale: "pl"}
	for field, p := range map[string]Post{
		"":            {Author: agent, Via: Email, Answers: 3, Template: hello},
		"via":         {Author: customer, Via: Email},
		"answers":     {Author: agent, Answers: -1},
		"template":    {Author: customer, Template: hello},
		"attachments": {Author: agent, Template: hello, Attachments: []AttachmentID{1}},
	} {
		p.Key, p.Sender, p.Text = "k", "s", "tekst"
		err := p.Check()
		e, _ := err.(*Error)
		if field == "" && err != nil || field != "" && (e == nil || e.Field != field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, p := range []Post{{Note: true, Via: Email}, {Note: true, Answers: 2}, {Template: &Template{Name: "x"}}, {Template: &Template{Name: "x", Locale: "pl", Params: make([]string, MaxBlanks+1)}},
		{Template: &Template{Name: "x", Locale: "pl", Params: []string{"\xff"}}}} {
		p.Key, p.Sender, p.Text, p.Author = "k", "s", "tekst", agent
		if CodeOf(p.Check()) != Invalid {
			t.Errorf("%+v is let through", p)
		}
	}
}

func TestAnswerGivenElsewhere(t *testing.T) {
	t.Parallel()
	for _, s := range []Status{Waiting, Open, Snoozed, Resolved} {
		c := at(s, map[Status]AgentID{Open: 2}[s])
		after, steps, err := c.Apply(Reply{Text: "x", Human: true, Outside: true}, noon)
		if err != nil || events(steps) != "sent" || after.Status != s || after.Assignee != c.Assignee || after.Turn != CustomersTurn || !after.Due.IsZero() {
			t.Errorf("%s: %s, %+v, %v", s, events(steps), after, err)
		}
	}
}

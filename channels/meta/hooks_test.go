package meta_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"centrala"
	"centrala/channels/channelstest"
)

// event is one event of the person towards the page.
func event(at time.Time, key string, value map[string]any) map[string]any {
	return channelstest.MetaEvent(channelstest.MetaPerson, channelstest.MetaPage, at, key, value)
}

func posted(events ...map[string]any) []byte {
	return channelstest.MetaHook("page", channelstest.MetaPage, events...)
}

func TestABadSignatureIsNotLetIn(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Messenger)
	log := o.listen(t)
	o.Fault(func(f *channelstest.MetaFaults) { f.BadSignature = true })
	body := posted(event(time.Now(), "message", map[string]any{"mid": "m1", "text": "wpuść mnie"}))
	if status, err := o.Post(o.hook, body); err != nil || status != http.StatusForbidden {
		t.Errorf("answered %d, %v", status, err)
	}
	if kept := log.Hooks(); len(kept) != 0 {
		t.Errorf("%d hooks were kept", len(kept))
	}
}

// However Meta cuts, repeats and shuffles what it posts, each message comes once.
func TestBatchesThatAreSplitDoubledAndShuffledComeOnce(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Messenger)
	log := o.listen(t)
	var all []map[string]any
	for n := range 60 {
		all = append(all, event(time.Now(), "message", map[string]any{"mid": fmt.Sprintf("m_%d", n), "text": fmt.Sprintf("nr %d", n)}))
	}
	var batches [][]map[string]any
	for batch := range slices.Chunk(all, 7) {
		batches = append(batches, batch, batch)
	}
	dice := rand.New(rand.NewPCG(1, 2))
	dice.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
	for _, b := range batches {
		b = slices.Clone(b)
		dice.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
		o.says(t, posted(b...))
	}
	log.WaitItems(t, 120)
	taken, again := log.Taken()
	if len(taken) != 60 || again != 60 {
		t.Errorf("%d messages, %d known again", len(taken), again)
	}
}

func TestABatchOfAThousandIsTakenAtOnce(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Messenger)
	log := o.listen(t)
	var all []map[string]any
	for n := range 1000 {
		all = append(all, event(time.Now(), "message", map[string]any{"mid": fmt.Sprintf("m_%d", n), "text": "zażółć"}))
	}
	o.says(t, posted(all...))
	if taken := log.Wait(t, 1000); len(taken) != 1000 || len(log.Hooks()) != 1 {
		t.Errorf("%d messages of %d hooks", len(taken), len(log.Hooks()))
	}
}

// What is told of a message may come before it, or of one that never was here.
func TestNewsOfMessagesThatAreNotHereAreHandedOn(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Messenger)
	log := o.listen(t)
	now := time.Now()
	o.says(t, posted(event(now, "message_edit", map[string]any{"mid": "m_1", "text": "druga wersja", "num_edit": 2})))
	o.says(t, posted(event(now, "message_edit", map[string]any{"mid": "m_1", "text": "pierwsza wersja", "num_edit": 1})))
	o.says(t, posted(event(now, "message", map[string]any{"mid": "m_1", "text": "na początku"})))
	o.says(t, posted(event(now, "message", map[string]any{"mid": "m_nigdy", "is_deleted": true})))
	o.says(t, posted(event(now, "read", map[string]any{"watermark": now.UnixMilli()}), event(now, "delivery", map[string]any{"watermark": now.UnixMilli()})))
	items := log.WaitItems(t, 6)
	if e := items[0]; e.Kind != centrala.KindEdit || e.About.ID != "m_1" || e.About.Version != 2 || items[1].About.Version != 1 || items[0].ExternalID == items[1].ExternalID {
		t.Errorf("edits %+v and %+v", items[0], items[1])
	}
	if u := items[3]; u.Kind != centrala.KindUnsend || u.About.ID != "m_nigdy" || u.Text != "" {
		t.Errorf("unsend %+v", u)
	}
	for _, in := range items[4:] {
		if !in.About.Upto.Equal(now.Truncate(time.Millisecond)) || in.About.ID != "" {
			t.Errorf("%s up to %v", in.Kind, in.About.Upto)
		}
	}
}

func TestUnknownKindsAreKeptAndSkipped(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Messenger)
	log := o.listen(t)
	o.says(t, posted(event(time.Now(), "hologram", map[string]any{"x": 1})))
	o.says(t, posted(event(time.Now(), "message", map[string]any{"mid": "m_1", "text": "a to tak"})))
	log.Wait(t, 1)
	if hooks := log.Hooks(); hooks[0].Outcome != centrala.HookNothing || hooks[1].Outcome != centrala.HookTaken {
		t.Errorf("outcomes %s and %s", hooks[0].Outcome, hooks[1].Outcome)
	}
	if got := log.Reads()[1].Reading.Skipped; len(got) != 1 || got[0] != "event hologram" {
		t.Errorf("skipped %q", got)
	}
}

// Somebody who goes by a username may have no number at all; with both, each is as good.
func TestSomebodyWithoutANumberIsSomebody(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.WhatsApp)
	log := o.listen(t)
	wrote := func(contact map[string]any, m map[string]any) {
		o.says(t, channelstest.MetaWhatsApp(map[string]any{"contacts": []any{contact}, "messages": []any{m}}))
	}
	m := channelstest.MetaMessage("", "w1", time.Now(), "text", map[string]any{"body": "bez numeru"})
	delete(m, "from")
	m["from_user_id"] = "PL.998877"
	wrote(map[string]any{"user_id": "PL.998877", "profile": map[string]any{"name": "Ola", "username": "ola.test"}}, m)
	both := channelstest.MetaMessage(channelstest.MetaNumber, "w2", time.Now(), "text", map[string]any{"body": "z numerem"})
	both["from_user_id"] = "PL.998877"
	wrote(map[string]any{"user_id": "PL.998877", "wa_id": channelstest.MetaNumber, "profile": map[string]any{"name": "Ola"}}, both)
	got := log.Wait(t, 2)
	if got[0].From != (centrala.Address{Name: "Ola", Address: "PL.998877"}) || got[0].Phone != "" || got[0].Aliases != nil {
		t.Errorf("without a number: %+v", got[0])
	}
	if got[1].From.Address != "PL.998877" || got[1].Phone != "+"+channelstest.MetaNumber || !slices.Equal(got[1].Aliases, []string{channelstest.MetaNumber}) {
		t.Errorf("with one: %+v", got[1])
	}
}

// The public answer below a comment comes back as an echo, of the same conversation.
func TestOurOwnCommentComesBackAsAnEcho(t *testing.T) {
	t.Parallel()
	o := open(t, centrala.Messenger)
	log := o.listen(t)
	o.Callback(o.hook)
	o.says(t, channelstest.MetaFeed(time.Now(), map[string]any{"item": "comment", "verb": "add", "comment_id": "1_10", "post_id": channelstest.MetaPage + "_1",
		"parent_id": channelstest.MetaPage + "_1", "from": map[string]any{"id": "5001", "name": "Ewa"}, "message": "Ile?", "created_time": time.Now().Unix()}))
	asked := log.Wait(t, 1)[0]
	out := o.outbound("99 zł")
	out.Channel, out.ThreadID, out.Window = centrala.Facebook, asked.ThreadID, centrala.Window{}
	id, err := o.send(t, out)
	if err != nil {
		t.Fatal(err)
	}
	echo := log.WaitItems(t, 2)[1]
	if echo.Kind != centrala.KindEcho || echo.ExternalID != id || echo.ThreadID != asked.ThreadID {
		t.Errorf("echo %+v of %s", echo, id)
	}
}

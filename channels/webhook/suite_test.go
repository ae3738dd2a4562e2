package webhook_test

import (
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
	"centrala/channels/webhook"
)

const secret = "whsec_0123456789abcdef0123456789abcdef"

// open is the line, an inbox and the other side of it.
func open(t testing.TB) (*webhook.Channel, centrala.Inbox, *channelstest.Partner) {
	t.Helper()
	p := channelstest.NewPartner(t, secret)
	files := memblob.OpenBucket(nil)
	t.Cleanup(func() { _ = files.Close() }) // in memory
	inbox := centrala.Inbox{ID: 7, Channel: centrala.Webhook, Enabled: true, Account: &centrala.Account{Endpoint: p.URL + "/answers", HookSecret: secret}}
	return webhook.New(webhook.Config{Files: files, Timeout: 2 * time.Second, PrivateFiles: true, PrivateHTTP: true}), inbox, p
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	channelstest.Run(t, func(t testing.TB) channelstest.Line {
		c, inbox, p := open(t)
		return channelstest.Line{
			Channel: c, Inbox: inbox,
			Can: channelstest.Features{Files: true, FilesOut: true, Threads: true, Knows: true},
			Write: func(t testing.TB, to channels.Intake, l channelstest.Letter) {
				if err := p.Post(t, c, inbox, to.(channels.Shelf), p.Say(l)); err != nil {
					t.Fatal(err)
				}
			},
			Got:     func(t testing.TB) []channelstest.Letter { return p.Letters(t) },
			Someone: centrala.Address{Name: "Jan", Address: "u-1"},
			Gone:    channelstest.PartnerGone, Away: channelstest.PartnerAway, Silent: channelstest.PartnerSilent,
		}
	})
}

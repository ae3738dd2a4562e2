package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"centrala/cmd/centrala-bench/load"
	"centrala/cmd/centrala-bench/post"
	"centrala/lab"
)

const (
	mailAddress = "sprzedawcy@jarmark.test"
	arrivals    = 30       // mails that come one by one
	largeMail   = 68 << 20 // bytes of one mail with 50 MB of files
	mailRate    = 200      // messages/s that are said while mail is read
)

// runMail has mail come in: one at a time, one that is large, and a mailbox full of it.
func (b *Bench) runMail(ctx context.Context) (err error) {
	box, err := lab.StartDovecot(ctx, "", nil)
	if errors.Is(err, lab.ErrNoDovecot) {
		b.say("mail: %v", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	return b.calm(ctx, 1, func(ctx context.Context, site *load.Site) error {
		door, err := post.Connect(ctx, site, post.Mailbox{Address: mailAddress, Server: box.Addr, User: lab.DovecotUser, Password: lab.DovecotPassword})
		if err != nil {
			return err
		}
		if err := b.runArrivals(ctx, door, box); err != nil {
			return err
		}
		if err := b.runLarge(ctx, door, box); err != nil {
			return err
		}
		return b.runMailbox(ctx, door, box)
	})
}

// first is the number of the first mail of the mailbox; those before it came one by one.
const first = 1000

func (b *Bench) runArrivals(ctx context.Context, door *post.Door, box *lab.Dovecot) error {
	b.say("%d mails, one by one …", arrivals)
	number := func(i int) int { return i * 20 } // questions all of them
	took, err := door.Arrive(ctx, arrivals, func(i int) string { return post.Subject(number(i)) },
		func(i int) error { return box.Put(post.Mail(number(i), mailAddress)) })
	if err != nil {
		return err
	}
	f := figure("a new mail is a conversation before an agent, slowest", millis(took.Max()), "ms").judge(atMost(2000))
	f.Note = fmt.Sprintf("%d mails, from when the mail is in the mailbox of a Dovecot until an agent's socket has the conversation, by IDLE; p50 %.0f ms", arrivals, millis(took.Quantile(0.5)))
	b.add(f)
	return nil
}

func (b *Bench) runLarge(ctx context.Context, door *post.Door, box *lab.Dovecot) error {
	b.say("one mail with 50 MB of files …")
	raw := post.Large(largeMail, mailAddress)
	if err := rest(ctx, 10*time.Second); err != nil { // until what came before is tidied up
		return err
	}
	before, peak, err := door.Weight(ctx, func() error { return box.Put(raw) })
	if err != nil {
		return err
	}
	f := figure("memory that one mail with 50 MB of files takes", mebibytes(peak.RSS-before.RSS), "MiB").judge(atMost(32))
	f.Note = fmt.Sprintf("resident memory at its largest, from %s before to %s; fetched, stored whole, its %d files stored beside it, and in its conversation", memory(before), memory(peak), len(raw)>>23+1)
	b.add(f)
	return nil
}

func (b *Bench) runMailbox(ctx context.Context, door *post.Door, box *lab.Dovecot) error {
	b.say("a mailbox of %s mails …", thousands(int64(b.Mails)))
	if err := door.Read(ctx, false); err != nil {
		return err
	}
	bytes := 0
	for i := range b.Mails {
		raw := post.Mail(first+i, mailAddress)
		bytes += len(raw)
		if err := box.Put(raw); err != nil {
			return err
		}
	}
	questions := post.Count(first+b.Mails, post.Question) - post.Count(first, post.Question)
	f, err := door.Fetch(ctx, questions, b.Mails, mailRate)
	if err != nil {
		return err
	}
	b.add(b.mailFigures(f, bytes, questions)...)
	return nil
}

// mailFigures are the lines of a mailbox that was read.
func (b *Bench) mailFigures(f post.Fetched, bytes, questions int) []Figure {
	rate := figure(fmt.Sprintf("mails fetched, read, threaded and routed, of %s", thousands(int64(b.Mails))), float64(b.Mails)/f.Routed.Seconds(), "/s").judge(b.least(150))
	rate.Note = fmt.Sprintf("%.0f MB in a mailbox of a Dovecot on the same cores; %s of them began a conversation, which has its queue, 3 in 20 went on with one, the rest were automatic, delivery reports, and mails come twice; all in their place after %.1f s, routed after %.1f s; %.2f cores of the server, the chat's share included",
		float64(bytes)/1e6, thousands(int64(questions)), f.Took.Seconds(), f.Routed.Seconds(), f.CPU.Seconds()/f.Routed.Seconds())
	rss := figure("memory meanwhile, at its largest", mebibytes(f.Peak.RSS), "MiB").judge(atMost(250))
	rss.Note = fmt.Sprintf("resident: %.1f MiB of its own and %.1f MiB of files, the program itself among them", mebibytes(f.Peak.Anon), mebibytes(f.Peak.File))
	live := figure("visitor → agent p99 meanwhile, beside the mail", millis(f.Live.Delivery.Quantile(0.99)), "ms").judge(b.most(250))
	live.Note = fmt.Sprintf("open loop of %d messages/s by 50 visitors, %d messages, from the due time; p50 %.1f ms, slowest %.0f ms; everything delivered and acknowledged: %v",
		mailRate, f.Live.Sent, millis(f.Live.Delivery.Quantile(0.5)), millis(f.Live.Delivery.Max()), f.Live.Complete())
	return []Figure{rate, rss, live}
}

package email_test

import (
	"slices"
	"strings"
	"testing"

	"centrala"
	"centrala/channels/email"
)

// Whom else a mail went to: everybody but the mailbox, its signed aliases and the sender.
func TestOthers(t *testing.T) {
	t.Parallel()
	line := email.New(email.Config{Secret: []byte("s")})
	signed := line.ReplyAddress("bok@firma.test", 9)
	in := line.ReadFor(t, "From: Jan <jan@example.test>\r\nTo: BOK <Bok@Firma.test>, Ania <ania@example.test>, "+signed+"\r\n"+
		"Cc: jan@EXAMPLE.test, =?utf-8?Q?=C5=81ukasz?= <lukasz@example.test>, ania@example.test, bok+stary@firma.test, bokser@firma.test\r\nMessage-ID: <1@x>\r\n\r\nhi\r\n")
	want := []centrala.Address{{Name: "Ania", Address: "ania@example.test"}, {Name: "Łukasz", Address: "lukasz@example.test"}, {Address: "bokser@firma.test"}}
	if !slices.Equal(in.Others, want) {
		t.Errorf("others %+v, want %+v", in.Others, want)
	}
	if in.ReplyTo != 9 {
		t.Errorf("the signed alias leads to %v", in.ReplyTo)
	}
}

// A report finds the conversation by the address at which answers to the returned mail were
// asked for, wherever it stands, and by our own id; a delay is no failure.
func TestBounceFindsItsConversation(t *testing.T) {
	t.Parallel()
	line := email.New(email.Config{Secret: []byte("s")})
	signed := line.ReplyAddress("bok@firma.test", 9)
	const id = "c.0000000000009.000000000000a@firma.test"
	report := func(to, words, original, action string) string {
		return "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.test\r\nTo: " + to + "\r\nMessage-ID: <d@mx>\r\nSubject: Undelivered\r\n" +
			"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\n" + words + "\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n" +
			"Final-Recipient: rfc822; jan@example.test\r\nAction: " + action + "\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n" + original + "\r\n--b--\r\n"
	}
	for name, raw := range map[string]string{
		"to the address":         report(signed, "x", "Message-ID: <"+id+">", "failed"),
		"in the returned header": report("bok@firma.test", "x", "Reply-To: BOK <"+signed+">\r\nMessage-ID: <"+id+">", "failed"),
		"in the words":           report("bok@firma.test", "Reply-To: "+signed+"\r\nMessage-ID: <"+id+">", "Subject: x", "failed"),
	} {
		in := line.ReadFor(t, raw)
		if in.Outcome != centrala.Bounce || in.ReplyTo != 9 || in.Report.OriginalMessageID != id || !slices.Contains(in.References, id) {
			t.Errorf("%s: %s, conversation %v, report %+v, references %q", name, in.Outcome, in.ReplyTo, in.Report, in.References)
		}
	}
	forged := strings.Replace(signed, "t-0", "t-1", 1)
	if in := line.ReadFor(t, report(forged, "x", "Reply-To: "+forged, "failed")); in.ReplyTo != 0 {
		t.Errorf("an address that we did not sign leads to %v", in.ReplyTo)
	}
	if in := line.ReadFor(t, report("bok@firma.test", "x", "Message-ID: <"+id+">", "delayed")); in.Cause.Code != "bounce-delayed" || in.Report.Action != "delayed" {
		t.Errorf("a delay is %+v %+v", in.Cause, in.Report)
	}
}

// A person's mail is not led anywhere by an address that stands in its text.
func TestTokenInTextCountsForReportsOnly(t *testing.T) {
	t.Parallel()
	line := email.New(email.Config{Secret: []byte("s")})
	in := line.ReadFor(t, "From: jan@example.test\r\nTo: bok@firma.test\r\nMessage-ID: <1@x>\r\n\r\nPiszcie na "+line.ReplyAddress("bok@firma.test", 9)+"\r\n")
	if in.Outcome != centrala.Ingested || in.ReplyTo != 0 {
		t.Errorf("%s, conversation %v", in.Outcome, in.ReplyTo)
	}
}

// An encrypted mail says so in the team's languages, and keeps what was sent as files.
func TestEncryptedMailSaysSo(t *testing.T) {
	t.Parallel()
	line := email.New(email.Config{})
	for how, body := range map[string]string{
		"PGP":    "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--b--\r\n",
		"S/MIME": "Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAG\r\n",
	} {
		in := line.ReadFor(t, "From: jan@example.test\r\nTo: bok@firma.test\r\nMessage-ID: <1@x>\r\nSubject: x\r\n"+body)
		if in.Outcome != centrala.Ingested || len(in.Attachments) == 0 || !strings.Contains(in.Text, "zaszyfrowana ("+how+")") || !strings.Contains(in.Text, "encrypted ("+how+")") {
			t.Errorf("%s: %s %q %+v", how, in.Outcome, in.Text, in.Attachments)
		}
	}
}

// What our own mail server says of the sender counts, under its name only.
func TestTrustOfTheMailbox(t *testing.T) {
	t.Parallel()
	line := email.New(email.Config{})
	const rest = "From: Jan <jan@example.test>\r\nTo: bok@firma.test\r\nMessage-ID: <1@x>\r\n\r\nhi\r\n"
	if in := line.ReadFor(t, "Authentication-Results: mx.firma.test; dmarc=pass\r\n"+rest); in.Trust != (centrala.Trust{Verdict: centrala.Confirmed, By: "mx.firma.test", DMARC: "pass"}) {
		t.Errorf("trust %+v", in.Trust)
	}
	if in := line.ReadFor(t, "Authentication-Results: mx.firma.test; dmarc=fail (p=reject)\r\n"+rest); in.Outcome != centrala.Quarantined || in.Cause.Code != "dmarc" {
		t.Errorf("%s %+v", in.Outcome, in.Cause)
	}
	if in := line.ReadRaw(strings.NewReader("Authentication-Results: mx.firma.test; dmarc=fail (p=reject)\r\n" + rest)); in.Outcome != centrala.Ingested || in.Trust != (centrala.Trust{}) {
		t.Errorf("without a server of ours: %s %+v", in.Outcome, in.Trust)
	}
}

// Whom a form's answers should go to is not whom the mail server checked.
func TestTrustIsNotForReplyTo(t *testing.T) {
	t.Parallel()
	in := email.New(email.Config{}).ReadFor(t, "Authentication-Results: mx.firma.test; dmarc=pass; spf=pass smtp.mailfrom=sklep.test\r\n"+
		"From: Formularz <noreply@sklep.test>\r\nReply-To: prezes@bank.test\r\nTo: bok@firma.test\r\nMessage-ID: <1@x>\r\n\r\nhi\r\n")
	if in.Outcome != centrala.Ingested || in.From.Address != "prezes@bank.test" || in.Trust.Verdict != centrala.Unproven {
		t.Errorf("%s from %s: %+v", in.Outcome, in.From.Address, in.Trust)
	}
}

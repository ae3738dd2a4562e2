package sorting_test

import (
	"slices"
	"strings"
	"testing"

	"centrala"
)

func dsn(text, fields, original string) string {
	return "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example.test>\nTo: bok@firma.test\nMessage-ID: <d@mx.example.test>\nSubject: Undelivered Mail Returned to Sender\n" +
		"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\n" + text +
		"\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.test\n\n" + fields + "\n--b\nContent-Type: text/rfc822-headers\n\n" + original + "\n--b--\n"
}

// Of several recipients the first that failed counts, and the others are not forgotten.
func TestReportOfSeveralRecipients(t *testing.T) {
	t.Parallel()
	in, notes := judged(t, dsn("x", "Final-Recipient: rfc822; a@example.test\nAction: delivered\nStatus: 2.0.0\n\n"+
		"Original-Recipient: rfc822; b@example.test\nFinal-Recipient: rfc822; b@intern.example.test\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550\n 5.1.1 no such user\n\n"+
		"Final-Recipient: rfc822; c@example.test\nAction: delayed\nStatus: 4.2.2\n", "Message-ID: <"+our(t)+">\nTo: b@example.test"))
	want := centrala.DeliveryReport{Action: "failed", Status: "5.1.1", Recipient: "b@example.test", OriginalMessageID: our(t)}
	if in.Outcome != centrala.Bounce || in.Report == nil || *in.Report != want || in.Cause != (centrala.Cause{Code: "bounce-failed", Detail: "5.1.1"}) {
		t.Errorf("%s %+v %+v, want %+v", in.Outcome, in.Cause, in.Report, want)
	}
	if got := []string{"the report also names a@example.test: delivered 2.0.0", "the report also names c@example.test: delayed 4.2.2"}; !slices.Equal(notes, got) {
		t.Errorf("notes %q", notes)
	}
}

// What servers call a failure and a delay.
func TestReportActions(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]string{
		"Action: failed\nStatus: 5.1.1":                                "bounce-failed failed 5.1.1",
		"Action: Failed (permanent)\nStatus: 5.1.1 (no such user)":     "bounce-failed failed 5.1.1",
		"Action: failure\nStatus: 553 too large":                       "bounce-failed failed 5.0.0",
		"Action: failed\nStatus: 4.4.7":                                "bounce-failed failed 4.4.7", // given up
		"Action: delayed\nStatus: 4.4.1":                               "bounce-delayed delayed 4.4.1",
		"Action: delivered\nStatus: 2.0.0":                             "bounce-other delivered 2.0.0",
		"Action: relayed\nStatus: 2.0.0":                               "bounce-other relayed 2.0.0",
		"Action: expanded\nStatus: 2.0.0":                              "bounce-other expanded 2.0.0",
		"Status: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full": "bounce-failed failed 5.2.2",
	} {
		in, _ := judged(t, dsn("Oops", "Final-Recipient: rfc822; jan@example.test\n"+fields+"\n", "Subject: x"))
		if in.Report == nil {
			t.Errorf("%q is %s", fields, in.Outcome)
			continue
		}
		if got := in.Cause.Code + " " + in.Report.Action + " " + in.Report.Status; got != want || in.Report.Recipient != "jan@example.test" {
			t.Errorf("%q is %q for %q, want %q", fields, got, in.Report.Recipient, want)
		}
	}
}

// Our own id is found wherever it stands: servers on the way give their own to what they return.
func TestReportNamesOurMail(t *testing.T) {
	t.Parallel()
	id := our(t)
	failed := "Final-Recipient: rfc822; jan@example.test\nAction: failed\nStatus: 5.1.1\n"
	for name, raw := range map[string]string{
		"in the returned header":     dsn("x", failed, "Message-ID: <"+id+">"),
		"behind a server's own":      dsn("x", failed, "Message-ID: <AB12@relay.example.test>\nX-Original-Message-ID: <"+id+">"),
		"in the references":          dsn("x", failed, "Message-ID: <AB12@relay.example.test>\nReferences: <q@x> <"+id+">"),
		"in the words":               dsn("Your message "+id+" was refused", failed, "Subject: x"),
		"in the fields":              dsn("x", failed+"X-Original-Message-ID: <"+id+">\n", "Subject: x"),
		"in what the report answers": strings.Replace(dsn("x", failed, "Subject: x"), "Return-Path: <>", "In-Reply-To: <"+id+">\nReturn-Path: <>", 1),
	} {
		if in, _ := judged(t, raw); in.Report == nil || in.Report.OriginalMessageID != id {
			t.Errorf("%s: %+v", name, in.Report)
		}
	}
	with := strings.Replace(id, "@", ".0a1b2c3d@", 1) // ids that were made without a log bear a proof
	if in, _ := judged(t, dsn("x", failed, "Message-ID: <"+with+">")); in.Report == nil || in.Report.OriginalMessageID != with {
		t.Errorf("an id with its proof: %+v", in.Report)
	}
}

// What is not in the form of RFC 3464, and what only looks like it.
func TestReportsWithoutForm(t *testing.T) {
	t.Parallel()
	const daemon = "From: MAILER-DAEMON@mx.example.test\nTo: bok@firma.test\nMessage-ID: <d@mx>\n"
	for raw, want := range map[string]string{
		daemon + "Subject: failure notice\n\nI wasn't able to deliver your message to the following addresses.\n<jan@example.test>:\n550 no such user, call 480-624-2500\n": "failed 5.0.0 jan@example.test",
		daemon + "Subject: Warning: message delayed 24 hours\n\nA message that you sent has not yet been delivered to jan@example.test. It will be retried.\n":              "delayed  jan@example.test",
		daemon + "Subject: failure notice\n\nUnable to deliver message to the following address(es).\n<jan@example.test>:\n(#4.4.1) I'm not going to try again.\n":          "failed 4.4.1 jan@example.test",
		daemon + "Subject: Nie dostarczono wiadomości\n\nWiadomość nie została dostarczona do następujących adresatów:\njan@example.test\n550 5.1.1\n":                      "failed 5.1.1 jan@example.test",
		daemon + "X-Failed-Recipients: jan@example.test\nSubject: Mail delivery failed\n\nThis is exim 4.94.2 speaking.\n":                                                  "failed  jan@example.test",
		person + "Subject: Paczka nie została dostarczona\n\nPaczka została zwrócona do nadawcy, kod 550.\n":                                                                "",
		person + "Subject: Fwd: Undelivered Mail\nIn-Reply-To: <1@x>\n\nCo to znaczy? Message could not be delivered to jan@example.test\n":                                 "",
	} {
		in, _ := judged(t, raw)
		got := ""
		if in.Report != nil {
			got = in.Report.Action + " " + in.Report.Status + " " + in.Report.Recipient
		}
		if got != want {
			t.Errorf("%q is %s: %q, want %q", raw, in.Outcome, got, want)
		}
	}
}

// A filter on the way may put a report into another mail; a person who passes one on may not
// make us believe it.
func TestReportInsideAnotherMail(t *testing.T) {
	t.Parallel()
	inner := dsn("x", "Final-Recipient: rfc822; jan@example.test\nAction: failed\nStatus: 5.1.1\n", "Message-ID: <"+our(t)+">")
	wrapped := "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: text/plain\n\nSee below\n--o\nContent-Type: message/rfc822\n\n" + inner + "\n--o--\n"
	in, _ := judged(t, "From: postmaster@example.test\nMessage-ID: <1@x>\nSubject: Delivery Status Notification (Failure)\n"+wrapped)
	if in.Report == nil || in.Report.Recipient != "jan@example.test" || in.Report.OriginalMessageID != our(t) || in.Report.Status != "5.1.1" {
		t.Errorf("%s %+v", in.Outcome, in.Report)
	}
	if in, _ := judged(t, person+"Subject: co to jest?\n"+wrapped); in.Outcome != centrala.Ingested {
		t.Errorf("passed on by a person it is %s", in.Outcome)
	}
}

package rest

import (
	"slices"
	"strings"
	"time"

	"centrala"
)

// A mailbox may have no more folders than a provider allows connections (Gmail: 15), with room
// for sending and for people's own programs.
const mostFolders = 10

func checkMailbox(m *centrala.Mailbox) error {
	if m == nil {
		return centrala.InvalidField("mailbox", "An e-mail inbox needs its mailbox.")
	}
	if !plausibleEmail(m.Address) {
		return centrala.InvalidField("mailbox.address", "%.80q is not an e-mail address.", m.Address)
	}
	if strings.ContainsAny(m.FromName, "\r\n") || strings.ContainsAny(strings.Join(m.Folders, "")+m.MoveTo+m.SentFolder+m.Authority+m.DKIMSelector, "\r\n") {
		return centrala.InvalidField("mailbox.from_name", "A name is one line.")
	}
	if m.PollEvery != "" {
		if d, err := time.ParseDuration(m.PollEvery); err != nil || d < 10*time.Second {
			return centrala.InvalidField("mailbox.poll_every", "The time between two looks is 10s or more.")
		}
	}
	if err := checkUse(m); err != nil {
		return err
	}
	for name, v := range map[string]centrala.Server{"imap": m.IMAP, "smtp": m.SMTP} {
		switch {
		case v.Host == "" || strings.ContainsAny(v.Host, " /\r\n"):
			return centrala.InvalidField("mailbox."+name+".host", "The server's name is missing or malformed.")
		case v.Port < 1 || v.Port > 65535:
			return centrala.InvalidField("mailbox."+name+".port", "A port is 1 to 65535.")
		case v.TLS == "none" && v.Host != "localhost" && v.Host != "127.0.0.1" && v.Host != "::1":
			return centrala.InvalidField("mailbox."+name+".tls", "Without TLS only a server on this machine may be used.")
		case v.TLS != "tls" && v.TLS != "starttls" && v.TLS != "none":
			return centrala.InvalidField("mailbox."+name+".tls", "TLS is tls, starttls or, on this machine only, none.")
		}
	}
	return nil
}

// checkUse says what is wrong with how a mailbox is signed in to, read and sent from.
func checkUse(m *centrala.Mailbox) error {
	switch {
	case !slices.Contains([]centrala.Login{centrala.ByPassword, centrala.ByGoogle, centrala.ByMicrosoft}, m.Login):
		return centrala.InvalidField("mailbox.login", "A mailbox signs in by password, google or microsoft.")
	case m.Login != centrala.ByPassword && m.IMAP.User == "":
		return centrala.InvalidField("mailbox.imap.user", "The account that signs in is missing.")
	case len(m.Folders) > mostFolders:
		return centrala.InvalidField("mailbox.folders", "At most %d folders are read.", mostFolders)
	case slices.Contains(m.Folders, ""), slices.ContainsFunc(m.Folders, func(f string) bool { return len(f) > 200 }):
		return centrala.InvalidField("mailbox.folders", "A folder has a name of at most 200 bytes.")
	case len(slices.Compact(slices.Sorted(slices.Values(m.Folders)))) != len(m.Folders):
		return centrala.InvalidField("mailbox.folders", "A folder is named twice.")
	case !slices.Contains([]string{centrala.AfterNothing, centrala.AfterSeen, centrala.AfterMove}, m.After):
		return centrala.InvalidField("mailbox.after", "What is done with a stored mail is nothing, seen or move.")
	case m.After == centrala.AfterMove && m.MoveTo == "":
		return centrala.InvalidField("mailbox.move_to", "The folder that stored mails are moved to is missing.")
	case m.After == centrala.AfterMove && slices.ContainsFunc(m.Reads(), func(f string) bool { return strings.EqualFold(f, m.MoveTo) }):
		return centrala.InvalidField("mailbox.move_to", "Stored mails cannot be moved to a folder that is read: they would come again.")
	case m.History < 0 || m.History > 3650:
		return centrala.InvalidField("mailbox.history", "The history is 1 to 3650 days.")
	}
	return m.CheckSending()
}

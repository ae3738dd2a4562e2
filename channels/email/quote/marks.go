package quote

import (
	"regexp"
	"strings"
)

// outlookRule is the line that Outlook puts above what it quotes.
const outlookRule = "________________________________"

// mark is how the beginning of quoted history shows itself.
type mark int

const (
	noMark      mark = iota
	attribution      // "W dniu 12.09.2026 o 10:15, Jan pisze:"
	headerBlock      // "Od: … Wysłano: … Do: … Temat: …"
	separator        // "-----Wiadomość oryginalna-----"
)

// maxAttribution is over how many lines mailers break an attribution.
const maxAttribution = 6

var (
	// A verb of writing that ends the line, with or without a colon.
	wroteEnd = regexp.MustCompile(`(?i)(napisał\(a\)|napisał\(-a\)|napisała|napisał|pisze|wrote|writes|schrieb( am .{6,60})?|geschrieben|` +
		`geschreven|schreef|a écrit|ha scritto|skrev|escreveu|escribió|написал|написала|пише|пишет|写道)\s*[:：]\s*$`)
	// Word orders with the verb in the middle: the name or the address comes last.
	wroteMiddle = regexp.MustCompile(`(?i)(\bschrieb .{2,160}|\bskrev .{2,160}|\bschreef .{2,160}|` +
		`wiadomość napisana przez .{3,120} w dniu .{6,60}|\bheeft .{3,120} het volgende geschreven)[:：]\s*$`)
	// What an attribution begins with.
	attributionStart = regexp.MustCompile(`(?i)^\s*("?(on|am|dnia|w dniu|le|el|il|em|den|op|at)\b.*\d|` +
		`.{0,14}\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|.{0,14}\d{1,2}\.? \p{L}{3,12}\.?,? \d{4}|` +
		`(pon|wt|śr|czw|pt|sob|niedz|nd)[a-ząćęłńóśźż]*[.,] .*\d|wiadomość napisana przez|.{2,80}<[^<>\s]+@[^<>\s]+>)`)
	fullDate = regexp.MustCompile(`^\d{4}[-/]\d{1,2}[-/]\d{1,2}\b`)
	fullTail = regexp.MustCompile(`(GMT|UTC)[+-]\d\d?:?\d\d\s+\S|<[^<>\s]+@[^<>\s]+>:?$`)
	// Zoho puts its attribution into a rule.
	ruledWrote = regexp.MustCompile(`(?i)^-{2,}\s*(on|w dniu|am) .{10,200}(wrote|napisał\(a\)|schrieb)\s*-{2,}$`)

	separatorLine = regexp.MustCompile(`(?i)^[*>\s]*[-_]{2,}\s*(original message|original appointment|original-nachricht|ursprüngliche nachricht|` +
		`weitergeleitete nachricht|wiadomość oryginalna|oryginalna wiadomość|wiadomość przekazana( dalej)?|przekazana wiadomość|treść przekazanej wiadomości|` +
		`forwarded message|mensaje original|message d'origine|messaggio originale|mensagem original|oorspronkelijk bericht|ursprungligt meddelande)\s*[-_]{2,}\*?\s*$`)
	beginForwarded = regexp.MustCompile(`(?i)^>?\s*(begin forwarded message|początek przekazanej wiadomości|początek przekazywanej wiadomości|anfang der weitergeleiteten nachricht)\s*:\s*$`)

	headerLine = regexp.MustCompile(`(?i)^[*>\s]*(from|sent|to|cc|bcc|subject|date|reply-to|importance|attachments|od|wysłano|wyslano|wysłane|data|do|dw|udw|temat|` +
		`odpowiedz do|von|gesendet|datum|an|betreff|kopie|de|enviado( el)?|para|asunto|da|risposta|a|oggetto|inviato|från|skickat|till|ämne|envoyé|objet|à)\*?\s*:\*?(\s|$)`)
	headerFirst = regexp.MustCompile(`(?i)^[*>\s]*(from|od|von|de|da|från)\*?\s*:\*?\s*\S`)

	rule     = regexp.MustCompile(`^\s*[-_=~*#+—–]{2,}\s*$`)
	longRule = regexp.MustCompile(`^\s*_{20,}\s*$`)
	footer   = regexp.MustCompile(`(?i)^[<(\s]*(sent (from|via|with|by)\b.{0,80}|wysłan[eoya] (z|przez|za pomocą|ze)\b.{0,80}|von meine[mr] .{1,60} gesendet.{0,20}|` +
		`gesendet (von|mit) .{1,60}|diese nachricht wurde von mein.{1,100}gesendet\.?|sendt fra .{1,40}|verzonden (met|vanaf) .{1,60}|envoyé (depuis|de) .{1,60}|` +
		`skickat från .{1,40}|get \[?outlook for .{1,80}|pobierz (aplikację )?outlook.{1,80}|outlook für (ios|android).{0,80}|from my iphone.{0,10}|從我的.{1,20}傳送)[>)\s]*$`)
	closing = regexp.MustCompile(`(?i)^\s*(pozdrawiam( serdecznie)?|serdecznie pozdrawiam|z poważaniem|z powazaniem|z wyrazami szacunku|pozdrowienia|` +
		`(best|kind|warm) regards|regards|sincerely( yours)?|yours (sincerely|faithfully)|mit freundlichen grüßen|mit freundlichen gruessen|mfg|viele grüße|beste grüße)\s*[,.!]?\s*$`)
	postscript  = regexp.MustCompile(`(?i)^\s*p\.?\s?s\.?[\s:.]`)
	contactLine = regexp.MustCompile(`(?i)(\b(tel|telefon|phone|mobile|mobil|kom|fax|faks|nip|regon|krs)\b[.:]?|www\.|https?://|\S@\S+\.\S|\+\d{2}|\d{3}[ -]\d{3}[ -]\d{3}|\bul\. )`)
)

func isRule(l string) bool        { return rule.MatchString(l) }
func isLongRule(l string) bool    { return longRule.MatchString(l) }
func isFooter(l string) bool      { return footer.MatchString(l) }
func isClosing(l string) bool     { return closing.MatchString(l) }
func isPostscript(l string) bool  { return postscript.MatchString(l) }
func isContactLine(l string) bool { return contactLine.MatchString(l) }

// findMark finds the first beginning of quoted history at or after from, and how many lines
// introduce it. Lines that are themselves quoted are history already and not looked at.
func findMark(lines []string, from int) (at, size int, kind mark) {
	for i := from; i < len(lines); i++ {
		l := lines[i]
		if l == "" || isQuoted(l) {
			continue
		}
		switch {
		case separatorLine.MatchString(l), beginForwarded.MatchString(l):
			return i, 1, separator
		case ruledWrote.MatchString(l):
			return i, 1, separator
		case (isRule(l) || isLongRule(l)) && isHeaderBlock(lines[i+1:]):
			return i, 1, headerBlock
		case headerFirst.MatchString(l) && isHeaderBlock(lines[i:]):
			return i, 0, headerBlock
		case isLongRule(l) && i+1 < len(lines) && l == outlookRule:
			return i, 1, separator
		}
		if n := attributionAt(lines, i); n > 0 {
			return i, n, attribution
		}
	}
	return 0, 0, noMark
}

// attributionAt is how many lines the attribution that begins at i takes, or 0.
func attributionAt(lines []string, i int) int {
	if !attributionStart.MatchString(lines[i]) || len(lines[i]) > 300 {
		return 0
	}
	joined := ""
	for n := 0; n < maxAttribution && i+n < len(lines); n++ {
		l := lines[i+n]
		inBracket := strings.Count(joined, "<") > strings.Count(joined, ">")
		if n > 0 && (isQuoted(l) && !inBracket || len(l) > 200) {
			break
		}
		joined = strings.TrimSpace(joined + " " + l)
		switch {
		case wroteEnd.MatchString(joined), wroteMiddle.MatchString(joined):
			return n + 1
		case n < 3 && fullDate.MatchString(joined) && fullTail.MatchString(joined):
			return n + 1
		case n < 2 && isDatedName(joined) && i+n+1 < len(lines) && nextIsQuoted(lines[i+n+1:]):
			return n + 1
		}
		if n > 0 && l == "" && n+1 < maxAttribution && i+n+1 < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[i+n+1]), "<") {
			break
		}
	}
	return 0
}

// isDatedName matches attributions without a verb that end with an address and a colon.
func isDatedName(s string) bool {
	return strings.HasSuffix(s, ":") && strings.Contains(s, "@") && strings.ContainsAny(s, "0123456789")
}

func nextIsQuoted(lines []string) bool {
	for _, l := range lines {
		if l != "" {
			return isQuoted(l)
		}
	}
	return false
}

// isHeaderBlock reports whether lines begin with the headers of a mail, as Outlook and others
// write them above what they quote: a sender first, and at least three in six lines.
func isHeaderBlock(lines []string) bool {
	lines = trimBlank(lines[:min(len(lines), 10)])
	if len(lines) == 0 || !headerFirst.MatchString(lines[0]) {
		return false
	}
	n := 0
	for _, l := range lines[:min(len(lines), 6)] {
		if headerLine.MatchString(l) {
			n++
		}
	}
	return n >= 3
}

package letter

import (
	"sort"
	"strconv"
	"strings"
	"time"

	"centrala"
)

// card reads an invitation (RFC 5545) as people read it: its first event. nil when there is
// none in it. method is what the part's type says.
func card(s, method string) *centrala.Card {
	s = strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "").Replace(s)
	var (
		e     *calendarEvent
		inner int // components inside the event: reminders
		zones = calendarZones{}
		zone  *calendarZone
		rule  *zoneRule
	)
	for line := range strings.Lines(s) {
		p, ok := parseProperty(strings.TrimRight(line, "\r\n"))
		switch {
		case !ok:
		case p.name == "BEGIN" && e != nil:
			inner++
		case p.name == "END" && inner > 0:
			inner--
		case p.is("END", "VEVENT") && e != nil:
			return e.card(method, zones)
		case p.is("BEGIN", "VEVENT"):
			e = &calendarEvent{}
		case p.name == "METHOD" && e == nil:
			method = p.value
		case p.is("BEGIN", "VTIMEZONE"):
			zone = &calendarZone{}
		case p.is("END", "VTIMEZONE"):
			zone = nil
		case zone != nil:
			rule = zones.read(zone, rule, p)
		case e != nil && inner == 0:
			e.take(p)
		}
	}
	if e == nil {
		return nil
	}
	return e.card(method, zones) // cut off in the middle
}

// calendarEvent is what a card is made of.
type calendarEvent struct {
	c        centrala.Card
	from, to property
	lasts    string
}

func (e *calendarEvent) take(p property) {
	switch p.name {
	case "SUMMARY":
		e.c.Summary = p.text()
	case "LOCATION":
		e.c.Location = p.text()
	case "ORGANIZER":
		e.c.Organizer = p.person()
	case "DTSTART":
		e.from = p
	case "DTEND":
		e.to = p
	case "DURATION":
		e.lasts = p.value
	}
}

func (e *calendarEvent) card(method string, zones calendarZones) *centrala.Card {
	c := e.c
	c.Start, c.End = zones.when(e.from), zones.when(e.to)
	if c.End == "" && e.lasts != "" {
		c.End = zones.after(e.from, e.lasts)
	}
	c.Method = centrala.Clip(strings.ToUpper(OneLine(method)), 20)
	return &c
}

// cardText is a card for whoever only sees text.
func cardText(c *centrala.Card) string {
	var lines []string
	for _, l := range []string{c.Summary, c.Start, c.End, c.Location, c.Organizer} {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}

// property is one line of a calendar.
type property struct {
	name, value string
	params      map[string]string
}

func (p property) is(name, value string) bool {
	return p.name == name && strings.EqualFold(strings.TrimSpace(p.value), value)
}

func (p property) text() string {
	v := strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(p.value)
	return centrala.Clip(OneLine(withoutBidi(v)), 500)
}

// person is "Name <address>", or what there is of it.
func (p property) person() string {
	address := p.text()
	if len(address) >= 7 && strings.EqualFold(address[:7], "mailto:") {
		address = address[7:]
	}
	name := centrala.Clip(OneLine(withoutBidi(p.params["CN"])), 200)
	if name == "" || strings.EqualFold(name, address) {
		return address
	}
	return name + " <" + address + ">"
}

// parseProperty reads `NAME;PARAM="a:b";PARAM=c:value`.
func parseProperty(line string) (p property, ok bool) {
	quote, start := false, 0
	var pieces []string
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quote = !quote
		case c == ';' && !quote:
			pieces, start = append(pieces, line[start:i]), i+1
		case c == ':' && !quote:
			pieces = append(pieces, line[start:i])
			p.value = line[i+1:]
			p.name = strings.ToUpper(strings.TrimSpace(pieces[0]))
			p.params = make(map[string]string, len(pieces))
			for _, param := range pieces[1:] {
				k, v, _ := strings.Cut(param, "=")
				p.params[strings.ToUpper(k)] = strings.Trim(v, `"`)
			}
			return p, p.name != ""
		}
	}
	return p, false
}

// calendarZone is a time zone as the calendar itself defines it: when which offset begins.
type calendarZone struct {
	id    string
	rules []zoneRule
}

type zoneRule struct {
	offset     int // seconds east
	month, nth int // of a year: the nth Sunday, say; nth < 0 from the end; month 0: always
	day        time.Weekday
	hour       int
}

type calendarZones map[string]*calendarZone

// read takes a property of a VTIMEZONE and returns the rule that is being read.
func (z calendarZones) read(zone *calendarZone, rule *zoneRule, p property) *zoneRule {
	switch p.name {
	case "TZID":
		zone.id = p.value
		if len(z) < 50 {
			z[zone.id] = zone
		}
	case "BEGIN":
		return &zoneRule{}
	case "END":
		if rule != nil && len(zone.rules) < 50 {
			zone.rules = append(zone.rules, *rule)
		}
		return nil
	}
	if rule == nil {
		return nil
	}
	switch p.name {
	case "TZOFFSETTO":
		rule.offset = offset(p.value)
	case "DTSTART":
		if t, err := time.Parse("20060102T150405", p.value); err == nil {
			rule.hour = t.Hour()
		}
	case "RRULE":
		for _, part := range strings.Split(p.value, ";") {
			k, v, _ := strings.Cut(part, "=")
			switch strings.ToUpper(k) {
			case "BYMONTH":
				rule.month, _ = strconv.Atoi(v) // 0 when it is none
			case "BYDAY":
				if len(v) > 2 {
					rule.nth, _ = strconv.Atoi(v[:len(v)-2]) // the same
					rule.day = time.Weekday(max(strings.Index("SUMOTUWETHFRSA", strings.ToUpper(v[len(v)-2:]))/2, 0))
				}
			}
		}
	}
	return rule
}

func offset(s string) int {
	s = strings.TrimSpace(s)
	if len(s) < 5 {
		return 0
	}
	h, err := strconv.Atoi(s[1:3])
	m, err2 := strconv.Atoi(s[3:5])
	if err != nil || err2 != nil || h > 23 || m > 59 {
		return 0
	}
	if s[0] == '-' {
		return -(h*60 + m) * 60
	}
	return (h*60 + m) * 60
}

// begins is when a rule begins in a year, by the clock on the wall.
func (r zoneRule) begins(year int) time.Time {
	if r.month < 1 || r.month > 12 || r.nth == 0 {
		return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if r.nth > 0 {
		first := time.Date(year, time.Month(r.month), 1, r.hour, 0, 0, 0, time.UTC)
		return first.AddDate(0, 0, int(r.day-first.Weekday()+7)%7+7*(r.nth-1))
	}
	last := time.Date(year, time.Month(r.month)+1, 0, r.hour, 0, 0, 0, time.UTC)
	return last.AddDate(0, 0, -int(last.Weekday()-r.day+7)%7+7*(r.nth+1))
}

// in is a time on the wall of a zone that only the calendar knows.
func (z *calendarZone) in(wall time.Time) time.Time {
	type change struct {
		at     time.Time
		offset int
	}
	var changes []change
	for _, r := range z.rules {
		for _, year := range []int{wall.Year() - 1, wall.Year()} {
			changes = append(changes, change{r.begins(year), r.offset})
		}
	}
	sort.SliceStable(changes, func(i, j int) bool { return changes[i].at.Before(changes[j].at) })
	east := 0
	for _, c := range changes {
		if !c.at.After(wall) {
			east = c.offset
		}
	}
	return time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, time.FixedZone("", east))
}

// time is a date-time property as a moment; known is false for one that has no zone, and day
// tells that it is a whole day.
func (z calendarZones) time(p property) (t time.Time, known, day bool) {
	v := strings.TrimSpace(p.value)
	if t, err := time.Parse("20060102T150405Z", v); err == nil {
		return t, true, false
	}
	if t, err := time.Parse("20060102", v); err == nil {
		return t, false, true
	}
	t, err := time.Parse("20060102T150405", v)
	if err != nil {
		return time.Time{}, false, false
	}
	id := p.params["TZID"]
	if own := z[id]; own != nil && len(own.rules) > 0 {
		return own.in(t), true, false
	}
	name := strings.TrimPrefix(id, "/")
	if windows := windowsZones()[strings.ToLower(name)]; windows != "" {
		name = windows
	}
	if zone, err := time.LoadLocation(name); name != "" && err == nil {
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone), true, false
	}
	return t, false, false
}

// when is a date-time property as a card shows it: RFC 3339, a date for a whole day, and
// without an offset when nobody says which.
func (z calendarZones) when(p property) string {
	t, known, day := z.time(p)
	return shown(t, known, day)
}

func shown(t time.Time, known, day bool) string {
	switch {
	case t.IsZero():
		return ""
	case day:
		return t.Format("2006-01-02")
	case known:
		return t.Format(time.RFC3339)
	}
	return t.Format("2006-01-02T15:04:05")
}

// after is the end of what begins at from and lasts for a duration like "PT1H30M".
func (z calendarZones) after(from property, lasts string) string {
	t, known, day := z.time(from)
	if t.IsZero() {
		return ""
	}
	var d time.Duration
	n := 0
	for _, c := range strings.ToUpper(lasts) {
		unit := map[rune]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour, 'H': time.Hour, 'M': time.Minute, 'S': time.Second}[c]
		switch {
		case c >= '0' && c <= '9' && n < 100_000:
			n = n*10 + int(c-'0')
		case unit != 0:
			d, n = d+time.Duration(n)*unit, 0
		}
	}
	return shown(t.Add(d), known, day)
}

// windowsZones are the names under which Outlook writes the zones of our customers, for
// calendars that do not define them.
func windowsZones() map[string]string {
	return map[string]string{
		"central european standard time": "Europe/Warsaw", "w. europe standard time": "Europe/Berlin", "central europe standard time": "Europe/Prague",
		"romance standard time": "Europe/Paris", "gmt standard time": "Europe/London", "greenwich standard time": "Atlantic/Reykjavik",
		"fle standard time": "Europe/Kiev", "e. europe standard time": "Europe/Chisinau", "gtb standard time": "Europe/Bucharest",
		"russian standard time": "Europe/Moscow", "turkey standard time": "Europe/Istanbul", "eastern standard time": "America/New_York",
		"central standard time": "America/Chicago", "mountain standard time": "America/Denver", "pacific standard time": "America/Los_Angeles",
		"china standard time": "Asia/Shanghai", "india standard time": "Asia/Kolkata", "tokyo standard time": "Asia/Tokyo", "utc": "UTC",
	}
}

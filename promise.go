package centrala

import "time"

// Promise is how soon a customer on this channel is promised an answer: ten minutes in chat,
// four hours everywhere else.
func Promise(c Channel) time.Duration {
	if c == Chat {
		return 10 * time.Minute
	}
	return 4 * time.Hour
}

// Alarm is what has been said about the promise that runs: each is said once, the next promise
// begins anew.
type Alarm int

// The alarms, in the order in which they come.
const (
	NoAlarm  Alarm = iota
	Warned         // the last third of the promised time has begun
	Breached       // the promised time is over
)

// Rings is the alarm that is due at now, NoAlarm where that has been said already or nobody
// waits for an answer.
func (c Conversation) Rings(now time.Time) Alarm {
	alarm := NoAlarm
	switch {
	case c.Due.IsZero() || c.Turn != AgentsTurn || c.Status == Resolved:
	case !now.Before(c.Due):
		alarm = Breached
	case !now.Before(c.Due.Add(-Promise(c.Channel) / 3)):
		alarm = Warned
	}
	if alarm <= c.Alarm {
		return NoAlarm
	}
	return alarm
}

// promise starts the clock of the next answer.
func (c *Conversation) promise(now time.Time) {
	c.Turn, c.WaitingSince, c.Due, c.Alarm = AgentsTurn, now, now.Add(Promise(c.Channel)), NoAlarm
	if c.FirstReplyAt.IsZero() && c.FirstReplyDue.IsZero() {
		c.FirstReplyDue = c.Due
	}
}

// kept stops the clock: nobody waits for an answer.
func (c *Conversation) kept() {
	c.Turn, c.WaitingSince, c.Due, c.Alarm = CustomersTurn, time.Time{}, time.Time{}, NoAlarm
}

// ring says what is to be said about the promise at now. A promise that is broken before
// anybody looked is not warned of any more.
func (c *Conversation) ring(now time.Time) []Step {
	alarm := c.Rings(now)
	if alarm == NoAlarm {
		return nil
	}
	c.Alarm = alarm
	due := c.Due
	facts := Facts{Kind: "warned", Agent: c.Assignee, AgentName: c.AssigneeName, Team: c.Team, Until: &due}
	if alarm == Breached {
		facts.Kind = "breached"
		return []Step{{SLABreached, false, facts}}
	}
	return []Step{{SLAWarned, false, facts}}
}

package words

import "time"

// Side names a side of the marketplace, "buyer", "seller" or "advertiser"; "" when nobody has
// said.
func (w Words) Side(side string) string {
	switch side {
	case "buyer":
		return w.say("kupujący", "buyer")
	case "seller":
		return w.say("sprzedający", "seller")
	case "advertiser":
		return w.say("reklamodawca", "advertiser")
	default:
		return w.say("strona nieznana", "side not known")
	}
}

// Why this agent has a conversation, one sentence each, without a full stop.

// ReasonMostFree: nobody of the team has more free lines than these.
func (w Words) ReasonMostFree(team string, free, of int) string {
	return w.say("Najwięcej wolnych linii w zespole %s: %d z %d", "Most free lines in %s: %d of %d", team, free, of)
}

// ReasonLongest: several have as much room, and this one has waited longest.
func (w Words) ReasonLongest(team string) string {
	return w.say("Najdłużej bez nowej rozmowy wśród wolnych linii w zespole %s", "Longest without a new conversation among the free lines in %s", team)
}

// ReasonOnly: nobody else of the team has room.
func (w Words) ReasonOnly(team string) string {
	return w.say("Jedyna wolna linia w zespole %s", "The only free line in %s", team)
}

// ReasonReturning: the agent had this conversation before.
func (w Words) ReasonReturning(name string) string {
	return w.say("%s zna tę sprawę i ma wolną linię", "%s knows this case and has a free line", name)
}

// ReasonAnswered: the agent has it because they answered it.
func (w Words) ReasonAnswered() string {
	return w.say("Przypisana przez odpowiedź", "Claimed by answering")
}

// ReasonClaimed: the agent took it from the queue.
func (w Words) ReasonClaimed() string {
	return w.say("Wzięta z kolejki", "Taken from the queue")
}

// The chips beside the sentence: a few words each.

// ChipTeam: which side led to which team. side is as for Side.
func (w Words) ChipTeam(side, team string) string {
	return upperFirst(w.Side(side)) + " → " + team
}

// ChipFree: how many lines are free.
func (w Words) ChipFree(free, of int) string {
	return w.say("wolne linie: %d z %d", "free lines: %d of %d", free, of)
}

// ChipReturning: the agent had this conversation before.
func (w Words) ChipReturning() string { return w.say("zna tę sprawę", "knows the case") }

// ChipLongest: nobody with as much room has waited longer.
func (w Words) ChipLongest() string {
	return w.say("najdłużej bez nowej", "longest without a new one")
}

// ChipOnly: nobody else has room.
func (w Words) ChipOnly() string { return w.say("jedyna wolna linia", "only free line") }

// Why a conversation waits, one sentence each, without a full stop.

// HoldNoFree: people of the team are there, and all are busy.
func (w Words) HoldNoFree(team string) string {
	return w.say("Czeka: nikt z zespołu %s nie ma wolnej linii", "Waiting: no one in %s has a free line", team)
}

// HoldNobody: nobody of the team is there, though it should be open.
func (w Words) HoldNobody(team string) string {
	return w.say("Czeka: nikogo z zespołu %s nie ma na linii", "Waiting: no one in %s is on the line", team)
}

// HoldClosed: nobody is there because it is outside the team's hours, which begin again at
// opens; zero when that is not known.
func (w Words) HoldClosed(team string, opens time.Time) string {
	if opens.IsZero() {
		return w.say("Czeka: zespół %s jest teraz poza godzinami pracy", "Waiting: %s is outside its hours now", team)
	}
	return w.say("Czeka: zespół %s wraca na linię: %s", "Waiting: %s is back on the line %s", team, w.Moment(opens))
}

// HoldPutBack: whoever had it gave it back, and nobody else has room.
func (w Words) HoldPutBack(team string) string {
	return w.say("Czeka: jest oddana do kolejki, a nikt inny z zespołu %s nie ma wolnej linii", "Waiting: it was put back, and no one else in %s has a free line", team)
}

// HoldNoTeam: no team answers this side. side is as for Side.
func (w Words) HoldNoTeam(side string) string {
	return w.say("Czeka: żaden zespół nie ma tej strony: %s", "Waiting: no team has this side: %s", w.Side(side))
}

// LostConnection: why a conversation was taken from an agent who is gone.
func (w Words) LostConnection(name string) string {
	return w.say("Brak połączenia: %s, rozmowa wraca na początek kolejki", "Connection lost: %s, the conversation is back at the head of the queue", name)
}

// SomeAgent stands for an agent whose name is not at hand.
func (w Words) SomeAgent() string { return w.say("ktoś z zespołu", "someone in the team") }

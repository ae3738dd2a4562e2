package centrala

import "slices"

// MaxMentions is how many colleagues one note may mention.
const MaxMentions = 20

// Mention is a colleague whom a private note of a conversation named. From then on they see
// the conversation, whatever its team; and it waits for them until they have read the note.
type Mention struct {
	Agent AgentID `json:"agent"`
	Seq   int64   `json:"seq"` // of the latest note that names them
	Read  bool    `json:"read"`
}

// Mentioned reports whether a note of the conversation named the agent.
func (c *Conversation) Mentioned(agent AgentID) bool {
	return agent != 0 && slices.ContainsFunc(c.Mentions, func(m Mention) bool { return m.Agent == agent })
}

// Mention is c after the note at seq named agents: each of them has it to read. The list is
// made anew; conversations that share the old one keep it.
func (c *Conversation) Mention(agents []AgentID, seq int64) {
	if len(agents) == 0 {
		return
	}
	next := slices.DeleteFunc(slices.Clone(c.Mentions), func(m Mention) bool { return slices.Contains(agents, m.Agent) })
	for _, a := range agents {
		next = append(next, Mention{Agent: a, Seq: seq})
	}
	c.Mentions = next
}

// ReadMention marks what names an agent as read, up to seq, and reports whether that was news.
func (c *Conversation) ReadMention(agent AgentID, seq int64) bool {
	i := slices.IndexFunc(c.Mentions, func(m Mention) bool { return m.Agent == agent && !m.Read && m.Seq <= seq })
	if agent == 0 || i < 0 {
		return false
	}
	c.Mentions = slices.Clone(c.Mentions)
	c.Mentions[i].Read = true
	return true
}

// TakeMentions carries the mentions of a conversation that was merged into c over to it: who
// was to read a note of the other one is shown the end of this one. It reports whether c has
// changed.
func (c *Conversation) TakeMentions(from *Conversation) bool {
	var unread, read []AgentID
	for _, m := range from.Mentions {
		switch {
		case !m.Read:
			unread = append(unread, m.Agent)
		case !c.Mentioned(m.Agent):
			read = append(read, m.Agent)
		}
	}
	c.Mention(slices.Concat(unread, read), c.LastSeq)
	for _, a := range read {
		c.ReadMention(a, c.LastSeq)
	}
	return len(unread)+len(read) > 0
}

// Addresses reports whether the note names the agent.
func (m *Message) Addresses(agent AgentID) bool {
	return agent != 0 && slices.Contains(m.Mentions, agent)
}

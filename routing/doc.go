// Package routing decides who should answer: the side leads to a team, and of the team's
// agents on the line the one with the most free lines gets the conversation, with the reason
// in one sentence. Pick, Plan, the clock of office hours and the rules of patience are pure:
// time is an argument. Desk carries the decisions out on the log.
package routing

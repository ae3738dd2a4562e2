// Package bot is the answer bot: while a customer's first message waits for a person, it may offer a
// passage of the Help Centre, and when the customer agrees, quote it with its source. It writes
// nothing of its own, is silent unless one passage surely answers, and never stands between a
// customer and the queue: the conversation waits for a person from its first message on, whatever
// the bot does.
//
// What is offered and quoted is decided by pure functions; where a turn stands is a row
// (centrala.BotTurn), so that a node that dies loses nothing and of several nodes one acts.
package bot

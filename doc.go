// Package centrala is the vocabulary of a support exchange for a two-sided marketplace:
// conversations and the messages in them, the people on either end, the events that come of
// what they do, and the rules that decide what may happen next.
//
// Everything here is plain data and pure functions over the standard library. Nothing in
// this package reads a clock, a file or a socket: time and identifiers are arguments. The
// rooms around it (store, stream, channels, gateway, routing, search, survey) depend on it,
// never the other way round, and never on each other unless docs/architecture.md says so.
package centrala

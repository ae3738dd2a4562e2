// Package scribe has a language model draft an answer for an agent: a server that speaks the
// OpenAI-compatible protocol for chat completions is given the last messages of a conversation,
// without what is personal in them, and the passages of the Help Centre that may answer, and asked
// to answer from those alone. What comes back is a text for the agent's composer. Nothing here
// can send a message: the room knows no way to.
package scribe

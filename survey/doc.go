// Package survey asks how it was once a conversation is over, and says what the answers mean.
// Whom to ask, what the score is and what an address or a page's form proves are pure rules;
// Asker carries them out on the log.
package survey

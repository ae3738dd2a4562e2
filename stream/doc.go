// Package stream carries committed events to whoever acts on them. The database makes an
// event durable; the stream takes it from there, at least once and in order within each
// conversation, to two kinds of subscription and no third:
//
//   - Work: durable. Each group handles every event of its types once, on one of the nodes,
//     tried three times in place and then written to a dead letter so that the lane goes on.
//   - Live: every node sees what the other nodes committed, never retried. A node that may
//     have missed something is told so and reads the log.
//
// Underneath are Watermill and NATS JetStream, embedded in the process or a cluster by
// configuration; neither shows in what this package exports.
//
// # Order
//
// An event travels in the lane of its conversation (centrala.Event.Lane). A lane has one
// publisher, which never has two events of one conversation in flight, and one consumer per
// group, which never has two events unacknowledged. Doubles happen where a crash or a lost
// acknowledgement makes them (Event.ID tells); inversions only when two nodes commit to one
// conversation within milliseconds (Event.N tells).
package stream

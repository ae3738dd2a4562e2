// Package lab starts what centrala runs on as processes of this machine: nodes of centrala
// itself, PostgreSQL with a standby, a cluster of NATS servers, mail servers, and a network, a
// mail line and a disk that can be made bad. The load driver, the hostile client, `make cluster` and tests work in it; nothing that
// serves people does.
//
// Everything listens on the loopback, lives in a folder that the caller names, and ends with
// the process that started it, in whatever way that ends (on Linux).
package lab

// Package workflows names the task queues and holds what processes share; each process has a package of its own below.
package workflows

// The task queues. Commands stays responsive whatever the others do; Bulk takes what loads the database, at most with half
// of its connections; Send carries one long shift per channel.
const (
	Commands = "commands"
	Bulk     = "bulk"
	Send     = "send"
)

// Deployment names Steward's workers among Temporal's worker deployments; each release is a version of it.
const Deployment = "steward"

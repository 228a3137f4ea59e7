// Package devstack runs the private servers that dev, tests and benches stand on: a MariaDB and a Temporal dev server,
// each with a folder of its own, on loopback ports of their own. It never touches a server that it did not start.
//
// Every server is a child in its own process group with a PID file. On Linux the kernel ends it when this program dies;
// elsewhere, and for what slipped through, the next start ends a leftover, but only one whose command line names the
// same folder.
package devstack

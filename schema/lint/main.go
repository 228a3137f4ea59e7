// Command lint checks migration files: each declares whether it expands or contracts, and an expansion does nothing that
// would hurt an older program. Its argument is the folder.
package main

import (
	"fmt"
	"os"

	"steward/schema"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: lint FOLDER")
		os.Exit(2)
	}
	migrations, err := schema.Read(os.DirFS(os.Args[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	failed := false
	for _, m := range migrations {
		for _, problem := range m.Check() {
			fmt.Fprintln(os.Stderr, problem)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

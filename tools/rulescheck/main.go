// Command rulescheck reads alert rules and a dashboard with a parser of Prometheus's query language and checks what whoever is
// woken relies on: queries that parse, metrics that are exported, a severity, Chinese words, and a runbook that is there.
//
//	rulescheck deploy/monitoring
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: rulescheck FOLDER")
		os.Exit(2)
	}
	problems, err := check(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "rulescheck:", err)
		os.Exit(2)
	}
	for _, p := range problems {
		fmt.Println(p)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// Command composecheck loads compose files with the parser of Docker Compose and checks what an operator relies on: pinned
// images, health checks, limits and restarts, secrets that come from files only, and services that start in an order that ends.
//
//	composecheck -secrets make-secrets.sh docker-compose.yml [override.yml...]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

func main() {
	maker := flag.String("secrets", "", "script that makes the files of the secrets")
	flag.Parse()
	problems, err := check(*maker, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "composecheck:", err)
		os.Exit(2)
	}
	for _, p := range problems {
		fmt.Println(p)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// check gives what is wrong, in an order that does not change.
func check(maker string, files []string) ([]string, error) {
	project, err := load(files)
	if err != nil {
		return nil, err
	}
	made, err := os.ReadFile(maker)
	if err != nil {
		return nil, fmt.Errorf("read the script that makes secrets: %w", err)
	}
	var problems []string
	for name, s := range project.AllServices() {
		for _, p := range slices.Concat(image(s), running(s), secrets(s), dependencies(project, s)) {
			problems = append(problems, fmt.Sprintf("%s: %s", name, p))
		}
	}
	problems = append(problems, fleet(project)...)
	problems = append(problems, secretFiles(project, string(made))...)
	slices.Sort(problems)
	return problems, nil
}

// load resolves files as Compose does, without the environment of this machine: what has no default gets a word of its own.
func load(files []string) (*types.Project, error) {
	options, err := cli.NewProjectOptions(files,
		cli.WithEnv([]string{"SMTP_HOST=mail.example", "SMTP_FROM=steward@example"}),
		cli.WithProfiles([]string{"*"}),
		cli.WithResolvedPaths(true),
	)
	if err != nil {
		return nil, fmt.Errorf("read the compose files: %w", err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return nil, fmt.Errorf("read the compose files: %w", err)
	}
	return project, nil
}

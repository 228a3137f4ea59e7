// Command gotest runs `go test -json` with the given arguments, prints a line for each package and the output of what
// failed, and appends the counts to the file that TEST_COUNTS names ("passed failed skipped").
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// event is one line of `go test -json`.
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string
}

// tally counts tests; a subtest counts as a test, its parent too.
type tally struct{ passed, failed, skipped int }

func main() {
	cmd := exec.CommandContext(context.Background(), "go", append([]string{"test", "-json"}, os.Args[1:]...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(1)
	}
	counts, err := report(out, os.Stdout)
	err = errors.Join(err, cmd.Wait())
	fmt.Printf("go: %d passed, %d failed, %d skipped\n", counts.passed, counts.failed, counts.skipped)
	if path := os.Getenv("TEST_COUNTS"); path != "" {
		err = errors.Join(err, appendCounts(path, counts))
	}
	if err != nil {
		os.Exit(1)
	}
}

// report reads events to the end, prints what matters and counts.
func report(from io.Reader, to io.Writer) (tally, error) {
	var counts tally
	output := map[string][]string{} // by package and test, until it has passed
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(to, lines.Text())
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			output[key] = append(output[key], e.Output)
			continue
		case "pass", "skip", "fail":
		default:
			continue
		}
		counts.add(e)
		if e.Action == "fail" {
			fmt.Fprint(to, strings.Join(output[key], ""))
		}
		if e.Action == "skip" && e.Test != "" {
			fmt.Fprintf(to, "skipped %s: %s\n", e.Test, reason(output[key]))
		}
		delete(output, key)
		if e.Test == "" {
			fmt.Fprintf(to, "%-5s %s\t%.1fs\n", map[string]string{"pass": "ok", "skip": "-", "fail": "FAIL"}[e.Action], e.Package, e.Elapsed)
		}
	}
	for key, left := range output { // what failed before any test could
		if strings.HasSuffix(key, " ") {
			fmt.Fprint(to, strings.Join(left, ""))
		}
	}
	return counts, lines.Err()
}

func (t *tally) add(e event) {
	switch {
	case e.Test == "" && e.Action == "fail":
		t.failed++ // the package itself: it does not build, or its set-up failed, or one of its tests
	case e.Test == "":
	case e.Action == "pass":
		t.passed++
	case e.Action == "skip":
		t.skipped++
	default:
		t.failed++
	}
}

// reason finds what a skipped test said.
func reason(output []string) string {
	for _, line := range output {
		if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "===") && !strings.HasPrefix(text, "---") {
			return text
		}
	}
	return "no reason given"
}

func appendCounts(path string, t tally) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, t.passed, t.failed, t.skipped)
	return errors.Join(err, f.Close())
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// maxSecretBytes is more than any key, password or address needs; what is longer is another file.
const maxSecretBytes = 16 << 10

// secretOf names, in a flag's tag `secret:"..."`, the flag whose value the file holds. Every setting that must stay secret has
// such a second flag (and environment variable) ending in -file, for secrets that a container engine or systemd hands over as
// files.
const secretOf = "secret"

// readSecretFiles puts the content of every -file flag that was given into the flag it stands for. Errors name the setting and
// the file, never the content.
func readSecretFiles(flags []*kong.Flag) error {
	byName := map[string]*kong.Flag{}
	for _, f := range flags {
		byName[f.Name] = f
	}
	for _, f := range flags {
		name := f.Tag.Get(secretOf)
		if name == "" || f.Target.String() == "" {
			continue
		}
		value, ok := byName[name]
		if !ok {
			return fmt.Errorf("%s stands for --%s, which this command does not have", setting(f), name)
		}
		if value.Target.String() != "" {
			return fmt.Errorf("%s and %s are both set: leave one of them out", setting(value), setting(f))
		}
		text, err := readSecret(f.Target.String())
		if err != nil {
			return fmt.Errorf("%s: %w", setting(f), err)
		}
		value.Target.SetString(text)
	}
	return nil
}

// setting is a flag with its environment variables, as people may have given it.
func setting(f *kong.Flag) string {
	if len(f.Envs) == 0 {
		return "--" + f.Name
	}
	return fmt.Sprintf("--%s (%s)", f.Name, strings.Join(f.Envs, ", "))
}

// readSecret gives the one line of text that a file holds, without the line's end.
func readSecret(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maxSecretBytes+1))
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	text := strings.TrimRight(string(content), "\r\n")
	switch {
	case len(content) > maxSecretBytes:
		return "", fmt.Errorf("%s is larger than %d bytes: it must hold the secret alone", path, maxSecretBytes)
	case text == "":
		return "", fmt.Errorf("%s is empty: it must hold the secret", path)
	case !utf8.ValidString(text) || strings.HasPrefix(text, "\ufeff"):
		return "", fmt.Errorf("%s is not plain UTF-8 text: save it without a byte order mark", path)
	case strings.ContainsFunc(text, unicode.IsControl):
		return "", errors.New(path + " must hold the secret alone, on one line")
	}
	return text, nil
}

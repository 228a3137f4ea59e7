package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"steward/api"
	"steward/domain/clock"
	"steward/store"
)

// OpenAPICmd prints the description of every operation, those of dev included. It needs no database.
type OpenAPICmd struct{}

// Run writes the description to standard output.
func (OpenAPICmd) Run() error {
	server, err := api.New(api.Deps{
		Store: store.New(nil, nil, clock.Fixed(time.Unix(0, 0))), Clock: clock.Fixed(time.Unix(0, 0)), Dev: true, Version: "1",
		Ready:       func(context.Context) error { return nil },
		Unavailable: store.Unavailable, BadValue: store.BadValue,
		Organization: func(context.Context) (string, error) { return "", nil },
	})
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(server.OpenAPI(), "", "  ")
	if err != nil {
		return fmt.Errorf("write the OpenAPI file: %w", err)
	}
	if _, err := os.Stdout.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("write the OpenAPI file: %w", err)
	}
	return nil
}

# Steward: `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run setup build web test check bench fmt generate clean-state offline-archive

ARGS ?=

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup ## install what is missing, build, and start everything; ARGS="--speed 17280" passes flags
	@exec .steward/bin/steward dev $(ARGS)

setup: ## install what is missing and build, without starting
	@scripts/setup.sh

build: ## build the program into .steward/bin
	go build -o .steward/bin/steward ./cmd/steward

web: ## build the console when its sources have changed
	@scripts/web.sh

test: ## every test, with the set-up it needs
	@scripts/test.sh

check: ## format, vet, linters, determinism, generated files, migrations
	@scripts/check.sh

bench: ## planning and sending rates beside their alternatives
	@scripts/bench.sh $(ARGS)

fmt: ## format the Go sources
	gofmt -w $$(git ls-files '*.go')

generate: ## the OpenAPI file, the console's types, the list of landed migrations
	@scripts/generate.sh

clean-state: ## remove databases, keys and logs in .steward (programs stay)
	@scripts/clean-state.sh

offline-archive: ## pack what a machine without a network needs to build this commit
	@scripts/offline-archive.sh

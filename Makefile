# make help lists the verbs. They act on the plugin PLUGIN at the engine DOCKER_HOST:
#   make create enable PLUGIN=127.0.0.1:5000/drawbridge/drawbridge:1.0 DOCKER_HOST=unix:///run/docker.sock
PLUGIN ?= drawbridge/drawbridge:latest

# Node of the version that package-lock.json pins, and the docker client if the machine had none.
export PATH := $(CURDIR)/node_modules/.bin:$(CURDIR)/build/tools:$(PATH):/usr/sbin:/sbin
export PLUGIN

# Named one by one: build/ holds whole Debian systems, which biome would search.
SOURCES := src scripts tests $(wildcard *.json)
SHELL_SCRIPTS := .ci/run rootfs-build/build.sh $(wildcard scripts/*.sh)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup node plugin create enable disable push clean demo test lint typecheck audit unit kernel faults model fuzz conformance e2e bench bench-quick format

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PLUGIN=$(PLUGIN)  DOCKER_HOST=$${DOCKER_HOST:-the default}"

setup: ## install what is missing on this machine (Debian packages, npm packages); needs root
	@scripts/setup.sh

node:
	@scripts/setup.sh node

plugin: setup ## build the plugin: config.json and rootfs in build/plugin; the command, build/drawbridge; build/sbom.cdx.json
	@node scripts/bundle.ts
	@mkdir -p build/plugin
	@rootfs-build/build.sh build/plugin/rootfs
	@cp config.json build/plugin/config.json
	@install -m 755 scripts/drawbridge.sh build/drawbridge

create: plugin ## build the plugin and hand it to the engine as PLUGIN, disabled
	docker plugin create $(PLUGIN) build/plugin

enable: ## start PLUGIN
	docker plugin enable $(PLUGIN)

disable: ## stop PLUGIN; the engine refuses while a network uses it
	docker plugin disable $(PLUGIN)

push: ## push PLUGIN to the registry in its name
	docker plugin push $(PLUGIN)

clean: ## remove PLUGIN with its state from the engine, and what was built; downloads in build/ stay
	@scripts/clean.sh

demo: plugin ## two containers on a network of the plugin, on the engine at hand or on one of its own
	@scripts/demo.sh

test: setup lint typecheck audit plugin ## everything: lint, types, and all suites
	@node scripts/run-suites.ts unit store protocol kernel faults model fuzz conformance e2e
	node scripts/fault-table.ts --proved

lint: setup ## style, who imports whom, shell scripts
	biome ci $(SOURCES)
	node scripts/check-structure.ts
	node scripts/fault-table.ts --check
	shellcheck -x --severity=warning $(SHELL_SCRIPTS)

typecheck: node ## the TypeScript compiler, strict
	tsc --noEmit

audit: node ## whether what ships has known vulnerabilities, where the registry keeps a list of them
	@node scripts/audit.ts

unit: node ## the tests that need neither root nor an engine
	@node scripts/run-suites.ts unit store

kernel: setup ## the tests against the real kernel, in network namespaces of their own; needs root
	@node scripts/run-suites.ts protocol kernel

faults: setup ## every step of every call failing, programs and state in trouble, older states, a soak; needs root
	@node scripts/run-suites.ts faults

model: setup ## STEPS random commands (2,500) from SEED on against a model, on BACKEND nft or legacy (both); needs root
	@STEPS=$(STEPS) SEED=$(SEED) BACKEND=$(BACKEND) node scripts/run-suites.ts model

fuzz: setup ## N requests and policy files (100,000) that nobody should send, from SEED on; needs root
	@N=$(N) SEED=$(SEED) node scripts/run-suites.ts fuzz

conformance: setup ## N generated policies (1,000) from SEED on, packet for packet, on BACKEND nft or legacy (both); needs root
	@N=$(N) SEED=$(SEED) BACKEND=$(BACKEND) node scripts/run-suites.ts conformance

e2e: plugin ## the tests with real engines of their own; needs root
	@node scripts/run-suites.ts e2e

bench: plugin ## what costs how much, beside Docker's bridge and by size, with medians, in build/bench; needs root
	@node tests/bench/main.ts

bench-quick: plugin ## the same below a minute, with fewer rounds
	@node tests/bench/main.ts --quick

format: node ## rewrite the sources in the house style
	biome check --write $(SOURCES)

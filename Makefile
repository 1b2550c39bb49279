# `make run` does the main job, `make test` runs every test; both install what they need. The rest is
# `cargo xtask`, whose first build takes a C compiler as linker.

CARGO ?= cargo

.PHONY: help run serve test lint bench
.DEFAULT_GOAL := help

help:
	@echo 'make run      a member of real groups is removed by proposals signed in a PKCS#11 token;'
	@echo '              then a commit to 2,000 members, with and without prepared seals;'
	@echo '              then the signer as a service, called by curl'
	@echo 'make serve    that service, kept running'
	@echo 'make test     every test'
	@echo 'make lint     formatting, clippy and docs, warnings denied'
	@echo 'make bench    every operation of every suite against the other providers'
	@echo
	@echo 'cargo xtask --help    everything else: suites of tests, measurements, tables of documents'

run serve test lint bench:
	@./.ci/install-packages gcc libc6-dev
	@$(CARGO) xtask $@

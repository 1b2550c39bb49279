//! The service as a program, on SoftHSM and SQLite: asked over its Unix socket and over
//! mutual TLS, by our client, by curl, and by sockets that misbehave.

mod configuration;
mod deployment;
mod documents;
mod endings;
mod faults;
mod fips;
mod idempotency;
mod misuse;
mod mutual_tls;
mod policy;
mod removals;
mod support;

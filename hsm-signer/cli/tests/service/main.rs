//! The service as a program, on SoftHSM, SQLite and PostgreSQL: asked over its Unix socket and over
//! mutual TLS, by our client, by curl, and by sockets that misbehave.

mod advice;
mod attacks;
mod chart;
mod checkpoints;
mod configuration;
mod container;
mod deployment;
mod documents;
mod endings;
mod faults;
mod fips;
mod guides;
mod idempotency;
mod log_proof;
mod metrics;
mod misuse;
mod mutual_tls;
mod odd_keys;
mod openapi;
mod operator;
mod pin_tries;
mod pins;
mod policy;
mod removals;
#[cfg(feature = "postgres")]
mod replicas;
mod restarts;
mod revocation;
mod rotation;
mod store_faults;
mod support;
mod trust;

//! The signer as a service: HTTP and JSON for servers in any language.
//!
//! ```text
//! listen/      accepts; learns who is at the other end             Unix socket, mutual TLS
//!   http/      reads the request, authorizes it, answers           axum
//!     access   who that is at the moment                           configuration, certificates
//!     callers  what it may do                                      configuration
//!     request  what is asked for: decoded, checked                 no I/O
//!     removals the way of a batch: claimed, signed, recorded
//!       store  the same answer for ever, the audit log             SQLite or PostgreSQL
//!       engine one queue, fair between callers, to the HSM's sessions
//! run          start, the end                                      systemd
//! reload       configuration, certificates and keys, taken over by parts
//! ```
//!
//! No signature leaves before its audit record is durable, and nobody hands over bytes to
//! sign: a caller names a group, an epoch, a leaf and a sender.

mod access;
mod answers;
mod bodies;
mod callers;
mod check;
mod checkpoints;
mod config;
mod core;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod held;
mod http;
mod identity;
mod listen;
mod log_limit;
mod memory;
mod metrics;
pub mod problem;
mod process;
mod rate;
mod reload;
mod reload_outcome;
mod removals;
mod request;
mod run;
mod serve_error;
mod shares;
mod sink;
mod systemd;
mod tenants;

pub use check::{Checked, check};
pub use config::{Config, ConfigError};
pub use http::document as openapi;
pub use run::serve;
pub use serve_error::ServeError;

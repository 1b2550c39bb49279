//! Which MLS ciphersuite, and which OpenMLS provider, is fastest on this CPU.
//!
//! Two tables meet here. [`engines::ENGINES`] has one row for each provider, and
//! each row carries the [`scenario`] table with every piece of work prepared to
//! run on that provider. Criterion, the command `mls-bench` and the tests all
//! take their work from these two tables; none of them defines its own. Beside them,
//! [`lanes`] compares the batches of `mls_lanes` with libraries of curves.
//!
//! What is measured, and how:
//!
//! - [`measure::measure`] and [`lanes::measure`] run the engines in turn within one process, the order
//!   rotating, so that a slow moment of the machine falls on all of them;
//! - an engine's inputs are made, and its results verified, outside the timed part;
//! - a result that does not verify ends the measurement with an error.

pub mod answer;
pub mod cli;
pub mod compare;
pub mod cpu;
pub mod duration;
pub mod engine;
pub mod engines;
mod error;
pub mod instructions;
pub mod lanes;
pub mod measure;
pub mod memory;
pub mod projection;
pub mod record;
pub mod report;
pub mod scenario;
pub mod statistics;
pub mod suite;
pub mod survey;
pub mod worth;

pub use error::BenchError;

//! Batches of Diffie-Hellman: `mls_lanes` against libraries that do one at a time.
//!
//! Two tables meet here too: [`OPERATIONS`], and [`engine::engines`], which has every
//! backend of this CPU and every library. Times are for one element on one thread.
//!
//! How to read the figures of a [`LaneMeasurement`]:
//!
//! - the *speedup* is aws-lc-rs's median time by the engine's: above 1, the engine is
//!   faster;
//! - the *cycles* of a lane are the median time by the core's own clock, which is
//!   measured beside it (a chain of dependent additions is timed; the time-stamp
//!   counter is another clock): they compare machines whose clocks differ;
//! - the *share of the limit* is the fewest cycles that the kernel's operations take at
//!   two vector operations a cycle ([`limit`]), by the cycles it took: 1 would be an
//!   engine that never waits, for a result, for memory or for the decoder. Read it on
//!   batches that fill whole groups (128): idle lanes count as lost. The limit is that
//!   of one design on one kind of core; it is no bound on other algorithms.

mod batch;
pub mod break_even;
mod clock;
pub mod engine;
mod inputs;
pub mod limit;
mod measurement;
pub mod operation;

pub use batch::Batch;
pub use break_even::{BreakEven, break_evens};
pub use engine::LaneEngine;
pub use inputs::Inputs;
pub use measurement::{LaneMeasurement, inputs, measure, prepare};
pub use operation::{Curve, Kind, OPERATIONS, Operation};

//! Batches of Diffie-Hellman: `mls_lanes` against libraries that do one at a time.
//!
//! Two tables meet here too: [`OPERATIONS`], and [`engine::engines`], which has every
//! backend of this CPU and every library. Times are for one element on one thread.

mod batch;
pub mod break_even;
pub mod engine;
mod inputs;
mod measurement;
pub mod operation;
pub mod report;

pub use batch::Batch;
pub use break_even::{BreakEven, break_evens};
pub use engine::LaneEngine;
pub use inputs::Inputs;
pub use measurement::{LaneMeasurement, measure};
pub use operation::{Curve, Kind, OPERATIONS, Operation};

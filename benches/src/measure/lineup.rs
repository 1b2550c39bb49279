//! Who takes part in a measurement.

use super::Pool;
use crate::engines::{EngineRow, REFERENCE};

/// The engines that are measured against each other, and on which threads.
#[derive(Clone, Debug)]
pub struct Lineup {
    /// The engines, in the order of the results.
    pub engines: Vec<&'static EngineRow>,
    /// The pools: every engine is measured on each of them.
    pub pools: Vec<Pool>,
    /// The name of the engine that ratios refer to.
    pub reference: &'static str,
}

impl Lineup {
    /// `engines` on all threads, compared with [`REFERENCE`].
    pub fn of(engines: impl IntoIterator<Item = &'static EngineRow>) -> Self {
        Self {
            engines: engines.into_iter().collect(),
            pools: vec![Pool::default()],
            reference: REFERENCE,
        }
    }

    /// Whether the engine that ratios refer to takes part.
    pub fn has_reference(&self) -> bool {
        let mut engines = self.engines.iter();
        engines.any(|engine| engine.name == self.reference)
    }
}

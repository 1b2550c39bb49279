//! The memory that callers may take: all together, and each of them.

use std::sync::Arc;

use super::shares::{NoShare, Share, Shares};

/// What one unit of a share stands for, in bytes.
const UNIT: usize = 1024;

/// Each body and each answer counts as at least so many bytes, which bounds their number.
const LEAST: usize = 4 * 1024;

/// What a caller may have of the whole, where the configuration does not say.
const PARTS: usize = 4;

pub struct CallerMemory {
    shares: Shares<Arc<str>>,
    /// What one caller may have, in bytes.
    pub each: usize,
}

/// Gives back what is taken beyond so many bytes.
pub fn shrink(share: &mut Share, bytes: usize) {
    share.shrink(bytes.max(LEAST).div_ceil(UNIT));
}

impl CallerMemory {
    /// `each` of 0 is a quarter of `all`, and at least `one`.
    pub fn new(all: usize, each: usize, one: usize) -> Self {
        let each = if each == 0 {
            (all / PARTS).max(one)
        } else {
            each
        };
        Self {
            shares: Shares::new(all.div_ceil(UNIT), each.div_ceil(UNIT)),
            each,
        }
    }

    /// Takes so many bytes. More than a caller may have are taken as what it may have: it has
    /// then nothing else.
    pub fn take(&self, caller: &Arc<str>, bytes: usize) -> Result<Share, NoShare> {
        let bytes = bytes.max(LEAST).min(self.each);
        self.shares.take(Arc::clone(caller), bytes.div_ceil(UNIT))
    }
}

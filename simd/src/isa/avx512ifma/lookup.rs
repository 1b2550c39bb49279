//! The entries of a table, chosen by secret indices.

use super::Vector;

impl Vector {
    /// For each lane, the entry that the low five bits of `self` name.
    ///
    /// Loads all four vectors of the table, at addresses that depend on nothing
    /// secret, and chooses between them in registers.
    #[inline(always)]
    pub(crate) fn lookup(self, table: &[u64; 32]) -> Self {
        let (low, high) = (self.permute(table, 0), self.permute(table, 16));
        Self::select(&self.test(self.splat(16)), high, low)
    }
}

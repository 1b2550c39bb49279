//! The entries of a table, chosen by secret indices.

use super::Vector;

impl Vector {
    /// For each lane, in its low 32 bits, the entry that the low five bits of `self`
    /// name; the high 32 bits are meaningless.
    ///
    /// Loads all four vectors of the table, at addresses that depend on nothing
    /// secret, and chooses between them in registers.
    #[inline(always)]
    pub(crate) fn lookup(self, table: &[u32; 32]) -> Self {
        let zero = self.splat(0);
        let below8 = self.and(self.splat(8)).equals(zero);
        let below16 = self.and(self.splat(16)).equals(zero);
        let low = Self::select(&below8, self.permute(table, 0), self.permute(table, 8));
        let high = Self::select(&below8, self.permute(table, 16), self.permute(table, 24));
        Self::select(&below16, low, high)
    }
}

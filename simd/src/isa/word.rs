//! Words of 64 bits, one in each lane: what a hash is written over.

/// One word in each lane.
pub(crate) trait Word: Copy {
    /// `value` in every lane.
    fn all(self, value: u64) -> Self;
    /// `self + other`, modulo 2^64.
    fn plus(self, other: Self) -> Self;
    /// The bits in both.
    fn both(self, other: Self) -> Self;
    /// The bits in either.
    fn either(self, other: Self) -> Self;
    /// The bits in one but not the other.
    fn differing(self, other: Self) -> Self;
    /// Shifted to the right by 1 to 63 bits.
    fn right(self, bits: u64) -> Self;
    /// Shifted to the left by 1 to 63 bits.
    fn left(self, bits: u64) -> Self;

    /// Rotated to the right by 1 to 63 bits.
    #[inline(always)]
    fn rotated(self, bits: u64) -> Self {
        self.right(bits).either(self.left(64 - bits))
    }
}

impl Word for u64 {
    #[inline(always)]
    fn all(self, value: u64) -> Self {
        value
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    #[inline(always)]
    fn both(self, other: Self) -> Self {
        self & other
    }

    #[inline(always)]
    fn either(self, other: Self) -> Self {
        self | other
    }

    #[inline(always)]
    fn differing(self, other: Self) -> Self {
        self ^ other
    }

    #[inline(always)]
    fn right(self, bits: u64) -> Self {
        self >> bits
    }

    #[inline(always)]
    fn left(self, bits: u64) -> Self {
        self << bits
    }
}

/// The same for a vector, whose methods are its instructions.
#[cfg(target_arch = "x86_64")]
macro_rules! word {
    ($vector:ty) => {
        impl $crate::isa::word::Word for $vector {
            #[inline(always)]
            fn all(self, value: u64) -> Self {
                self.splat(value)
            }

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self.add(other)
            }

            #[inline(always)]
            fn both(self, other: Self) -> Self {
                self.and(other)
            }

            #[inline(always)]
            fn either(self, other: Self) -> Self {
                self.or(other)
            }

            #[inline(always)]
            fn differing(self, other: Self) -> Self {
                self.xor(other)
            }

            #[inline(always)]
            fn right(self, bits: u64) -> Self {
                self.shr_by(self.splat(bits))
            }

            #[inline(always)]
            fn left(self, bits: u64) -> Self {
                self.shl_by(self.splat(bits))
            }
        }
    };
}
#[cfg(target_arch = "x86_64")]
pub(crate) use word;

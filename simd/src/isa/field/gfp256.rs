//! Inversion in the field of P-256.

use super::{Field, inversion::append, operators::Factor};

/// `a^(p - 2)`, which is `1 / a`, or 0 for 0 (Fermat).
///
/// From the top, the exponent has 32 ones, 31 zeros, a one, 96 zeros, 94 ones, a
/// zero and a one.
#[inline(always)]
pub(crate) fn invert<F: Field>(a: &F::Factor) -> F::Factor {
    let a = &Factor::<F>(*a);
    let ones2 = &append(a, 1, a);
    let ones4 = &append(ones2, 2, ones2);
    let ones8 = &append(ones4, 4, ones4);
    let ones16 = &append(ones8, 8, ones8);
    let ones24 = &append(ones16, 8, ones8);
    let ones28 = &append(ones24, 4, ones4);
    let ones30 = &append(ones28, 2, ones2);
    let ones32 = &append(ones30, 2, ones2);
    let upper = &append(ones32, 32, a);
    let upper = &append(upper, 128, ones32);
    let upper = &append(upper, 32, ones32);
    let upper = &append(upper, 30, ones30);
    append(upper, 2, a).0
}

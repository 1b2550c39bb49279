//! Inversion in the field of 2^255 - 19.

use super::{Field, inversion::append, operators::Factor};

/// `a^(2^255 - 21)`, which is `1 / a`, or 0 for 0 (Fermat).
///
/// 254 squarings and 11 multiplications, by the usual chain: from
/// `a^(2^5 - 1)` the exponents `2^n - 1` for n = 10, 20, 40, 50, 100, 200, 250,
/// then five more squarings and `a^11`.
#[inline(always)]
pub(crate) fn invert<F: Field>(a: &F::Factor) -> F::Factor {
    let a = &Factor::<F>(*a);
    let a2 = &a.square_times(1);
    let a9 = &(&a2.square_times(2) * a).carry();
    let a11 = &(a9 * a2).carry();
    let ones5 = &append(a11, 1, a9);
    let ones10 = &append(ones5, 5, ones5);
    let ones20 = &append(ones10, 10, ones10);
    let ones40 = &append(ones20, 20, ones20);
    let ones50 = &append(ones40, 10, ones10);
    let ones100 = &append(ones50, 50, ones50);
    let ones200 = &append(ones100, 100, ones100);
    let ones250 = &append(ones200, 50, ones50);
    append(ones250, 5, a11).0
}

//! Inversion in the field of 2^255 - 19.

use super::{Field, append, product, square_times};

/// `a^(2^255 - 21)`, which is `1 / a`, or 0 for 0 (Fermat).
///
/// 254 squarings and 11 multiplications, by the usual chain: from
/// `a^(2^5 - 1)` the exponents `2^n - 1` for n = 10, 20, 40, 50, 100, 200, 250,
/// then five more squarings and `a^11`.
#[inline(always)]
pub(crate) fn invert<F: Field>(a: &F::Factor) -> F::Factor {
    let a2 = square_times::<F>(a, 1);
    let a9 = product::<F>(&square_times::<F>(&a2, 2), a);
    let a11 = product::<F>(&a9, &a2);
    let ones5 = product::<F>(&square_times::<F>(&a11, 1), &a9);
    let ones10 = append::<F>(&ones5, 5, &ones5);
    let ones20 = append::<F>(&ones10, 10, &ones10);
    let ones40 = append::<F>(&ones20, 20, &ones20);
    let ones50 = append::<F>(&ones40, 10, &ones10);
    let ones100 = append::<F>(&ones50, 50, &ones50);
    let ones200 = append::<F>(&ones100, 100, &ones100);
    let ones250 = append::<F>(&ones200, 50, &ones50);
    append::<F>(&ones250, 5, &a11)
}

//! Inversion in the field of P-256.

use super::{Field, append};

/// `a^(p - 2)`, which is `1 / a`, or 0 for 0 (Fermat).
///
/// From the top, the exponent has 32 ones, 31 zeros, a one, 96 zeros, 94 ones, a
/// zero and a one.
#[inline(always)]
pub(crate) fn invert<F: Field>(a: &F::Factor) -> F::Factor {
    let ones2 = append::<F>(a, 1, a);
    let ones4 = append::<F>(&ones2, 2, &ones2);
    let ones8 = append::<F>(&ones4, 4, &ones4);
    let ones16 = append::<F>(&ones8, 8, &ones8);
    let ones24 = append::<F>(&ones16, 8, &ones8);
    let ones28 = append::<F>(&ones24, 4, &ones4);
    let ones30 = append::<F>(&ones28, 2, &ones2);
    let ones32 = append::<F>(&ones30, 2, &ones2);
    let upper = append::<F>(&ones32, 32, a);
    let upper = append::<F>(&upper, 128, &ones32);
    let upper = append::<F>(&upper, 32, &ones32);
    let upper = append::<F>(&upper, 30, &ones30);
    append::<F>(&upper, 2, a)
}

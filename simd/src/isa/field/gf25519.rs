//! Powers in the field of 2^255 - 19: inverses and square roots.

use super::{Field, inversion::append, operators::Factor};

/// `a^(2^255 - 21)`, which is `1 / a`, or 0 for 0 (Fermat).
///
/// 254 squarings and 11 multiplications: five squarings and `a^11` after [`ones`].
#[inline(always)]
pub(crate) fn invert<F: Field>(a: &F::Factor) -> F::Factor {
    let (ones250, a11) = ones(&Factor::<F>(*a));
    append(&ones250, 5, &a11).0
}

/// `a^(2^252 - 3)`: for a = u v^7, what makes `u v^3` a square root of u / v, or of its negative
/// (RFC 8032, section 5.1.3).
#[inline(always)]
pub(crate) fn root_power<F: Field>(a: &Factor<F>) -> Factor<F> {
    append(&ones(a).0, 2, a)
}

/// `a^(2^250 - 1)`, by the usual chain: from `a^(2^5 - 1)` the exponents `2^n - 1` for n = 10, 20,
/// 40, 50, 100, 200, 250; and `a^11`.
#[inline(always)]
fn ones<F: Field>(a: &Factor<F>) -> (Factor<F>, Factor<F>) {
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
    (append(ones200, 50, ones50), *a11)
}

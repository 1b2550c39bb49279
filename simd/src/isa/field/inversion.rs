//! Inversions: chains of multiplications, and one inversion for many elements.

use super::{
    Field,
    operators::{Factor, Product},
};
use crate::isa::Isa;

/// `a^(2^count) b`: the exponent of `a` with the `count` bits of `b`'s appended.
#[inline(always)]
pub(super) fn append<F: Field>(a: &Factor<F>, count: usize, b: &Factor<F>) -> Factor<F> {
    (&a.square_times(count) * b).carry()
}

/// Inverts every element in place, with one inversion for all (Montgomery's
/// trick). Zero stays zero, and disturbs no other element.
#[inline(always)]
pub(crate) fn invert_all<F: Field>(isa: F::Isa, elements: &mut [Factor<F>]) {
    let one = Product::constant(isa, &[1, 0, 0, 0]).carry();
    let mut prefixes = <F::Isa as Isa>::group(one);
    let prefixes = prefixes.as_mut();
    let mut product_of_all = one;
    for (prefix, element) in prefixes.iter_mut().zip(elements.iter()) {
        *prefix = product_of_all;
        let nonzero = Factor::select(&element.is_zero(), &one, element);
        product_of_all = (&product_of_all * &nonzero).carry();
    }
    unwind(isa, elements, prefixes, product_of_all.invert());
}

/// The second half of Montgomery's trick: from the inverse of the product of all
/// elements and the products of those before each, the inverse of each.
#[inline(always)]
fn unwind<F: Field>(
    isa: F::Isa,
    elements: &mut [Factor<F>],
    prefixes: &[Factor<F>],
    mut inverse: Factor<F>,
) {
    let zero = Product::constant(isa, &[0; 4]).carry();
    let one = Product::constant(isa, &[1, 0, 0, 0]).carry();
    for (element, prefix) in elements.iter_mut().zip(prefixes).rev() {
        let is_zero = element.is_zero();
        let nonzero = Factor::select(&is_zero, &one, element);
        let inverted = (&inverse * prefix).carry();
        *element = Factor::select(&is_zero, &zero, &inverted);
        inverse = (&inverse * &nonzero).carry();
    }
}

//! Fields whose operations are functions of their own: inlined, as the instruction sets' are,
//! they would make kernels over terms too large to compile.

use core::marker::PhantomData;

use crate::{
    integer::Integer,
    isa::{
        Isa,
        field::{self, CombField, Field},
    },
};

/// The field of 2^255 - 19.
#[derive(Clone, Copy)]
pub(crate) struct Gf25519<F>(PhantomData<F>);

/// The field of P-256.
#[derive(Clone, Copy)]
pub(crate) struct GfP256<F>(PhantomData<F>);

type Integers<F> = <<F as Field>::Isa as Isa>::Integers;
type Mask<F> = <<F as Field>::Isa as Isa>::Mask;
type Index<F> = <<F as Field>::Isa as Isa>::Index;

macro_rules! apart {
    ($($name:ident $inverse:path, $coordinates:literal;)*) => {$(
        impl<F: Field> Field for $name<F> {
            type Isa = F::Isa;
            type Factor = F::Factor;
            type Product = F::Product;

            #[inline(never)]
            fn constant(isa: F::Isa, value: &Integer) -> F::Product {
                F::constant(isa, value)
            }

            #[inline(never)]
            fn from_integers(integers: &Integers<F>) -> F::Product {
                F::from_integers(integers)
            }

            #[inline(never)]
            fn to_integers(element: &F::Factor) -> Integers<F> {
                F::to_integers(element)
            }

            #[inline(never)]
            fn mul(a: &F::Factor, b: &F::Factor) -> F::Product {
                F::mul(a, b)
            }

            #[inline(never)]
            fn square(a: &F::Factor) -> F::Product {
                F::square(a)
            }

            #[inline(never)]
            fn carry(a: &F::Product) -> F::Factor {
                F::carry(a)
            }

            #[inline(never)]
            fn add(a: &F::Product, b: &F::Product) -> F::Factor {
                F::add(a, b)
            }

            #[inline(never)]
            fn sub(a: &F::Product, b: &F::Product) -> F::Factor {
                F::sub(a, b)
            }

            #[inline(never)]
            fn select(mask: &Mask<F>, a: &F::Factor, b: &F::Factor) -> F::Factor {
                F::select(mask, a, b)
            }

            #[inline(never)]
            fn invert(a: &F::Factor) -> F::Factor {
                $inverse(a)
            }

            #[inline(never)]
            fn is_zero(a: &F::Factor) -> Mask<F> {
                F::is_zero(a)
            }
        }

        impl<F: CombField<$coordinates>> CombField<$coordinates> for $name<F> {
            type Column = F::Column;

            fn windows() -> &'static [[F::Column; $coordinates]] {
                F::windows()
            }

            #[inline(never)]
            fn lookup(column: &F::Column, index: &Index<F>) -> F::Factor {
                F::lookup(column, index)
            }
        }
    )*};
}
apart! {
    Gf25519 field::gf25519::invert::<Self>, 3;
    GfP256 field::gfp256::invert::<Self>, 2;
}

impl<F: field::Gf25519> field::Gf25519 for Gf25519<F> {
    #[inline(never)]
    fn add_a24_times(a: &F::Product, b: &F::Factor) -> F::Factor {
        F::add_a24_times(a, b)
    }

    #[inline(never)]
    fn negate_if(mask: &Mask<F>, a: &F::Product) -> F::Factor {
        F::negate_if(mask, a)
    }

    #[inline(never)]
    fn add_sub(a: &F::Product, b: &F::Product, c: &F::Product) -> F::Factor {
        F::add_sub(a, b, c)
    }

    #[inline(never)]
    fn twice_add_sub(a: &F::Product, b: &F::Product, c: &F::Product) -> F::Factor {
        F::twice_add_sub(a, b, c)
    }
}

impl<F: field::GfP256> field::GfP256 for GfP256<F> {
    type Sum = F::Sum;

    #[inline(never)]
    fn sum(a: &F::Product) -> F::Sum {
        F::sum(a)
    }

    #[inline(never)]
    fn plus(a: &F::Sum, b: &F::Sum) -> F::Sum {
        F::plus(a, b)
    }

    #[inline(never)]
    fn minus(a: &F::Sum, b: &F::Sum) -> F::Sum {
        F::minus(a, b)
    }

    #[inline(never)]
    fn negate_if(mask: &Mask<F>, a: &F::Product) -> F::Sum {
        F::negate_if(mask, a)
    }

    #[inline(never)]
    fn reduce(a: &F::Sum) -> F::Factor {
        F::reduce(a)
    }

    #[inline(never)]
    fn mul_sub(a: &F::Factor, b: &F::Factor, c: &F::Factor, d: &F::Factor) -> F::Sum {
        F::mul_sub(a, b, c, d)
    }

    #[inline(never)]
    fn mul_sub_square(a: &F::Factor, b: &F::Factor, c: &F::Factor) -> F::Sum {
        F::mul_sub_square(a, b, c)
    }
}

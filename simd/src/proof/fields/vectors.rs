//! The fields of the vector backends.

use num_bigint::BigInt;

use super::Symbolic;
use crate::{
    isa,
    proof::{
        engine::{Hints, Symbol, power},
        vectors::{avx2, avx512ifma},
    },
};

fn prime_25519() -> BigInt {
    power(255) - 19
}

fn prime_p256() -> BigInt {
    power(256) - power(224) + power(192) + power(96) - 1
}

macro_rules! symbolic {
    ($isa:ident, $field:ident::$name:ident, $prime:ident, $cases:expr, $scales:expr) => {
        impl Symbolic for $isa::$field::$name {
            type Shipped = isa::$isa::$field::$name;

            const HINTS: Hints = Hints {
                cases_from: $cases,
                scales: $scales,
            };

            fn prime() -> BigInt {
                $prime()
            }

            fn factor(limbs: &[Symbol]) -> Self::Factor {
                $isa::$field::Factor(core::array::from_fn(|i| $isa::Vector(limbs[i])))
            }

            fn factor_limbs(factor: &Self::Factor) -> Vec<Symbol> {
                factor.0.iter().map(|limb| limb.0).collect()
            }

            fn product(limbs: &[Symbol]) -> Self::Product {
                $isa::$field::Product(core::array::from_fn(|i| $isa::Vector(limbs[i])))
            }

            fn product_limbs(product: &Self::Product) -> Vec<Symbol> {
                product.0.iter().map(|limb| limb.0).collect()
            }

            fn integers(words: [Symbol; 4]) -> [$isa::Vector; 4] {
                words.map($isa::Vector)
            }

            fn words(integers: &[$isa::Vector; 4]) -> [Symbol; 4] {
                integers.map(|word| word.0)
            }

            fn mask(value: bool) -> $isa::Mask {
                $isa::Mask(value)
            }

            fn truth(mask: &$isa::Mask) -> bool {
                mask.0
            }
        }
    };
}

symbolic!(avx512ifma, gf25519::Gf25519, prime_25519, Some(255), &[]);
symbolic!(avx512ifma, gfp256::GfP256, prime_p256, Some(460), &[260]);
symbolic!(avx2, gf25519::Gf25519, prime_25519, Some(255), &[]);
symbolic!(avx2, gfp256::GfP256, prime_p256, None, &[260]);

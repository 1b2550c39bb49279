//! The inversion modulo the order of a group, for every scalar.
//!
//! `Modulus::invert` multiplies, as its modulus alone says: no branch and no address depends on what is
//! inverted. So it raises everything to one power e. Everything but zero is a power of a generator g
//! of the units modulo the prime n; if g^e is the inverse of g, then e is -1 modulo n - 1, and a^e is
//! the inverse of every a. That g is a generator is known by the primes that divide n - 1.

use num_bigint::BigUint;

use crate::{
    curve25519,
    integer::Integer,
    isa::field::big::big,
    modular::order::Modulus,
    nistp256,
    proof::{
        obligations::Obligations,
        orders::{LINES, is_proved},
        reference::decimal,
    },
};

/// A generator, and the primes whose product is the order less one.
struct Generator {
    generator: u64,
    primes: &'static [&'static str],
}

const OF_CURVE25519: Generator = Generator {
    generator: 2,
    primes: &[
        "2",
        "2",
        "3",
        "11",
        "198211423230930754013084525763697",
        "276602624281642239937218680557139826668747",
    ],
};

const OF_NISTP256: Generator = Generator {
    generator: 7,
    primes: &[
        "2",
        "2",
        "2",
        "2",
        "3",
        "71",
        "131",
        "373",
        "3407",
        "17449",
        "38189",
        "187019741",
        "622491383",
        "1002328039319",
        "2624747550333869278416773953",
    ],
};

fn claims(order: &Integer, of: &Generator) -> Obligations {
    let mut claims = Obligations::default();
    let (n, one) = (big(order), BigUint::from(1u8));
    let before = &n - 1u8;
    let primes: Vec<BigUint> = of.primes.iter().map(|prime| decimal(prime)).collect();
    let product: BigUint = primes.iter().product();
    claims.claim("all of n - 1", product == before);
    let generator = BigUint::from(of.generator);
    for prime in &primes {
        let power = generator.modpow(&(&before / prime), &n);
        claims.claim("a prime", is_proved(LINES, prime));
        claims.claim("no less than a generator", power != one);
    }
    let this = Modulus::new(*order);
    let form = this.to_montgomery(&[of.generator, 0, 0, 0]);
    let inverse = this.invert(&form);
    // Of a Montgomery form and an integer the product is none: of two forms it is one.
    claims.claim("an inverse", this.mul(&form, &inverse) == this.one);
    claims.claim("below the order", this.exceeds(&inverse));
    claims
}

#[test]
fn the_inversion_modulo_an_order_is_one_power_for_all() {
    claims(&curve25519::ORDER, &OF_CURVE25519)
        .prove("modulo the order of curve25519, `invert` inverts all", 15);
    claims(&nistp256::ORDER, &OF_NISTP256).prove("modulo that of P-256, `invert` inverts all", 33);
    let too_small = Generator {
        generator: 4,
        ..OF_CURVE25519
    };
    assert!(claims(&curve25519::ORDER, &too_small).is_refuted());
}

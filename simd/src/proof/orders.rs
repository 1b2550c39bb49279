//! The primes are primes, and the groups have the orders that the kernels rely on.
//!
//! **Primes**, by Pocklington's criterion: N is a prime if a^(N - 1) = 1 modulo N, and for each
//! prime q of some whose powers in N - 1 have a product above the root of N, a^((N - 1) / q) - 1 is
//! prime to N. Those q above 2^32 have a line of their own, the others are divided by all there is.
//!
//! **Orders.** By Hasse's theorem a curve over the field of p has between p + 1 - 2 sqrt(p) and
//! p + 1 + 2 sqrt(p) points. The order of the base point is a prime that divides their number, and
//! exceeds 4 sqrt(p), so one multiple of it lies there: for P-256 the prime n itself, so that every
//! point but the identity has order n, none has order two, and m P is the identity only if n divides
//! m; for curve25519 8 times the prime.

use num_bigint::BigUint;

use crate::{
    isa::field::big::{big, prime_25519, prime_p256},
    nistp256,
    proof::{
        obligations::{Obligations, Score},
        reference::{Edwards25519, Group, P256, decimal},
    },
};

/// A prime, the base a, and primes that divide its predecessor.
pub(super) type Line = (&'static str, u32, &'static [&'static str]);

/// The primes of both curves, of fields and orders, and the large primes that they rest on.
pub(super) const LINES: &[Line] = &[
    // 2^255 - 19.
    (
        "57896044618658097711785492504343953926634992332820282019728792003956564819949",
        2,
        &["74058212732561358302231226437062788676166966415465897661863160754340907"],
    ),
    (
        "74058212732561358302231226437062788676166966415465897661863160754340907",
        2,
        &["75445702479781427272750846543864801", "31757755568855353"],
    ),
    (
        "75445702479781427272750846543864801",
        7,
        &["1919519569386763", "72106336199"],
    ),
    ("31757755568855353", 10, &["430751", "4153"]),
    ("1919519569386763", 2, &["8574133", "127"]),
    ("72106336199", 7, &["2773320623"]),
    // The order of curve25519's base point.
    (
        "7237005577332262213973186563042994240857116359379907606001950938285454250989",
        2,
        &["276602624281642239937218680557139826668747"],
    ),
    (
        "276602624281642239937218680557139826668747",
        2,
        &["19757330305831588566944191468367130476339"],
    ),
    (
        "19757330305831588566944191468367130476339",
        2,
        &["172054593956031949258510691"],
    ),
    ("172054593956031949258510691", 2, &["4434155615661930479"]),
    ("4434155615661930479", 17, &["1257559732178653"]),
    ("1257559732178653", 2, &["1224481", "531581"]),
    // The prime of P-256's field.
    (
        "115792089210356248762697446949407573530086143415290314195533631308867097853951",
        6,
        &["835945042244614951780389953367877943453916927241"],
    ),
    (
        "835945042244614951780389953367877943453916927241",
        11,
        &["774023187263532362759620327192479577272145303"],
    ),
    (
        "774023187263532362759620327192479577272145303",
        3,
        &["46076956964474543", "11290956913871"],
    ),
    ("46076956964474543", 5, &["704251", "78283"]),
    ("11290956913871", 13, &["66417393611"]),
    ("66417393611", 6, &["3677", "197", "173"]),
    // The order of P-256.
    (
        "115792089210356248762697446949407573529996955224135760342422259061068512044369",
        7,
        &["2624747550333869278416773953", "1002328039319"],
    ),
    ("2624747550333869278416773953", 7, &["208150935158385979"]),
    ("208150935158385979", 2, &["191039911", "3023"]),
    ("1002328039319", 19, &["3969899", "126241"]),
    // Of that of curve25519 less one.
    (
        "198211423230930754013084525763697",
        2,
        &["3044861653679985063343"],
    ),
    ("3044861653679985063343", 2, &["137849", "132667", "82163"]),
];

/// Whether a prime is proved, by a line or by division.
pub(super) fn is_proved(lines: &[Line], prime: &BigUint) -> bool {
    match u32::try_from(prime) {
        Ok(small) => {
            small > 1
                && (2..)
                    .take_while(|q| q * q <= small)
                    .all(|q| !small.is_multiple_of(q))
        }
        Err(_) => lines.iter().any(|(proved, ..)| decimal(proved) == *prime),
    }
}

/// The greatest common divisor.
fn gcd(a: BigUint, b: BigUint) -> BigUint {
    if b == BigUint::ZERO {
        a
    } else {
        gcd(b.clone(), a % b)
    }
}

/// What the criterion asks of one line.
fn line_claims(lines: &[Line], (prime, base, factors): &Line) -> Obligations {
    let mut claims = Obligations::default();
    let one = BigUint::from(1u8);
    let (prime, base) = (decimal(prime), BigUint::from(*base));
    let before = &prime - 1u8;
    claims.claim("Fermat", base.modpow(&before, &prime) == one);
    let mut factored = one.clone();
    for factor in factors.iter().map(|factor| decimal(factor)) {
        let mut rest = before.clone();
        while &rest % &factor == BigUint::ZERO {
            rest /= &factor;
            factored *= &factor;
        }
        claims.claim(
            "a prime factor",
            rest != before && is_proved(lines, &factor),
        );
        let less = base.modpow(&(&before / &factor), &prime) + &prime - 1u8;
        claims.claim("prime to N", gcd(less % &prime, prime.clone()) == one);
    }
    claims.claim("enough of N - 1", &factored * &factored > prime);
    claims
}

fn prime_claims(lines: &[Line]) -> Obligations {
    let mut claims = Obligations::default();
    for line in lines {
        claims.extend(line_claims(lines, line));
    }
    claims
}

#[test]
fn the_primes_are_primes() {
    let mut claims = prime_claims(LINES);
    let primes = [
        prime_25519(),
        Edwards25519::new().order,
        prime_p256(),
        P256::new().order,
    ];
    for prime in &primes {
        claims.claim(
            "in a line",
            *prime > BigUint::from(u32::MAX) && is_proved(LINES, prime),
        );
    }
    claims.prove("the fields' and groups' primes", 128);
    // A base that shows nothing, and a factor that is not enough.
    let mut score = Score::default();
    for i in 0..LINES.len() {
        let mut lines = LINES.to_vec();
        lines[i].1 = 1;
        score.add("the base 1", line_claims(&lines, &lines[i]).is_refuted());
        lines[i] = (LINES[i].0, LINES[i].1, &["2"]);
        score.add(
            "too small a factor",
            line_claims(&lines, &lines[i]).is_refuted(),
        );
    }
    score.settle("the primes", 2 * LINES.len(), &[]);
}

/// One multiple alone of a point's prime order is a possible number of points.
fn order_claims(prime: &BigUint, order: &BigUint, cofactor: u32) -> Obligations {
    let mut claims = Obligations::default();
    // At least 2 sqrt(p), rounded up.
    let spread = (prime * 4u8).sqrt() + 1u8;
    let (least, most) = (prime + 1u8 - &spread, prime + 1u8 + &spread);
    let multiple = |factor: u32| order * factor;
    claims.claim(
        "a multiple",
        least <= multiple(cofactor) && multiple(cofactor) <= most,
    );
    claims.claim("none below", multiple(cofactor - 1) < least);
    claims.claim("none above", multiple(cofactor + 1) > most);
    claims
}

#[test]
fn the_groups_have_their_orders() {
    let p256 = P256::new();
    let mut claims = order_claims(&prime_p256(), &p256.order, 1);
    let base = Some(p256.base.clone());
    claims.claim("G is on P-256", p256.has(&p256.base));
    claims.claim(
        "n G is the identity",
        p256.multiply(&p256.order, &base) == p256.identity(),
    );
    claims.claim("the order that ships", big(&nistp256::ORDER) == p256.order);
    claims.claim("the b that ships", big(&nistp256::B) == p256.b);
    claims.prove("P-256 has n points, and no other order occurs", 7);

    let edwards = Edwards25519::new();
    let mut claims = order_claims(&prime_25519(), &edwards.order, 8);
    claims.claim("B is on the curve", edwards.has(&edwards.base));
    let multiple = edwards.multiply(&edwards.order, &edwards.base);
    claims.claim("l B is the identity", multiple == edwards.identity());
    claims.claim("B is not", edwards.base != edwards.identity());
    claims.prove("edwards25519 has 8 l points, and B has order l", 6);
}

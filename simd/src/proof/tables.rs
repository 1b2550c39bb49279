//! Every entry of both combs' tables, computed a second time: slowly, by chord and tangent.
//!
//! Entry e of window w is (2 e + 1) 64^w times the base point, or 4 times it on edwards25519. That
//! the instruction sets hold these entries is in `columns.rs`.

use num_bigint::BigUint;

use crate::{
    integer::Integer,
    isa::field::big::{big, words},
    proof::{
        obligations::{Obligations, Score},
        reference::{Edwards25519, Group, P256},
    },
    tables::{curve25519, nistp256},
};

/// The points of a comb: 32 odd multiples for each window.
fn comb<G: Group>(group: &G, base: &G::Point, windows: usize) -> Vec<Vec<G::Point>> {
    let mut first = base.clone();
    let window = |_| {
        let twice = group.add(&first, &first);
        let next = |point: &G::Point| Some(group.add(point, &twice));
        let entries = std::iter::successors(Some(first.clone()), next)
            .take(32)
            .collect();
        first = group.multiply(&BigUint::from(64u8), &first);
        entries
    };
    (0..windows).map(window).collect()
}

/// The entries of a comb's windows.
type Windows<const COORDINATES: usize> = Vec<[[Integer; COORDINATES]; 32]>;

/// Each entry is what the point's is, and has no other form: it is below the prime.
fn same<const COORDINATES: usize>(
    entries: &[[[Integer; COORDINATES]; 32]],
    expected: &[Vec<[BigUint; COORDINATES]>],
    prime: &BigUint,
) -> Obligations {
    let mut claims = Obligations::default();
    claims.claim("as many windows", entries.len() == expected.len());
    for (entries, expected) in entries.iter().flatten().zip(expected.iter().flatten()) {
        for (coordinate, expected) in entries.iter().zip(expected) {
            claims.claim("the coordinate", big(coordinate) == *expected);
            claims.claim("below the prime", big(coordinate) < *prime);
        }
    }
    claims
}

/// Entries that are wrong.
fn plant<const COORDINATES: usize>(
    entries: &[[[Integer; COORDINATES]; 32]],
    expected: &[Vec<[BigUint; COORDINATES]>],
    prime: &BigUint,
) -> Score {
    let mut score = Score::default();
    let mut try_with = |bug: &str, change: &dyn Fn(&mut Windows<COORDINATES>)| {
        let mut altered = entries.to_vec();
        change(&mut altered);
        score.add(bug, same(&altered, expected, prime).is_refuted());
    };
    let last = entries.len() - 1;
    for (window, entry) in [(0, 0), (last, 31), (7, 16)] {
        for bit in [0, 100, 255] {
            let flip = |table: &mut Vec<[[Integer; COORDINATES]; 32]>| {
                table[window][entry][bit % COORDINATES][bit / 64] ^= 1 << (bit % 64);
            };
            try_with("a bit", &flip);
        }
        try_with("the next entry", &|table| {
            table[window].swap(entry, entry ^ 1)
        });
        try_with("the coordinates exchanged", &|table| {
            table[window][entry].swap(0, 1)
        });
        try_with("the negative", &|table| {
            let y = &mut table[window][entry][COORDINATES - 1];
            *y = words(&(prime - big(y)));
        });
    }
    try_with("windows exchanged", &|table| table.swap(0, 1));
    try_with("a window missing", &|table| table.truncate(last));
    score
}

#[test]
fn the_entries_of_p256_are_recomputed() {
    let group = P256::new();
    let prime = crate::isa::field::big::prime_p256();
    let points = comb(&group, &Some(group.base.clone()), 43);
    let points: Vec<Vec<_>> = points
        .into_iter()
        .map(|window| {
            window
                .into_iter()
                .map(|point| point.expect("no identity"))
                .collect()
        })
        .collect();
    let mut claims = Obligations::default();
    for point in points.iter().flatten() {
        claims.claim("on the curve", group.has(point));
    }
    let expected: Vec<Vec<_>> = points
        .into_iter()
        .map(|window| window.into_iter().map(|(x, y)| [x, y]).collect())
        .collect();
    claims.extend(same(&nistp256::MULTIPLES, &expected, &prime));
    claims.claim(
        "G",
        nistp256::BASE.each_ref().map(big) == [group.base.0, group.base.1],
    );
    claims.prove("P-256's comb holds the multiples of G", 43 * 32 * 5 + 2);
    plant(&nistp256::MULTIPLES, &expected, &prime).settle("P-256's table", 20, &[]);
}

/// A point's multiples, once, twice and so on.
fn successive<G: Group>(group: &G, first: &G::Point, step: &G::Point) -> Vec<G::Point> {
    let next = |point: &G::Point| Some(group.add(point, step));
    std::iter::successors(Some(first.clone()), next)
        .take(128)
        .collect()
}

#[test]
fn the_small_multiples_are_recomputed() {
    let mut claims = Obligations::default();
    let group = P256::new();
    let prime = crate::isa::field::big::prime_p256();
    let base = Some(group.base.clone());
    let points = successive(&group, &base, &group.add(&base, &base));
    for (entry, point) in nistp256::SMALL_MULTIPLES.iter().zip(points) {
        let (x, y) = point.expect("no identity");
        let twice_y = 2u8 * y % &prime;
        let expected = [x, twice_y.clone(), &prime - twice_y];
        claims.claim("of P-256", entry.each_ref().map(big) == expected);
    }
    let group = Edwards25519::new();
    let prime = &group.field.0;
    let points = successive(&group, &group.base, &group.base);
    let half = (prime + 1u8) / 2u8;
    let entries = &curve25519::SMALL_MULTIPLES;
    let identity = [half.clone(), half.clone(), BigUint::ZERO, BigUint::ZERO];
    claims.claim("the identity", entries[0].each_ref().map(big) == identity);
    for (entry, (x, y)) in entries[1..].iter().zip(points) {
        let dxy = &group.d * &x % prime * &y % prime;
        let expected = [
            (&y + &x) * &half % prime,
            (&y + prime - &x) * &half % prime,
            dxy.clone(),
            prime - dxy,
        ];
        claims.claim("of edwards25519", entry.each_ref().map(big) == expected);
    }
    claims.prove("the small multiples of both base points", 128 + 1 + 128);
}

#[test]
fn the_entries_of_curve25519_are_recomputed() {
    let group = Edwards25519::new();
    let prime = &group.field.0;
    let q = group.multiply(&BigUint::from(4u8), &group.base);
    let points = comb(&group, &q, 42);
    let mut claims = Obligations::default();
    for point in points.iter().flatten() {
        claims.claim("on the curve", group.has(point));
    }
    let half = |value: BigUint| group.field.divide(&value, &BigUint::from(2u8));
    let entry = |(x, y): &(BigUint, BigUint)| {
        let dxy = group.field.mul(&group.d, &(x * y));
        [half(y + x), half(group.field.sub(y, x)), dxy]
    };
    let expected: Vec<Vec<_>> = points
        .iter()
        .map(|window| window.iter().map(entry).collect())
        .collect();
    claims.extend(same(&curve25519::MULTIPLES, &expected, prime));
    // (2^252 - 1) Q, x and y and x y.
    let (x, y) = group.multiply(&((BigUint::from(1u8) << 252) - 1u8), &q);
    let start = [x.clone(), y.clone(), group.field.mul(&x, &y)];
    claims.claim("the start", curve25519::START.each_ref().map(big) == start);
    claims.prove(
        "curve25519's comb holds the multiples of 4 B",
        42 * 32 * 7 + 2,
    );
    plant(&curve25519::MULTIPLES, &expected, prime).settle("curve25519's table", 20, &[]);
}

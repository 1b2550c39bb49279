//! The entries of both combs, as the build script computed them, against two other
//! implementations; and as each backend reads them.

use curve25519_dalek::{EdwardsPoint, Scalar, constants::ED25519_BASEPOINT_POINT};
use num_bigint::BigUint;
use p256_reference::{
    ProjectivePoint,
    elliptic_curve::{Group as _, sec1::ToSec1Point},
};

use crate::{
    backend::with_isa,
    common,
    integer::Integer,
    isa::{
        self, Isa, Kernel, MOST_LANES,
        field::{
            CombField,
            big::{big, prime_25519, prime_p256},
            rows::{BaseRows, Rows},
        },
    },
    tables::{curve25519, nistp256},
};

/// d of the curve -x^2 + y^2 = 1 + d x^2 y^2: -121665/121666 (RFC 8032, section 5.1).
fn d() -> BigUint {
    let prime = prime_25519();
    let inverse = BigUint::from(121_666u32).modpow(&(&prime - 2u8), &prime);
    (&prime - 121_665u32) * inverse % prime
}

/// Asserts that x and y are those of a point: on the curve, with the point's y and the
/// point's sign of x.
fn assert_is(x: &BigUint, y: &BigUint, point: &EdwardsPoint) {
    let prime = prime_25519();
    let (xx, yy) = (x * x % &prime, y * y % &prime);
    let left = (&yy + &prime - &xx) % &prime;
    assert_eq!(left, (1u8 + d() * xx % &prime * yy) % &prime);
    let mut compressed = [0; 32];
    for (byte, digit) in compressed.iter_mut().zip(y.to_bytes_le()) {
        *byte = digit;
    }
    compressed[31] |= u8::from(x.bit(0)) << 7;
    assert_eq!(compressed, point.compress().to_bytes());
}

#[test]
fn the_comb_of_curve25519_holds_multiples_of_the_base_point() {
    let prime = prime_25519();
    // Q = 4 B, and then 64^i Q.
    let mut first = ED25519_BASEPOINT_POINT * Scalar::from(4u8);
    let mut offset = -first;
    let mut compared = 0;
    for window in &curve25519::MULTIPLES {
        let mut point = first;
        for entry in window {
            let [plus, minus, dxy] = entry.each_ref().map(big);
            assert!([&plus, &minus, &dxy].iter().all(|value| **value < prime));
            let (x, y) = ((&plus + &prime - &minus) % &prime, (plus + minus) % &prime);
            assert_is(&x, &y, &point);
            assert_eq!(dxy, d() * x * y % &prime);
            point += first + first;
            compared += 1;
        }
        first *= Scalar::from(64u8);
    }
    // (2^252 - 1) Q, where 2^252 is 64^42.
    offset += first;
    let [x, y, xy] = curve25519::START.each_ref().map(big);
    assert_is(&x, &y, &offset);
    assert_eq!(xy, x * y % prime);
    assert_eq!(compared, 42 * 32);
    println!("{compared} entries compared with curve25519-dalek's points");
}

#[test]
fn the_comb_of_p256_holds_multiples_of_the_base_point() {
    let mut first = ProjectivePoint::GENERATOR;
    let mut compared = 0;
    for window in &nistp256::MULTIPLES {
        let mut point = first;
        for entry in window {
            let expected = point.to_affine().to_sec1_point(false);
            let [x, y] = entry.each_ref().map(big);
            assert_eq!(x, BigUint::from_bytes_be(expected.x().unwrap()));
            assert_eq!(y, BigUint::from_bytes_be(expected.y().unwrap()));
            point += first + first;
            compared += 1;
        }
        for _ in 0..6 {
            first = first.double();
        }
    }
    assert_eq!(compared, 43 * 32);
    println!("{compared} entries compared with p256's points");
}

/// Looks up an entry for each lane.
struct Lookup<'a, F: CombField<COORDINATES>, const COORDINATES: usize> {
    column: &'a F::Column,
    indices: &'a [Integer],
    found: &'a mut [Integer],
}

impl<I: Isa, F, const COORDINATES: usize> Kernel<I> for Lookup<'_, F, COORDINATES>
where
    F: CombField<COORDINATES, Isa = I>,
{
    #[inline(always)]
    fn run(self, isa: I) {
        let index = I::window(&isa.load(self.indices), 0, 5);
        let one = F::carry(&F::constant(isa, &[1, 0, 0, 0]));
        let entry = F::carry(&F::mul(&F::lookup(self.column, &index), &one));
        I::store(&F::to_integers(&entry), self.found);
    }
}

/// Reads every entry, in every lane, and says how many.
fn look_up<I, F, const COORDINATES: usize, const ENTRIES: usize>(
    isa: I,
    multiples: &[[[Integer; COORDINATES]; ENTRIES]],
) -> usize
where
    I: Isa,
    F: CombField<COORDINATES, Isa = I>,
{
    let mut compared = 0;
    assert_eq!(F::windows().len(), multiples.len());
    for (columns, entries) in F::windows().iter().zip(multiples) {
        for (coordinate, column) in columns.iter().enumerate() {
            for first in 0..ENTRIES {
                let entry = |lane: usize| (first + 5 * lane) % ENTRIES;
                let indices: Vec<_> = (0..I::LANES)
                    .map(|lane| [entry(lane) as u64, 0, 0, 0])
                    .collect();
                let mut found = vec![[0; 4]; I::LANES];
                let kernel = Lookup::<F, COORDINATES> {
                    column,
                    indices: &indices,
                    found: &mut found,
                };
                isa::run(isa, kernel);
                for (lane, found) in found.iter().enumerate() {
                    assert_eq!(*found, entries[entry(lane)][coordinate]);
                    compared += 1;
                }
            }
        }
    }
    compared
}

fn look_up_both<I: Isa>(isa: I) -> [usize; 2] {
    [
        look_up::<I, I::Gf25519, 3, 32>(isa, &curve25519::MULTIPLES) / I::LANES,
        look_up::<I, I::GfP256, 2, 32>(isa, &nistp256::MULTIPLES) / I::LANES,
    ]
}

/// Gathers a coordinate of an entry for each lane.
struct Gather<'a, F: Rows> {
    rows: &'a [&'a F::Row],
    found: &'a mut [Integer],
}

impl<I: Isa, F: Rows<Isa = I>> Kernel<I> for Gather<'_, F> {
    #[inline(always)]
    fn run(self, isa: I) {
        let gathered = F::gather(isa, self.rows);
        // Into memory and back.
        let mut rows = [F::ZERO; MOST_LANES];
        F::scatter(&gathered, &mut rows);
        let rows = rows.each_ref();
        let one = F::carry(&F::constant(isa, &[1, 0, 0, 0]));
        let product = F::mul(&F::gather(isa, &rows[..I::LANES]), &one);
        I::store(&F::to_integers(&F::carry(&product)), self.found);
    }
}

/// Reads every entry, in every lane, and says how many coordinates that were.
fn gather<I, F, const COORDINATES: usize>(isa: I, multiples: &[[Integer; COORDINATES]]) -> usize
where
    I: Isa,
    F: BaseRows<COORDINATES, Isa = I>,
{
    let mut compared = 0;
    assert_eq!(F::multiples().len(), multiples.len());
    for coordinate in 0..COORDINATES {
        for first in 0..multiples.len() {
            let entry = |lane: usize| (first + 5 * lane) % multiples.len();
            let rows: Vec<_> = (0..I::LANES)
                .map(|lane| &F::multiples()[entry(lane)][coordinate])
                .collect();
            let mut found = vec![[0; 4]; I::LANES];
            let kernel = Gather::<F> {
                rows: &rows,
                found: &mut found,
            };
            isa::run(isa, kernel);
            for (lane, found) in found.iter().enumerate() {
                assert_eq!(*found, multiples[entry(lane)][coordinate]);
                compared += 1;
            }
        }
    }
    compared
}

fn gather_both<I: Isa>(isa: I, ed: &[[Integer; 4]], nist: &[[Integer; 3]]) -> [usize; 2]
where
    I::Gf25519: BaseRows<4>,
    I::GfP256: BaseRows<3>,
{
    [
        gather::<I, I::Gf25519, 4>(isa, ed) / I::LANES,
        gather::<I, I::GfP256, 3>(isa, nist) / I::LANES,
    ]
}

#[test]
fn the_small_multiples_are_those_of_the_base_points() {
    let prime = prime_25519();
    let ed = &curve25519::SMALL_MULTIPLES;
    for (i, entry) in ed.iter().enumerate() {
        let [plus, minus, dxy, minus_dxy] = entry.each_ref().map(big);
        let (x, y) = ((&plus + &prime - &minus) % &prime, (plus + minus) % &prime);
        assert_is(&x, &y, &(ED25519_BASEPOINT_POINT * Scalar::from(i as u64)));
        assert_eq!(dxy, d() * x * y % &prime);
        assert_eq!((dxy + minus_dxy) % &prime, BigUint::ZERO);
    }
    let nist = &nistp256::SMALL_MULTIPLES;
    let mut point = ProjectivePoint::GENERATOR;
    for entry in nist {
        let expected = point.to_affine().to_sec1_point(false);
        let [x, twice_y, minus_twice_y] = entry.each_ref().map(big);
        let y = BigUint::from_bytes_be(expected.y().unwrap());
        assert_eq!(x, BigUint::from_bytes_be(expected.x().unwrap()));
        assert_eq!(twice_y, 2u8 * y % prime_p256());
        assert_eq!(twice_y + minus_twice_y, prime_p256());
        point += ProjectivePoint::GENERATOR.double();
    }
    for backend in common::backends() {
        let compared = with_isa!(backend, isa => gather_both(isa, ed, nist));
        println!("{backend}: {compared:?} coordinates read in every lane");
        assert_eq!(compared, [129 * 4, 128 * 3]);
    }
}

#[test]
fn every_backend_reads_the_entries() {
    for backend in common::backends() {
        let compared = with_isa!(backend, isa => look_up_both(isa));
        println!("{backend}: {compared:?} coordinates read in every lane");
        assert_eq!(compared, [42 * 32 * 3, 43 * 32 * 2]);
    }
}

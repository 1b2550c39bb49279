//! The tables say what AWS-LC says: of good signatures, of each changed bit, and of the
//! numbers at the ends of the range.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
};
use elliptic_curve::group::{Curve as _, Group};
use elliptic_curve::ops::{Invert, Reduce};
use elliptic_curve::point::{AffineCoordinates, DecompressPoint};
use elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use elliptic_curve::subtle::CtOption;
use elliptic_curve::{
    AffinePoint, Field, FieldBytes, FieldBytesSize, PrimeField, ProjectivePoint, Scalar,
};
use openmls_hw_crypto::HwCrypto;
use openmls_traits::types::SignatureScheme;
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;

use super::Verifier;
use super::fixed_key::FixedKey;
use super::multiples::Multiples;
use super::sum::{Point, Sum, SumCurve};
use crate::scheme::Scheme;

const CURVES: [(SignatureScheme, &EcdsaSigningAlgorithm); 3] = [
    (
        SignatureScheme::ECDSA_SECP256R1_SHA256,
        &ECDSA_P256_SHA256_FIXED_SIGNING,
    ),
    (
        SignatureScheme::ECDSA_SECP384R1_SHA384,
        &ECDSA_P384_SHA384_FIXED_SIGNING,
    ),
    (
        SignatureScheme::ECDSA_SECP521R1_SHA512,
        &ECDSA_P521_SHA512_FIXED_SIGNING,
    ),
];

/// A key, and both ways to verify under it.
struct Judged {
    key: EcdsaKeyPair,
    tables: Verifier,
    aws_lc: Verifier,
    field_length: usize,
}

impl Judged {
    fn new(scheme: SignatureScheme, algorithm: &'static EcdsaSigningAlgorithm) -> Self {
        let scheme = Scheme::by_signature_scheme(scheme).unwrap();
        let key = EcdsaKeyPair::generate(algorithm).unwrap();
        let public_key = key.public_key().as_ref();
        let tables = Verifier::prepared(scheme, public_key);
        assert!(tables.prepared.is_some(), "{} has no tables", scheme.title);
        Self {
            aws_lc: Verifier::new(scheme, public_key),
            tables,
            field_length: scheme.field_length,
            key,
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature = self.key.sign(&SystemRandom::new(), message).unwrap();
        signature.as_ref().to_vec()
    }

    /// What both say of a signature, in the same words.
    fn releases(&self, message: &[u8], signature: &[u8]) -> bool {
        let said = [&self.tables, &self.aws_lc].map(|verifier| {
            let released = verifier.released(&HwCrypto::default(), message, signature.to_vec());
            released.map_err(|error| error.to_string())
        });
        assert_eq!(said[0], said[1], "{message:?} {signature:?}");
        said[0].is_ok()
    }
}

#[test]
fn both_ways_release_the_same_signatures() {
    for (scheme, algorithm) in CURVES {
        for _ in 0..4 {
            let judged = Judged::new(scheme, algorithm);
            for length in 0..32u8 {
                let message = vec![length; usize::from(length) * 7];
                let signature = judged.sign(&message);
                assert!(judged.releases(&message, &signature));
                assert!(!judged.releases(b"another message", &signature));
            }
        }
    }
}

#[test]
fn both_ways_refuse_each_changed_bit() {
    for (scheme, algorithm) in CURVES {
        let judged = Judged::new(scheme, algorithm);
        let signature = judged.sign(b"message");
        let mut refused = 0;
        for bit in 0..signature.len() * 8 {
            let mut changed = signature.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            refused += usize::from(!judged.releases(b"message", &changed));
        }
        assert_eq!(refused, signature.len() * 8);
    }
}

/// Zero, one, the order, one less, one more, and all bits: as r, as s, and as both.
#[test]
fn both_ways_refuse_numbers_at_the_ends() {
    for (scheme, algorithm) in CURVES {
        let judged = Judged::new(scheme, algorithm);
        let signature = judged.sign(b"message");
        let length = judged.field_length;
        let numbers = ends(scheme, length);
        for number in &numbers {
            for (r, s) in [
                (number.as_slice(), &signature[length..]),
                (&signature[..length], number.as_slice()),
                (number.as_slice(), number.as_slice()),
            ] {
                assert!(!judged.releases(b"message", &[r, s].concat()));
            }
        }
        assert_eq!(numbers.len(), 6);
        for wrong in [&signature[1..], &[], &[signature.as_slice(), &[0]].concat()] {
            assert!(!judged.releases(b"message", wrong), "another length");
        }
    }
}

/// Under the private key 1 the two sums meet: points are added to themselves and to their
/// negatives, for which the faster formulas do not hold.
#[test]
fn sums_of_the_same_points_are_right() {
    fn check<C: SumCurve>(generator: &'static Multiples<C>) -> usize
    where
        FieldBytesSize<C>: ModulusSize,
        AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
        Scalar<C>: Reduce<FieldBytes<C>> + Invert<Output = CtOption<Scalar<C>>>,
    {
        let point = ProjectivePoint::<C>::generator().to_affine();
        let encoded = point.to_sec1_point(false);
        let key = FixedKey::new(encoded.as_bytes(), generator).unwrap();
        let numbers: Vec<Scalar<C>> = [1, 2, 511, 512, 513, 1024, 1 << 20]
            .map(Scalar::<C>::from)
            .to_vec();
        let negatives = numbers.iter().map(|number| -*number);
        let numbers: Vec<Scalar<C>> = numbers.iter().copied().chain(negatives).collect();
        let mut exceptional = 0;
        for u1 in &numbers {
            for u2 in &numbers {
                let sum = (ProjectivePoint::<C>::generator() * (*u1 + u2)).to_affine();
                let identity = bool::from((*u1 + u2).is_zero());
                let r = Scalar::<C>::reduce(&sum.x());
                assert_eq!(key.sum_has_x(u1, u2, &r), !identity, "{u1:?} {u2:?}");
                assert!(!key.sum_has_x(u1, u2, &(r + Scalar::<C>::ONE)));
                let mut fast = Sum::new();
                generator.add_multiple(&mut fast, u1);
                generator.add_multiple(&mut fast, u2);
                exceptional += usize::from(fast.has_x(&r).is_none());
            }
        }
        println!(
            "{exceptional} sums of {} meet",
            numbers.len() * numbers.len()
        );
        exceptional
    }
    // A number of one digit meets itself, and what it is the negative of.
    let generator = Box::leak(Box::new(Multiples::<NistP256>::of_generator().unwrap()));
    assert!(check(generator) >= 12);
    let generator = Box::leak(Box::new(Multiples::<NistP384>::of_generator().unwrap()));
    assert!(check(generator) >= 12);
    let generator = Box::leak(Box::new(Multiples::<NistP521>::of_generator().unwrap()));
    assert!(check(generator) >= 12);
}

/// A point whose x is not less than the order, which no signature in a million years has.
#[test]
fn an_x_beyond_the_order_is_reduced() {
    fn check<C: SumCurve>()
    where
        AffinePoint<C>: DecompressPoint<C>,
    {
        let order = element_of_order::<C>();
        let mut found = 0;
        for small in 1..40u64 {
            let x = (order + C::FieldElement::from(small)).to_repr();
            let point = AffinePoint::<C>::decompress(&x, 0.into()).into_option();
            let Some(point) = point else { continue };
            let mut sum = Sum::<C>::new();
            sum.add(&Point::new(&point).unwrap());
            assert_eq!(sum.has_x(&Scalar::<C>::from(small)), Some(true));
            assert_eq!(sum.has_x(&Scalar::<C>::from(small + 1)), Some(false));
            found += 1;
        }
        assert!(found >= 8, "{found} points");
    }
    check::<NistP256>();
    check::<NistP384>();
    check::<NistP521>();
}

/// r and the order may be as much as the field's prime and more: that is no x.
#[test]
fn an_x_beyond_the_prime_is_none() {
    fn check<C: SumCurve>()
    where
        AffinePoint<C>: DecompressPoint<C>,
    {
        let order = element_of_order::<C>();
        let mut found = 0;
        for small in 0..40u64 {
            let element = C::FieldElement::from(small);
            let point = AffinePoint::<C>::decompress(&element.to_repr(), 0.into());
            let Some(point) = point.into_option() else {
                continue;
            };
            let mut sum = Sum::<C>::new();
            sum.add(&Point::new(&point).unwrap());
            // r + order = prime + small.
            let r = Scalar::<C>::from_repr((element - order).to_repr()).unwrap();
            assert_eq!(sum.has_x(&r), Some(false));
            found += 1;
        }
        assert!(found >= 8, "{found} points");
    }
    check::<NistP256>();
    check::<NistP384>();
    check::<NistP521>();
}

fn element_of_order<C: SumCurve>() -> C::FieldElement {
    let less = (-Scalar::<C>::ONE).to_repr();
    C::FieldElement::from_repr(less).unwrap() + C::FieldElement::ONE
}

/// Points off the curve, the identity, and points in the compressed form have no tables.
#[test]
fn what_is_no_point_has_no_tables() {
    for (scheme, algorithm) in CURVES {
        let judged = Judged::new(scheme, algorithm);
        let scheme = Scheme::by_signature_scheme(scheme).unwrap();
        let mut point = judged.key.public_key().as_ref().to_vec();
        *point.last_mut().unwrap() ^= 1;
        let compressed = [&[2], &point[1..][..scheme.field_length]].concat();
        for bytes in [point.as_slice(), &point[1..], &compressed, &[], &[0]] {
            assert!(Verifier::prepared(scheme, bytes).prepared.is_none());
        }
    }
}

fn ends(scheme: SignatureScheme, length: usize) -> Vec<Vec<u8>> {
    let order = order(scheme);
    let mut zero = vec![0; length];
    let mut ends = vec![zero.clone(), order.clone(), vec![255; length]];
    zero[length - 1] = 1;
    ends.push(zero);
    for step in [1, -1] {
        // The orders end in 0x51, 0x73 and 0x09: no carry.
        let mut neighbour = order.clone();
        let last = neighbour.last_mut().unwrap();
        *last = last.wrapping_add_signed(step);
        ends.push(neighbour);
    }
    ends
}

/// The curve's order, from SEC 2, sections 2.4.2, 2.5.1 and 2.6.1, by the crates' constants.
fn order(scheme: SignatureScheme) -> Vec<u8> {
    use elliptic_curve::PrimeField;
    let one_less = match scheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256 => (-p256::Scalar::ONE).to_repr().to_vec(),
        SignatureScheme::ECDSA_SECP384R1_SHA384 => (-p384::Scalar::ONE).to_repr().to_vec(),
        _ => (-p521::Scalar::ONE).to_repr().to_vec(),
    };
    let mut order = one_less;
    *order.last_mut().unwrap() += 1;
    order
}

//! ECDSA verification under one public key, again and again (FIPS 186-5, section 6.4.2).
//!
//! A signer verifies all that its token signs under the same few keys. With multiples of
//! the public key and of the generator at hand, u1 G + u2 Q is a sum of table entries and
//! needs no doubling. Everything here is public; nothing takes the same time whatever the
//! input.

use elliptic_curve::group::{Curve as _, Group};
use elliptic_curve::ops::{Invert, Reduce};
use elliptic_curve::point::AffineCoordinates;
use elliptic_curve::sec1::{FromSec1Point, ModulusSize, Sec1Point, Tag};
use elliptic_curve::{
    AffinePoint, CurveArithmetic, Field, FieldBytes, FieldBytesSize, PrimeField, ProjectivePoint,
    Scalar,
};

/// A public key, ready to verify many signatures.
pub(super) struct FixedKey<C: CurveArithmetic> {
    generator: &'static Multiples<C>,
    key: Multiples<C>,
}

impl<C> FixedKey<C>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + AffineCoordinates<FieldRepr = FieldBytes<C>>,
    Scalar<C>: Reduce<FieldBytes<C>> + Invert<Output = elliptic_curve::subtle::CtOption<Scalar<C>>>,
{
    /// The key of an uncompressed point (SEC 1, section 2.3.3); none where the bytes are no
    /// point of the curve. `generator` has the multiples of the curve's generator.
    pub fn new(public_key: &[u8], generator: &'static Multiples<C>) -> Option<Self> {
        let encoded = Sec1Point::<C>::from_bytes(public_key).ok()?;
        if encoded.tag() != Tag::Uncompressed {
            return None;
        }
        let key = AffinePoint::<C>::from_sec1_point(&encoded).into_option()?;
        Some(Self {
            generator,
            key: Multiples::new(key.into()),
        })
    }

    /// Whether `signature`, r || s of fixed length, is one of the message with this digest.
    pub fn verify(&self, digest: &[u8], signature: &[u8]) -> bool {
        self.checked(digest, signature).unwrap_or(false)
    }

    fn checked(&self, digest: &[u8], signature: &[u8]) -> Option<bool> {
        let (r, s) = signature.split_at_checked(signature.len() / 2)?;
        let (r, s) = (component::<C>(r)?, component::<C>(s)?);
        let inverse = s.invert_vartime().into_option()?;
        let (u1, u2) = (hashed::<C>(digest) * inverse, r * inverse);
        let sum = self
            .generator
            .add_multiple(ProjectivePoint::<C>::identity(), &u1);
        let sum = self.key.add_multiple(sum, &u2);
        if bool::from(sum.is_identity()) {
            return Some(false);
        }
        Some(Scalar::<C>::reduce(&sum.to_affine().x()) == r)
    }
}

/// r or s: from 1 to the order less 1.
fn component<C: CurveArithmetic>(bytes: &[u8]) -> Option<Scalar<C>> {
    let bytes = FieldBytes::<C>::try_from(bytes).ok()?;
    let scalar = Scalar::<C>::from_repr(bytes).into_option()?;
    (!bool::from(scalar.is_zero())).then_some(scalar)
}

/// The digest as a number modulo the order; it is never longer than the order here.
fn hashed<C: CurveArithmetic>(digest: &[u8]) -> Scalar<C>
where
    Scalar<C>: Reduce<FieldBytes<C>>,
{
    let mut bytes = FieldBytes::<C>::default();
    let start = bytes.len().saturating_sub(digest.len());
    let length = digest.len().min(bytes.len());
    bytes[start..].copy_from_slice(&digest[..length]);
    Scalar::<C>::reduce(&bytes)
}

/// Multiples of one point: entry d - 1 of window i is d 2^(10 i) times the point, for d from
/// 1 to 512. A scalar's digits are from -511 to 512: each takes an addition or a
/// subtraction.
pub(super) struct Multiples<C: CurveArithmetic> {
    windows: Vec<Vec<AffinePoint<C>>>,
}

impl<C: CurveArithmetic> Multiples<C> {
    pub fn of_generator() -> Self {
        Self::new(ProjectivePoint::<C>::generator())
    }

    fn new(point: ProjectivePoint<C>) -> Self {
        let mut base = point;
        let window = |_| {
            let first = base;
            let mut multiples = Vec::with_capacity(DIGITS);
            for _ in 1..DIGITS {
                multiples.push(base);
                base += first;
            }
            multiples.push(base);
            base = base.double();
            let mut window = vec![AffinePoint::<C>::default(); DIGITS];
            ProjectivePoint::<C>::batch_normalize(&multiples, &mut window);
            window
        };
        // A bit more than the scalar has, for the last carry.
        let windows = (Scalar::<C>::NUM_BITS as usize + 1).div_ceil(WINDOW);
        Self {
            windows: (0..windows).map(window).collect(),
        }
    }

    /// `sum` and `scalar` times the point.
    fn add_multiple(&self, mut sum: ProjectivePoint<C>, scalar: &Scalar<C>) -> ProjectivePoint<C> {
        let bytes = scalar.to_repr();
        let mut carry = 0;
        for (index, window) in self.windows.iter().enumerate() {
            let digit = window_of(&bytes, index) + carry;
            carry = i32::from(digit > DIGITS as i32);
            let digit = digit - (carry << WINDOW);
            let place = digit.unsigned_abs() as usize;
            match digit.signum() {
                1 => sum += &window[place - 1],
                -1 => sum -= &window[place - 1],
                _ => {}
            }
        }
        sum
    }
}

/// The bits of a window.
const WINDOW: usize = 10;

/// The positive digits of a window.
const DIGITS: usize = 1 << (WINDOW - 1);

/// Bits 10 `index` to 10 `index` + 9 of a number in big-endian bytes.
fn window_of(number: &[u8], index: usize) -> i32 {
    let bit = WINDOW * index;
    let byte = |place: usize| {
        let place = number.len().checked_sub(1 + bit / 8 + place);
        place.map_or(0, |place| u32::from(number[place]))
    };
    let bytes = byte(0) | byte(1) << 8 | byte(2) << 16;
    (bytes >> (bit % 8) & ((1 << WINDOW) - 1)) as i32
}

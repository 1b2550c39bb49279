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
    AffinePoint, Field, FieldBytes, FieldBytesSize, PrimeField, ProjectivePoint, Scalar,
};

use super::multiples::Multiples;
use super::sum::{Sum, SumCurve};

/// A public key, ready to verify many signatures.
pub(super) struct FixedKey<C: SumCurve> {
    point: AffinePoint<C>,
    multiples: Multiples<C>,
    generator: &'static Multiples<C>,
}

impl<C> FixedKey<C>
where
    C: SumCurve,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C>,
    Scalar<C>: Reduce<FieldBytes<C>> + Invert<Output = elliptic_curve::subtle::CtOption<Scalar<C>>>,
{
    /// The key of an uncompressed point (SEC 1, section 2.3.3); none where the bytes are no
    /// point of the curve. `generator` has the multiples of the curve's generator.
    pub fn new(public_key: &[u8], generator: &'static Multiples<C>) -> Option<Self> {
        let encoded = Sec1Point::<C>::from_bytes(public_key).ok()?;
        if encoded.tag() != Tag::Uncompressed {
            return None;
        }
        let point = AffinePoint::<C>::from_sec1_point(&encoded).into_option()?;
        Some(Self {
            point,
            multiples: Multiples::new(point.into())?,
            generator,
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
        Some(self.sum_has_x(&(hashed::<C>(digest) * inverse), &(r * inverse), &r))
    }

    /// Whether the x of u1 G + u2 Q is `r` modulo the order.
    pub(super) fn sum_has_x(&self, u1: &Scalar<C>, u2: &Scalar<C>, r: &Scalar<C>) -> bool {
        let mut sum = Sum::new();
        self.generator.add_multiple(&mut sum, u1);
        self.multiples.add_multiple(&mut sum, u2);
        sum.has_x(r)
            .unwrap_or_else(|| self.any_sum_has_x(u1, u2, r))
    }

    /// The same, by formulas that hold for every two points: what the others do not hold for
    /// can be made by whoever has the private key, and does not come by chance.
    fn any_sum_has_x(&self, u1: &Scalar<C>, u2: &Scalar<C>, r: &Scalar<C>) -> bool {
        let point: ProjectivePoint<C> = self.point.into();
        let sum = ProjectivePoint::<C>::generator() * u1 + point * u2;
        !bool::from(sum.is_identity()) && Scalar::<C>::reduce(&sum.to_affine().x()) == *r
    }
}

/// r or s: from 1 to the order less 1.
fn component<C: SumCurve>(bytes: &[u8]) -> Option<Scalar<C>> {
    let bytes = FieldBytes::<C>::try_from(bytes).ok()?;
    let scalar = Scalar::<C>::from_repr(bytes).into_option()?;
    (!bool::from(scalar.is_zero())).then_some(scalar)
}

/// The digest as a number modulo the order; it is never longer than the order here.
fn hashed<C: SumCurve>(digest: &[u8]) -> Scalar<C>
where
    Scalar<C>: Reduce<FieldBytes<C>>,
{
    let mut bytes = FieldBytes::<C>::default();
    let start = bytes.len().saturating_sub(digest.len());
    let length = digest.len().min(bytes.len());
    bytes[start..].copy_from_slice(&digest[..length]);
    Scalar::<C>::reduce(&bytes)
}

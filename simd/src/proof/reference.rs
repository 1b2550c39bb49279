//! Points by chord and tangent, slowly: affine, by division, in big integers. Nothing here is
//! shared with what ships.

use num_bigint::BigUint;

use crate::isa::field::big::{power, prime_25519, prime_p256};

/// A number from its decimal digits.
pub(super) fn decimal(digits: &str) -> BigUint {
    digits.parse().expect("decimal digits")
}

/// A number from its hexadecimal digits.
pub(super) fn hexadecimal(digits: &str) -> BigUint {
    BigUint::parse_bytes(digits.as_bytes(), 16).expect("hexadecimal digits")
}

/// Numbers modulo a prime.
#[derive(Clone)]
pub(super) struct Modulo(pub(super) BigUint);

impl Modulo {
    pub(super) fn sub(&self, a: &BigUint, b: &BigUint) -> BigUint {
        (a + &self.0 - b % &self.0) % &self.0
    }

    pub(super) fn mul(&self, a: &BigUint, b: &BigUint) -> BigUint {
        a * b % &self.0
    }

    pub(super) fn divide(&self, a: &BigUint, b: &BigUint) -> BigUint {
        self.mul(a, &b.modinv(&self.0).expect("no division by zero"))
    }
}

/// A group whose elements are added.
pub(super) trait Group {
    type Point: Clone + PartialEq;

    fn identity(&self) -> Self::Point;
    fn add(&self, p: &Self::Point, q: &Self::Point) -> Self::Point;

    /// `k p`, bit by bit.
    fn multiply(&self, k: &BigUint, p: &Self::Point) -> Self::Point {
        (0..k.bits()).rev().fold(self.identity(), |sum, bit| {
            let double = self.add(&sum, &sum);
            if k.bit(bit) {
                self.add(&double, p)
            } else {
                double
            }
        })
    }
}

/// P-256 (SP 800-186, section 3.2.1.3): y^2 = x^3 - 3 x + b.
pub(super) struct P256 {
    field: Modulo,
    pub(super) b: BigUint,
    pub(super) order: BigUint,
    pub(super) base: (BigUint, BigUint),
}

impl P256 {
    pub(super) fn new() -> Self {
        let b = "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b";
        let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
        let x = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
        let y = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
        Self {
            field: Modulo(prime_p256()),
            b: hexadecimal(b),
            order: hexadecimal(order),
            base: (hexadecimal(x), hexadecimal(y)),
        }
    }

    /// Whether coordinates below the prime satisfy the equation.
    pub(super) fn has(&self, (x, y): &(BigUint, BigUint)) -> bool {
        let prime = &self.field.0;
        let cube = x * x % prime * x;
        let right = self.field.sub(&(cube + &self.b), &(x * 3u8));
        x < prime && y < prime && self.field.mul(y, y) == right
    }
}

/// A point, or the identity.
type Affine = Option<(BigUint, BigUint)>;

impl Group for P256 {
    type Point = Affine;

    fn identity(&self) -> Affine {
        None
    }

    fn add(&self, p: &Affine, q: &Affine) -> Affine {
        let field = &self.field;
        let (Some((x1, y1)), Some((x2, y2))) = (p, q) else {
            return p.as_ref().or(q.as_ref()).cloned();
        };
        let slope = match x1 == x2 {
            false => field.divide(&field.sub(y2, y1), &field.sub(x2, x1)),
            true if y1 != y2 || *y1 == BigUint::ZERO => return None,
            true => field.divide(
                &field.sub(&(x1 * x1 * 3u8), &BigUint::from(3u8)),
                &(y1 * 2u8),
            ),
        };
        let x = field.sub(&field.mul(&slope, &slope), &(x1 + x2));
        let y = field.sub(&field.mul(&slope, &field.sub(x1, &x)), y1);
        Some((x, y))
    }
}

/// The curve -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032, section 5.1).
pub(super) struct Edwards25519 {
    pub(super) field: Modulo,
    pub(super) d: BigUint,
    pub(super) order: BigUint,
    pub(super) base: (BigUint, BigUint),
}

impl Edwards25519 {
    pub(super) fn new() -> Self {
        let field = Modulo(prime_25519());
        let d = field.divide(&(&field.0 - 121_665u32), &BigUint::from(121_666u32));
        let x = "15112221349535400772501151409588531511454012693041857206046113283949847762202";
        let y = field.divide(&BigUint::from(4u8), &BigUint::from(5u8));
        let order = power(252) + decimal("27742317777372353535851937790883648493");
        Self {
            field,
            d,
            order,
            base: (decimal(x), y),
        }
    }

    /// Whether coordinates below the prime satisfy the equation.
    pub(super) fn has(&self, (x, y): &(BigUint, BigUint)) -> bool {
        let prime = &self.field.0;
        let (xx, yy) = (x * x % prime, y * y % prime);
        let right = (&self.d * &xx % prime * &yy + 1u8) % prime;
        x < prime && y < prime && self.field.sub(&yy, &xx) == right
    }
}

impl Group for Edwards25519 {
    type Point = (BigUint, BigUint);

    fn identity(&self) -> Self::Point {
        (BigUint::ZERO, BigUint::from(1u8))
    }

    fn add(&self, (x1, y1): &Self::Point, (x2, y2): &Self::Point) -> Self::Point {
        let field = &self.field;
        let s = field.mul(&field.mul(&(x1 * x2), &(y1 * y2)), &self.d);
        let x = field.divide(&(x1 * y2 + x2 * y1), &(&s + 1u8));
        let y = field.divide(&(y1 * y2 + x1 * x2), &field.sub(&BigUint::from(1u8), &s));
        (x, y)
    }
}

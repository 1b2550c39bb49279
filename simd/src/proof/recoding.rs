//! Scalars cut into digits, for every scalar at once.
//!
//! No digit depends on another: nothing is carried, so nothing can be lost at the end. A digit, and
//! the multiple that a sum of digits stands for, is a linear form in the bits of the scalar. Two of
//! them are the same for all scalars if their coefficients are, and the bits being 0 or 1 bound
//! each of them.

use num_bigint::BigInt;

use crate::{
    backend::with_isa,
    common,
    integer::Integer,
    isa::{self, Isa, Kernel},
    proof::obligations::{Obligations, Score},
};

/// The bits of a scalar.
const BITS: usize = 256;

/// Bits that are known.
pub(super) type Known = [(usize, bool)];

/// What is known of a scalar that RFC 7748 clamped.
pub(super) const CLAMPED: &Known = &[
    (0, false),
    (1, false),
    (2, false),
    (254, true),
    (255, false),
];
/// What is known of a scalar of P-256's kernels.
pub(super) const ODD: &Known = &[(0, true)];

/// A constant and a multiple of each bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Linear {
    constant: BigInt,
    bits: Vec<BigInt>,
}

pub(super) fn power(exponent: usize) -> BigInt {
    BigInt::from(1) << exponent
}

impl Linear {
    pub(super) fn constant(value: impl Into<BigInt>) -> Self {
        Self {
            constant: value.into(),
            bits: vec![BigInt::ZERO; BITS],
        }
    }

    /// The bits from `position` on, as a number; bits from 256 on are zero.
    pub(super) fn window(position: usize, width: usize) -> Self {
        let mut window = Self::constant(0);
        for i in (0..width).filter(|i| position + i < BITS) {
            window.bits[position + i] = power(i);
        }
        window
    }

    /// The scalar itself.
    pub(super) fn scalar() -> Self {
        Self::window(0, BITS)
    }

    pub(super) fn times(&self, factor: &BigInt) -> Self {
        Self {
            constant: &self.constant * factor,
            bits: self.bits.iter().map(|bit| bit * factor).collect(),
        }
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let bits = self.bits.iter().zip(&other.bits);
        Self {
            constant: &self.constant + &other.constant,
            bits: bits.map(|(a, b)| a + b).collect(),
        }
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        self.plus(&other.times(&BigInt::from(-1)))
    }

    /// With the bits that are known put in.
    pub(super) fn knowing(&self, known: &Known) -> Self {
        let mut result = self.clone();
        for (position, set) in known {
            let bit = core::mem::take(&mut result.bits[*position]);
            if *set {
                result.constant += bit;
            }
        }
        result
    }

    /// The least and the greatest value.
    pub(super) fn bounds(&self) -> (BigInt, BigInt) {
        let sum = |bits: &mut dyn Iterator<Item = &BigInt>| &self.constant + bits.sum::<BigInt>();
        (
            sum(&mut self.bits.iter().filter(|bit| **bit < BigInt::ZERO)),
            sum(&mut self.bits.iter().filter(|bit| **bit > BigInt::ZERO)),
        )
    }

    fn is_odd(&self) -> bool {
        self.constant.bit(0) && self.bits.iter().all(|bit| !bit.bit(0))
    }

    /// Whether no scalar makes it a multiple of an odd prime: but for a power of two it lies
    /// between 0 and the prime, or between the prime's negative and 0, or between both and is odd.
    pub(super) fn is_never_multiple_of(&self, prime: &BigInt) -> bool {
        let all = || self.bits.iter().chain([&self.constant]);
        let twos = all().filter_map(BigInt::trailing_zeros).min().unwrap_or(0);
        let (low, high) = self.bounds();
        let (low, high) = (low >> twos, high >> twos);
        let odd =
            (&self.constant >> twos).bit(0) && self.bits.iter().all(|bit| !(bit >> twos).bit(0));
        let nonzero = odd || low > BigInt::ZERO || high < BigInt::ZERO;
        nonzero && -prime < low && high < *prime
    }

    /// Claims that neither this multiple of a point nor another is the identity, and that they are
    /// neither equal nor opposite, whichever the bit that is the other's sign.
    pub(super) fn is_apart_from(
        &self,
        other: &Self,
        sign: usize,
        order: &BigInt,
        claims: &mut Obligations,
    ) {
        for set in [false, true] {
            let mut check = |what: &str, form: &Self| {
                claims.claim(
                    what,
                    form.knowing(&[(sign, set)]).is_never_multiple_of(order),
                );
            };
            check("the other is not the identity", other);
            check("they are not opposite", &self.plus(other));
            check("they are not equal", &self.minus(other));
        }
        claims.claim("this is not the identity", self.is_never_multiple_of(order));
    }
}

/// How a kernel cuts a scalar into digits.
#[derive(Clone)]
pub(super) struct Recoding {
    /// Where the lowest window begins.
    pub(super) first: usize,
    pub(super) width: usize,
    pub(super) windows: usize,
    /// How many odd multiples a digit may name.
    entries: u32,
    /// Whether the highest window is its digit's index, the digit being positive.
    pub(super) positive_top: bool,
    /// What the sum of the digits is multiplied by.
    pub(super) unit: BigInt,
    /// What the sum starts from.
    pub(super) start: BigInt,
}

impl Recoding {
    /// That of curve25519's comb, whose base is Q = 4 B.
    pub(super) fn comb25519() -> Self {
        Self {
            first: 3,
            width: 6,
            windows: 42,
            entries: 32,
            positive_top: false,
            unit: BigInt::from(4),
            start: 4 * (power(252) - 1),
        }
    }

    /// That of P-256's windows.
    pub(super) fn windows_p256() -> Self {
        Self {
            first: 1,
            width: 4,
            windows: 64,
            entries: 8,
            positive_top: true,
            unit: BigInt::from(1),
            start: BigInt::ZERO,
        }
    }

    /// That of P-256's comb.
    pub(super) fn comb_p256() -> Self {
        Self {
            width: 6,
            windows: 43,
            entries: 32,
            ..Self::windows_p256()
        }
    }

    /// Where window `i` begins.
    pub(super) fn position(&self, i: usize) -> usize {
        self.first + self.width * i
    }

    /// Digit `i`: 2 w - (2^width - 1), or 2 w + 1 where the window is the index.
    pub(super) fn digit(&self, i: usize) -> Linear {
        let twice = Linear::window(self.position(i), self.width).times(&BigInt::from(2));
        twice.plus(&Linear::constant(match self.is_index(i) {
            true => BigInt::from(1),
            false => 1 - power(self.width),
        }))
    }

    fn is_index(&self, i: usize) -> bool {
        self.positive_top && i + 1 == self.windows
    }

    /// The weight of digit `i`.
    pub(super) fn weight(&self, i: usize) -> BigInt {
        &self.unit * power(self.width * i)
    }

    /// The sum of all digits.
    fn sum(&self) -> Linear {
        let start = Linear::constant(self.start.clone());
        (0..self.windows).fold(start, |sum, i| {
            sum.plus(&self.digit(i).times(&self.weight(i)))
        })
    }

    /// The digits add up to the scalar, and each of them is odd and names an entry.
    fn claims(&self, known: &Known) -> Obligations {
        let mut claims = Obligations::default();
        let scalar = Linear::scalar().knowing(known);
        claims.claim("the sum is the scalar", self.sum().knowing(known) == scalar);
        for i in 0..self.windows {
            let digit = self.digit(i).knowing(known);
            let (low, high) = digit.bounds();
            let most = BigInt::from(2 * self.entries);
            claims.claim("odd", digit.is_odd());
            claims.claim("names an entry", -&most < low && high < most);
            claims.claim(
                "positive if an index",
                !self.is_index(i) || low > BigInt::ZERO,
            );
        }
        claims
    }

    /// The recoding done otherwise.
    fn alterations(&self) -> Vec<(&'static str, Self)> {
        let with = |change: &dyn Fn(&mut Self)| {
            let mut altered = self.clone();
            change(&mut altered);
            altered
        };
        vec![
            ("begins a bit early", with(&|recoding| recoding.first -= 1)),
            ("begins a bit late", with(&|recoding| recoding.first += 1)),
            ("narrower windows", with(&|recoding| recoding.width -= 1)),
            ("wider windows", with(&|recoding| recoding.width += 1)),
            ("a window short", with(&|recoding| recoding.windows -= 1)),
            ("a window more", with(&|recoding| recoding.windows += 1)),
            (
                "the top otherwise",
                with(&|recoding| recoding.positive_top ^= true),
            ),
            ("twice the unit", with(&|recoding| recoding.unit *= 2)),
            ("starts elsewhere", with(&|recoding| recoding.start += 1)),
            (
                "starts from the negative",
                with(&|recoding| recoding.start -= power(252)),
            ),
        ]
    }
}

#[test]
fn digits_add_up_to_the_scalar() {
    let more = [(
        "a window more",
        "the digits of zeros and of the old top are the old top digit",
    )];
    let recodings = [
        (
            "curve25519's comb",
            Recoding::comb25519(),
            CLAMPED,
            127,
            &[][..],
        ),
        (
            "P-256's windows",
            Recoding::windows_p256(),
            ODD,
            193,
            &more[..],
        ),
        ("P-256's comb", Recoding::comb_p256(), ODD, 130, &more[..]),
    ];
    for (name, recoding, known, count, harmless) in recodings {
        let theorem = format!("the digits of {name} add up to the scalar, for every scalar");
        recoding.claims(known).prove(&theorem, count);
        let mut score = Score::default();
        for (bug, altered) in recoding.alterations() {
            score.add(bug, altered.claims(known).is_refuted());
        }
        let caught = 10 - harmless.len();
        score.settle(&format!("the recoding of {name}"), caught, harmless);
    }
}

/// Splits every window of a width.
struct Split<'a> {
    width: usize,
    claims: &'a mut Obligations,
}

impl<I: Isa> Kernel<I> for Split<'_> {
    #[inline(always)]
    fn run(self, isa: I) {
        for value in 0..1 << self.width {
            let lanes = vec![[value, 0, 0, 0]; I::LANES];
            let window = I::window(&isa.load(&lanes), 0, self.width);
            let (negative, index) = I::signed(&window, self.width);
            let digit = 2 * value as i64 - ((1 << self.width) - 1);
            for lane in 0..I::LANES {
                let is_negative = I::reveal(&negative, lane) == (digit < 0);
                self.claims.claim("the sign", is_negative);
                for entry in 0..1 << (self.width - 1) {
                    let named = I::reveal(&I::is(&index, entry), lane);
                    let expected = digit.unsigned_abs() == 2 * entry + 1;
                    self.claims.claim("the entry", named == expected);
                }
            }
        }
    }
}

/// The obligations of all windows of both widths, in one lane.
const SPLITS: usize = 16 * (1 + 8) + 64 * (1 + 32);

#[test]
fn every_window_splits_into_its_digits_sign_and_entry() {
    for backend in common::backends() {
        let mut claims = Obligations::default();
        for width in [4, 6] {
            let kernel = Split {
                width,
                claims: &mut claims,
            };
            with_isa!(backend, isa => isa::run(isa, kernel));
        }
        let theorem = format!("{backend}: a window's sign and entry, for every window");
        claims.prove(&theorem, SPLITS * backend.lanes());
    }
}

/// Reads the windows that end beyond a scalar's last bit.
struct Overhang<'a> {
    claims: &'a mut Obligations,
}

impl<I: Isa> Kernel<I> for Overhang<'_> {
    #[inline(always)]
    fn run(self, isa: I) {
        let lanes: Vec<Integer> = vec![[u64::MAX; 4]; I::LANES];
        for recoding in [Recoding::windows_p256(), Recoding::comb_p256()] {
            let position = recoding.position(recoding.windows - 1);
            let window = I::window(&isa.load(&lanes), position, recoding.width);
            for lane in 0..I::LANES {
                // The three bits that are left.
                let named = I::reveal(&I::is(&window, 7), lane);
                self.claims.claim("three bits", named);
            }
        }
    }
}

#[test]
fn bits_beyond_the_last_are_zero() {
    for backend in common::backends() {
        let mut claims = Obligations::default();
        let kernel = Overhang {
            claims: &mut claims,
        };
        with_isa!(backend, isa => isa::run(isa, kernel));
        let theorem = format!("{backend}: the top window has three bits");
        claims.prove(&theorem, 2 * backend.lanes());
    }
}

//! ECDSA signatures at the ends of their ranges, and written in other ways than DER's.
//!
//! Those with an `r` or an `s` at an end that is still in range need keys made for them, and are among
//! Wycheproof's.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{HpkeKemType, SignatureScheme},
};

use crate::conformance::malformed::order;
use crate::conformance::reference::{kem, signature};
use crate::conformance::{Report, report::ok};

const MESSAGE: &[u8] = b"message";

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;

/// A signature as two numbers of the order's length.
struct Signature {
    r: Vec<u8>,
    s: Vec<u8>,
}

/// The signatures of a scheme on its curve.
///
/// # Panics
///
/// Panics if `scheme` is not an ECDSA scheme.
pub fn ecdsa(crypto: &impl OpenMlsCrypto, scheme: SignatureScheme) -> Report {
    let mut report = Report::new(format!("signatures of {scheme:?} at their ends"));
    let kem = match scheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256 => HpkeKemType::DhKemP256,
        SignatureScheme::ECDSA_SECP384R1_SHA384 => HpkeKemType::DhKemP384,
        SignatureScheme::ECDSA_SECP521R1_SHA512 => HpkeKemType::DhKemP521,
        other => panic!("{other:?} is not ECDSA"),
    };
    let order = order(kem);
    let Some((public, signed)) = reference(kem, scheme, order.len()) else {
        report.fail(format!("{scheme:?}"), "no reference signature");
        return report;
    };
    let verify = |signature: &[u8]| crypto.verify_signature(scheme, MESSAGE, &public, signature);
    for (name, signature) in both_s(&signed, &order) {
        report.accepts(format!("{scheme:?} {name}"), || ok(verify(&signature)));
    }
    let refused = out_of_range(&signed, &order).into_iter();
    for (name, signature) in refused.chain(other_writings(&signed)) {
        report.refuses(format!("{scheme:?} {name}"), || verify(&signature));
    }
    report
}

fn reference(
    kem: HpkeKemType,
    scheme: SignatureScheme,
    length: usize,
) -> Option<(Vec<u8>, Signature)> {
    let (private, public) = kem::derive_key_pair(kem, b"signature key")?;
    let signature = signature::sign(scheme, &private, MESSAGE)?;
    Some((public, Signature::read(&signature, length)))
}

type Named = (&'static str, Vec<u8>);

/// `s` and `n - s` are as good as each other: there is no rule of the lower one.
fn both_s(signed: &Signature, order: &[u8]) -> [Named; 2] {
    let other = less(order, &signed.s);
    [
        ("as it was made", der(&signed.r, &signed.s)),
        ("with n - s", der(&signed.r, &other)),
    ]
}

/// FIPS 186-5, section 6.4.2: both are from 1 to n - 1.
fn out_of_range(signed: &Signature, order: &[u8]) -> Vec<Named> {
    let Signature { r, s } = signed;
    let (zero, ones) = (vec![0; order.len()], vec![0xff; order.len()]);
    vec![
        ("r of zero", der(&zero, s)),
        ("s of zero", der(r, &zero)),
        ("both of zero", der(&zero, &zero)),
        ("r of n", der(order, s)),
        ("s of n", der(r, order)),
        ("r + n", der(&more(r, order), s)),
        ("s + n", der(r, &more(s, order))),
        ("r of ones", der(&ones, s)),
        ("s of ones", der(r, &ones)),
    ]
}

/// BER's, and what is none.
fn other_writings(signed: &Signature) -> Vec<Named> {
    let Signature { r, s } = signed;
    let (r, s) = (integer(r), integer(s));
    let both = [&r[..], &s].concat();
    let with = |extra: &[u8]| element(SEQUENCE, &[&both[..], extra].concat());
    let value = |integer: &[u8]| integer[2..].to_vec();
    let zero_before = element(INTEGER, &[&[0], &value(&r)[..]].concat());
    let negative = element(INTEGER, &[&[0xff], &value(&r)[..]].concat());
    vec![
        ("a length in more bytes", {
            let length = both.len() as u8;
            [&[SEQUENCE, 0x82, 0, length], &both[..]].concat()
        }),
        ("an indefinite length", {
            [&[SEQUENCE, 0x80], &both[..], &[0, 0]].concat()
        }),
        ("a zero before r", {
            element(SEQUENCE, &[&zero_before[..], &s].concat())
        }),
        (
            "a negative r",
            element(SEQUENCE, &[&negative[..], &s].concat()),
        ),
        ("a byte after s", with(&[0])),
        ("a NULL after s", with(&[5, 0])),
        ("a third integer", with(&[INTEGER, 1, 1])),
        ("a byte after all", [&with(&[])[..], &[0]].concat()),
        ("no s", element(SEQUENCE, &r)),
        ("an empty r", {
            element(SEQUENCE, &[&[INTEGER, 0], &s[..]].concat())
        }),
        ("another tag", element(0x31, &both)),
        ("another tag of r", {
            let other = element(0x03, &value(&r));
            element(SEQUENCE, &[&other[..], &s].concat())
        }),
        ("no sequence", both.clone()),
    ]
}

impl Signature {
    /// Of the reference's DER.
    fn read(der: &[u8], length: usize) -> Self {
        let content = match der[1] & 0x80 {
            0 => &der[2..],
            _ => &der[3..],
        };
        let (r, rest) = content[2..].split_at(usize::from(content[1]));
        let padded = |integer: &[u8]| {
            let zeros = integer.iter().take_while(|&&byte| byte == 0).count();
            let digits = &integer[zeros..];
            [&vec![0; length - digits.len()], digits].concat()
        };
        Self {
            r: padded(r),
            s: padded(&rest[2..]),
        }
    }
}

/// `ECDSA-Sig-Value` in DER (RFC 3279, section 2.2.3).
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[integer(r), integer(s)].concat())
}

fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    let digits = &number[zeros..];
    match digits.first() {
        Some(first) if first & 0x80 == 0 => element(INTEGER, digits),
        _ => element(INTEGER, &[&[0], digits].concat()),
    }
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len() as u8;
    match length & 0x80 {
        0 => [&[tag, length], content].concat(),
        _ => [&[tag, 0x81, length], content].concat(),
    }
}

/// `a + b`, one byte longer.
fn more(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut sum = vec![0; a.len() + 1];
    let mut carry = 0;
    for at in (0..a.len()).rev() {
        carry += u16::from(a[at]) + u16::from(b[at]);
        sum[at + 1] = carry as u8;
        carry >>= 8;
    }
    sum[0] = carry as u8;
    sum
}

/// `a - b`, of two of one length.
fn less(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut difference = a.to_vec();
    let mut borrow = 0;
    for (digit, &taken) in difference.iter_mut().zip(b).rev() {
        let rest = i16::from(*digit) - i16::from(taken) - borrow;
        *digit = rest as u8;
        borrow = i16::from(rest < 0);
    }
    difference
}

//! All Wycheproof cases for X25519 and ECDH with P-256, on every backend, each in
//! every lane, next to other cases, good and bad.

use mls_lanes::{Error, SharedSecret, outputs, p256, x25519};
use wycheproof::{TestResult, ecdh, xdh};

mod common;

/// What a case gives: the scalar, the point, and the secret unless it must fail.
struct Case {
    id: usize,
    scalar: Vec<u8>,
    point: Vec<u8>,
    secret: Option<Vec<u8>>,
}

type Outcomes = [Result<SharedSecret, Error>];

/// Runs all cases once for each lane, so that each visits them all; returns how
/// many times a case ran.
fn run_in_every_lane(
    cases: &[Case],
    lanes: usize,
    agree: impl Fn(&[&[u8]], &[&[u8]], &mut Outcomes),
) -> usize {
    let mut ran = 0;
    for shift in 0..lanes {
        let rotated: Vec<_> = cases.iter().cycle().skip(shift).take(cases.len()).collect();
        let scalars: Vec<_> = rotated.iter().map(|case| case.scalar.as_slice()).collect();
        let points: Vec<_> = rotated.iter().map(|case| case.point.as_slice()).collect();
        let mut secrets = outputs(cases.len());
        agree(&scalars, &points, &mut secrets);
        for (case, secret) in rotated.iter().zip(&secrets) {
            let secret = secret
                .as_ref()
                .ok()
                .map(|secret| secret.as_bytes().to_vec());
            assert_eq!(secret, case.secret, "case {}", case.id);
            ran += 1;
        }
    }
    ran
}

#[test]
fn x25519_cases() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let tests = set.test_groups.iter().flat_map(|group| &group.tests);
    let cases: Vec<_> = tests
        .map(|test| {
            assert_ne!(test.result, TestResult::Invalid);
            let zero = test.flags.contains(&xdh::TestFlag::ZeroSharedSecret);
            Case {
                id: test.tc_id,
                scalar: test.private_key.to_vec(),
                point: test.public_key.to_vec(),
                secret: (!zero).then(|| test.shared_secret.to_vec()),
            }
        })
        .collect();
    assert_eq!(cases.len(), 518);
    assert_eq!(
        cases.iter().filter(|case| case.secret.is_none()).count(),
        31
    );
    for backend in common::backends() {
        let ran = run_in_every_lane(&cases, backend.lanes(), |scalars, points, secrets| {
            x25519::diffie_hellman(backend, scalars, points, secrets).unwrap();
        });
        assert_eq!(ran, 518 * backend.lanes());
        println!("{backend}: {ran} X25519 cases");
    }
}

/// What precedes an uncompressed point of P-256 in a SubjectPublicKeyInfo with the
/// curve named (RFC 5480).
const NAMED_CURVE: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The last 32 bytes of an integer that may have leading zeros, or lack them.
fn scalar_bytes(integer: &[u8]) -> Vec<u8> {
    let digits = integer
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(integer.len());
    let digits = &integer[digits..];
    let mut bytes = vec![0; 32_usize.saturating_sub(digits.len())];
    bytes.extend(digits);
    bytes
}

fn p256_cases(name: ecdh::TestName, point_of: impl Fn(&[u8]) -> Option<&[u8]>) -> Vec<Case> {
    let set = ecdh::TestSet::load(name).unwrap();
    let tests = set.test_groups.iter().flat_map(|group| &group.tests);
    tests
        .filter_map(|test| {
            let point = point_of(&test.public_key)?;
            let valid = test.result == TestResult::Valid;
            Some(Case {
                id: test.tc_id,
                scalar: scalar_bytes(&test.private_key),
                point: point.to_vec(),
                secret: valid.then(|| test.shared_secret.to_vec()),
            })
        })
        .collect()
}

/// How many cases must fail: the invalid ones, and those that are acceptable for
/// being lenient (a compressed point, a damaged encoding).
fn refused(cases: &[Case]) -> usize {
    cases.iter().filter(|case| case.secret.is_none()).count()
}

fn run_p256(cases: &[Case]) {
    for backend in common::backends() {
        let ran = run_in_every_lane(cases, backend.lanes(), |scalars, points, secrets| {
            p256::diffie_hellman(backend, scalars, points, secrets).unwrap();
        });
        assert_eq!(ran, cases.len() * backend.lanes());
        println!("{backend}: {ran} P-256 cases");
    }
}

/// Of the SubjectPublicKeyInfos, those that name the curve and hold an uncompressed
/// point; the others are for a parser to refuse.
#[test]
fn p256_cases_with_public_key_infos() {
    let cases = p256_cases(ecdh::TestName::EcdhSecp256r1, |info| {
        info.strip_prefix(&NAMED_CURVE)
    });
    assert_eq!((cases.len(), refused(&cases)), (350, 20));
    run_p256(&cases);
}

#[test]
fn p256_cases_with_points() {
    let cases = p256_cases(ecdh::TestName::EcdhSecp256r1Ecpoint, |point| Some(point));
    assert_eq!((cases.len(), refused(&cases)), (355, 25));
    run_p256(&cases);
}

//! Verification with ECDSA over P-256, on every backend, against aws-lc-rs.

use aws_lc_rs::signature::KeyPair;
use mls_lanes::vartime::p256::{self, Verdict};

mod common;
mod verification;

use common::{Randomness, hex};
use verification::{
    in_every_lane,
    p256::{Case, answers, key_pair, random_cases, verdicts, verify, wycheproof},
    run_random,
};

#[test]
fn wycheproof_cases() {
    let (cases, expected) = wycheproof();
    let all: Vec<_> = cases.iter().collect();
    for backend in common::backends() {
        let ran = in_every_lane(backend, &cases, &expected, |cases| answers(backend, cases));
        assert_eq!(ran, cases.len() * backend.lanes());
        let verdicts = verdicts(backend, &all).into_iter();
        let unknown = verdicts.filter(|verdict| *verdict == Verdict::Unknown);
        let unknown = unknown.count();
        println!("{backend}: {ran} cases of Wycheproof, {unknown} unknown to the lanes");
    }
}

/// 0, 1, 2, the order, its half, the prime and their neighbours, and 2^256 - 1.
fn edge_scalars() -> Vec<[u8; 32]> {
    const SCALARS: [&str; 13] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000001",
        "0000000000000000000000000000000000000000000000000000000000000002",
        "0000000000000000000000000000000000000000000000000000000000000003",
        "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8",
        "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a9",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254f",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552",
        "ffffffff00000001000000000000000000000000fffffffffffffffffffffffe",
        "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ];
    SCALARS.map(hex).to_vec()
}

/// Every edge as r and as s, under a good key, the base point, and keys that are none.
#[test]
fn edges() {
    let good: [u8; 65] = key_pair().public_key().as_ref().try_into().unwrap();
    let (mut compressed, mut off, mut above) = (good, good, good);
    compressed[0] = 2;
    off[64] ^= 1;
    above[1..33].fill(0xff);
    let (mut zero, mut no_y) = ([0; 65], good);
    zero[0] = 4;
    no_y[33..].fill(0);
    let mut base = [4; 65];
    base[1..33].copy_from_slice(&hex::<32>(
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
    ));
    base[33..].copy_from_slice(&hex::<32>(
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    ));
    let mut cases = Vec::new();
    for key in [good, base, compressed, off, above, zero, no_y] {
        for r in edge_scalars() {
            for s in edge_scalars() {
                for message in 0..4 {
                    let mut signature = [0; 64];
                    signature[..32].copy_from_slice(&r);
                    signature[32..].copy_from_slice(&s);
                    cases.push(Case {
                        key,
                        message: vec![message],
                        signature,
                    });
                }
            }
        }
    }
    let expected: Vec<_> = cases.iter().map(Case::verdict).collect();
    let all: Vec<_> = cases.iter().collect();
    assert_eq!(cases.len(), 7 * 13 * 13 * 4);
    for backend in common::backends() {
        let verdicts = verdicts(backend, &all);
        let mut unknown = 0;
        for ((case, found), expected) in all.iter().zip(verdicts).zip(&expected) {
            unknown += usize::from(found == Verdict::Unknown);
            let agrees = found == Verdict::Unknown || (found == Verdict::Good) == *expected;
            assert!(agrees, "{backend}: {:02x?}", case.signature);
        }
        println!("{backend}: {} edges, {unknown} unknown", cases.len());
    }
}

/// A signature for whose key, the base point, both halves of the sum are one point: nothing but a
/// doubling would do, which the lanes leave to others.
#[test]
fn an_exception_is_unknown() {
    // Under the key G, u1 G + u2 G with u1 = u2, whose digits are the same. With r = z, u1 = u2.
    let mut key = [4; 65];
    key[1..33].copy_from_slice(&hex::<32>(
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
    ));
    key[33..].copy_from_slice(&hex::<32>(
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    ));
    let mut one = [0; 32];
    one[31] = 1;
    let mut signature = [0; 64];
    signature[31] = 1;
    signature[63] = 1;
    let signed = p256::Signed {
        key: &key,
        digest: &one,
        signature: &signature,
    };
    for backend in common::backends() {
        assert_eq!(p256::verify(backend, &[signed]), [Verdict::Unknown]);
    }
}

#[test]
fn random_signatures() {
    run_random(
        "MLS_LANES_ECDSA_P256_SIGNATURES",
        random_cases,
        Case::verdict,
        verify,
    );
}

/// Batches of every length up to two vectors and more, and of more than a group.
#[test]
fn batches_of_every_length() {
    let mut random = Randomness::new();
    let cases = random_cases(&mut random, 300);
    let all: Vec<_> = cases.iter().collect();
    for backend in common::backends() {
        for length in (0..20).chain([63, 64, 65, 127, 128, 129, 300]) {
            let verdicts = verify(backend, &all[..length]);
            let expected: Vec<_> = (0..length).map(|i| i % 2 == 0).collect();
            assert_eq!(verdicts, expected, "{backend}");
        }
    }
}

//! Verification with Ed25519, on every backend, against aws-lc-rs.

mod common;
mod verification;

use common::{Randomness, hex};
use verification::{
    ed25519::{Case, random_cases, verify, wycheproof},
    in_every_lane, run_random,
};

#[test]
fn wycheproof_cases() {
    let (cases, verdicts) = wycheproof();
    for backend in common::backends() {
        let ran = in_every_lane(backend, &cases, &verdicts, |cases| verify(backend, cases));
        assert_eq!(ran, cases.len() * backend.lanes());
        println!("{backend}: {ran} cases of Wycheproof");
    }
}

/// The points of small order in all their encodings, encodings that are not below the prime, and
/// what encodes no point; then the base point.
fn edge_points() -> Vec<[u8; 32]> {
    const Y: [&str; 10] = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        // p and p + 1, for 0 and 1; then what encodes points and no points above the prime.
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        // No point has y = 2.
        "0200000000000000000000000000000000000000000000000000000000000000",
        "5866666666666666666666666666666666666666666666666666666666666666",
    ];
    let mut points = Vec::new();
    for y in Y {
        let mut point = hex::<32>(y);
        points.push(point);
        point[31] |= 0x80;
        points.push(point);
    }
    points
}

/// 0, 1, 8, the order and its neighbours, its double less one, and the largest of each length.
fn edge_scalars() -> Vec<[u8; 32]> {
    const S: [&str; 11] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0800000000000000000000000000000000000000000000000000000000000000",
        "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
        "eed3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
        "d9a7ebb934c624b0ac39ef45bdf3bd2900000000000000000000000000000020",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff0f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff1f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ];
    S.map(hex).to_vec()
}

/// Every edge as a key with every edge as R and as s, over a few messages: where a key and R are
/// of small order, one message in eight or so has a good signature.
#[test]
fn edges() {
    let (points, scalars) = (edge_points(), edge_scalars());
    let mut cases = Vec::new();
    for key in &points {
        for r in &points {
            for s in &scalars {
                for message in 0..8 {
                    let mut signature = [0; 64];
                    signature[..32].copy_from_slice(r);
                    signature[32..].copy_from_slice(s);
                    cases.push(Case {
                        key: *key,
                        message: vec![message],
                        signature,
                    });
                }
            }
        }
    }
    let verdicts: Vec<_> = cases.iter().map(Case::verdict).collect();
    let good = verdicts.iter().filter(|good| **good).count();
    assert_eq!(cases.len(), 20 * 20 * 11 * 8);
    assert_eq!(good, 88);
    let all: Vec<_> = cases.iter().collect();
    for backend in common::backends() {
        for ((case, found), expected) in all.iter().zip(verify(backend, &all)).zip(&verdicts) {
            let (key, signature) = (case.key, case.signature);
            assert_eq!(found, *expected, "{backend}: {key:02x?} {signature:02x?}");
        }
        println!("{backend}: {} edges, of which {good} are good", cases.len());
    }
}

#[test]
fn random_signatures() {
    run_random(
        "MLS_LANES_ED25519_SIGNATURES",
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

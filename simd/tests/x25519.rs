//! X25519 on every backend against RFC 7748 and against two other implementations.

use mls_lanes::{Backend, Error, outputs, x25519};

mod common;
use common::{Randomness, hex};

fn agree(backend: Backend, scalars: &[[u8; 32]], points: &[[u8; 32]]) -> Vec<[u8; 32]> {
    let mut secrets = outputs(scalars.len());
    x25519::diffie_hellman(backend, scalars, points, &mut secrets).unwrap();
    secrets
        .into_iter()
        .map(|secret| *secret.unwrap().as_bytes())
        .collect()
}

fn generate(backend: Backend, scalars: &[[u8; 32]]) -> Vec<[u8; 32]> {
    let mut public_keys = outputs(scalars.len());
    x25519::public_keys(backend, scalars, &mut public_keys).unwrap();
    public_keys.into_iter().map(Result::unwrap).collect()
}

/// RFC 7748, section 5.2, and section 6.1: scalar, u coordinate, product.
const RFC_7748: [[&str; 3]; 4] = [
    [
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ],
    [
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ],
    [
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    ],
    [
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "0900000000000000000000000000000000000000000000000000000000000000",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
    ],
];

#[test]
fn rfc_7748_vectors() {
    for backend in common::backends() {
        for [scalar, point, product] in RFC_7748 {
            assert_eq!(
                agree(backend, &[hex(scalar)], &[hex(point)]),
                [hex(product)]
            );
        }
        let [scalar, _, product] = RFC_7748[3];
        assert_eq!(generate(backend, &[hex(scalar)]), [hex(product)]);
    }
}

#[test]
fn rfc_7748_thousand_iterations() {
    for backend in common::backends() {
        let mut u = [0; 32];
        u[0] = 9;
        let mut k = u;
        for iteration in 1..=1000 {
            let next = agree(backend, &[k], &[u])[0];
            (k, u) = (next, k);
            if iteration == 1 {
                let once = "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079";
                assert_eq!(k, hex(once));
            }
        }
        let thousand = "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51";
        assert_eq!(k, hex(thousand));
    }
}

#[test]
fn agrees_with_x25519_dalek_at_every_length() {
    for backend in common::backends() {
        let mut random = Randomness::new();
        for length in 0..=3 * backend.lanes() + 1 {
            let scalars: Vec<[u8; 32]> = (0..length).map(|_| random.array()).collect();
            let points: Vec<[u8; 32]> = (0..length).map(|_| random.array()).collect();
            let expected: Vec<_> = scalars
                .iter()
                .zip(&points)
                .map(|(scalar, point)| x25519_dalek::x25519(*scalar, *point))
                .collect();
            assert_eq!(
                agree(backend, &scalars, &points),
                expected,
                "{backend} {length}"
            );
            let base = x25519_dalek::X25519_BASEPOINT_BYTES;
            let expected: Vec<_> = scalars
                .iter()
                .map(|scalar| x25519_dalek::x25519(*scalar, base))
                .collect();
            assert_eq!(generate(backend, &scalars), expected, "{backend} {length}");
        }
    }
}

#[test]
fn bad_elements_fail_alone() {
    for backend in common::backends() {
        let mut random = Randomness::new();
        let scalars: Vec<Vec<u8>> = (0..20).map(|_| random.array::<32>().to_vec()).collect();
        let good = random.array::<32>().to_vec();
        for position in 0..20 {
            let mut points = vec![good.clone(); 20];
            let mut some_scalars = scalars.clone();
            points[position] = vec![0; 32];
            points[(position + 1) % 20] = vec![9; 31];
            some_scalars[(position + 2) % 20].push(0);
            some_scalars[(position + 3) % 20].clear();
            let mut secrets = outputs(20);
            x25519::diffie_hellman(backend, &some_scalars, &points, &mut secrets).unwrap();
            for (i, secret) in secrets.iter().enumerate() {
                let expected = match (i + 20 - position) % 20 {
                    0 => Err(Error::ZeroSecret),
                    1 => Err(Error::PointLength),
                    2 | 3 => Err(Error::ScalarLength),
                    _ => {
                        let scalar = scalars[i].as_slice().try_into().unwrap();
                        Ok(x25519_dalek::x25519(
                            scalar,
                            good.as_slice().try_into().unwrap(),
                        ))
                    }
                };
                let secret = secret
                    .as_ref()
                    .map(|secret| *secret.as_bytes())
                    .map_err(|e| *e);
                assert_eq!(secret, expected);
            }
        }
    }
}

#[test]
fn slices_of_different_lengths_are_refused() {
    let backend = Backend::best();
    let mut secrets = outputs(2);
    let refused = x25519::diffie_hellman(backend, &[[1; 32]], &[[9; 32]; 2], &mut secrets);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "slices of different lengths: 1 scalars, 2 points, 2 outputs"
    );
    assert!(
        secrets
            .iter()
            .all(|secret| matches!(secret, Err(Error::NotComputed)))
    );
}

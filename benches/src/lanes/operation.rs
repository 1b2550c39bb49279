//! The operations on batches: key generation, agreement and verification on two curves.

use crate::BenchError;

/// The curve of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// X25519 (RFC 7748) and Ed25519 (RFC 8032).
    Curve25519,
    /// ECDH (SP 800-56A Rev. 3) and ECDSA (FIPS 186-5) with P-256.
    P256,
}

/// What is done with each element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The shared secret of an own private key and a peer's encoded public key.
    Agree,
    /// The encoded public key of a private key.
    KeyGeneration,
    /// The verdict on a signature of a message, under an encoded key.
    Verify,
}

/// A row of [`OPERATIONS`].
#[derive(Debug)]
pub struct Operation {
    /// The name on the command line and in the results.
    pub name: &'static str,
    /// What is timed, in a few words.
    pub about: &'static str,
    /// The curve.
    pub curve: Curve,
    /// What is done with each element.
    pub kind: Kind,
}

/// Every operation.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "x25519-agree",
        about: "X25519 shared secrets, each with another peer",
        curve: Curve::Curve25519,
        kind: Kind::Agree,
    },
    Operation {
        name: "x25519-keygen",
        about: "X25519 public keys",
        curve: Curve::Curve25519,
        kind: Kind::KeyGeneration,
    },
    Operation {
        name: "p256-agree",
        about: "P-256 shared secrets, each with another peer",
        curve: Curve::P256,
        kind: Kind::Agree,
    },
    Operation {
        name: "p256-keygen",
        about: "P-256 public keys",
        curve: Curve::P256,
        kind: Kind::KeyGeneration,
    },
    Operation {
        name: "ed25519-verify",
        about: "Ed25519 signatures of 256 bytes, each under another key",
        curve: Curve::Curve25519,
        kind: Kind::Verify,
    },
    Operation {
        name: "p256-verify",
        about: "ECDSA signatures with P-256 of 256 bytes, each under another key",
        curve: Curve::P256,
        kind: Kind::Verify,
    },
];

/// The operation called `name`.
///
/// # Errors
///
/// [`BenchError::UnknownOperation`] for a name that no row has.
pub fn find(name: &str) -> Result<&'static Operation, BenchError> {
    OPERATIONS
        .iter()
        .find(|operation| operation.name == name)
        .ok_or_else(|| BenchError::UnknownOperation {
            name: name.to_owned(),
            known: names().join(", "),
        })
}

/// The names of all operations.
pub fn names() -> Vec<&'static str> {
    OPERATIONS.iter().map(|operation| operation.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_found_by_its_name() {
        for operation in OPERATIONS {
            let found = find(operation.name).unwrap();
            assert_eq!((found.curve, found.kind), (operation.curve, operation.kind));
        }
    }

    #[test]
    fn every_curve_and_kind_has_one_operation() {
        for curve in [Curve::Curve25519, Curve::P256] {
            for kind in [Kind::Agree, Kind::KeyGeneration, Kind::Verify] {
                let matches = |row: &&Operation| (row.curve, row.kind) == (curve, kind);
                assert_eq!(OPERATIONS.iter().filter(matches).count(), 1);
            }
        }
    }

    #[test]
    fn an_unknown_operation_is_refused_with_the_known_ones() {
        assert_eq!(
            find("x448-agree").unwrap_err().to_string(),
            "unknown operation `x448-agree`; choose from: \
             x25519-agree, x25519-keygen, p256-agree, p256-keygen, \
             ed25519-verify, p256-verify"
        );
    }
}

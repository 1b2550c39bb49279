//! Hash, HMAC, HKDF and randomness.

use openmls_traits::{OpenMlsProvider, random::OpenMlsRand, types::CryptoError};

use super::{
    Case, Trial,
    calls::{INPUTS, calls, compared, inputs, random_bytes},
};
use crate::{BenchError, engine::Engine, error::ensure};

/// The length of a typical KDFLabel (RFC 9420, Section 8).
const LABEL_LENGTH: usize = 48;

/// The length of the random values that OpenMLS asks for most often.
const RANDOM_LENGTH: usize = 32;

/// HKDF-Extract with a salt and a secret as long as the hash, as in the key schedule.
pub(super) fn hkdf_extract<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    let hash = case.suite.hash_algorithm();
    let inputs = pairs(hash.size(), hash.size())?;
    compared::<E, _, _, _>(inputs, move |crypto, (salt, ikm)| {
        crypto.hkdf_extract(hash, salt, ikm)
    })
}

/// HKDF-Expand of a label to a secret as long as the hash.
pub(super) fn hkdf_expand<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    let hash = case.suite.hash_algorithm();
    let inputs = pairs(hash.size(), LABEL_LENGTH)?;
    compared::<E, _, _, _>(inputs, move |crypto, (prk, info)| {
        crypto.hkdf_expand(hash, prk, info, hash.size())
    })
}

/// HMAC with key and message as long as the hash, as in a confirmation tag.
pub(super) fn hmac<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    let hash = case.suite.hash_algorithm();
    let inputs = pairs(hash.size(), hash.size())?;
    compared::<E, _, _, _>(inputs, move |crypto, (key, message)| {
        crypto.hmac(hash, key, message)
    })
}

/// The hash of `LENGTH` bytes.
pub(super) fn hash<E: Engine, const LENGTH: usize>(
    case: &Case,
) -> Result<Box<dyn Trial>, BenchError> {
    let hash = case.suite.hash_algorithm();
    let inputs = inputs(|| random_bytes(LENGTH))?;
    compared::<E, _, _, _>(inputs, move |crypto, data| crypto.hash(hash, data))
}

/// A vector of random bytes.
pub(super) fn random<E: Engine>(_case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    let provider = E::provider()?;
    let call = move |_input: &()| {
        provider
            .rand()
            .random_vec(RANDOM_LENGTH)
            .map_err(|_| CryptoError::InsufficientRandomness)
    };
    let verify = |_input: &(), bytes: &Vec<u8>| {
        let alive = bytes.len() == RANDOM_LENGTH && bytes.iter().any(|&byte| byte != bytes[0]);
        ensure(alive, "these bytes are not random")
    };
    Ok(calls([(); INPUTS], call, verify))
}

type Pair = (Vec<u8>, Vec<u8>);

/// Pairs of random byte strings of these lengths.
fn pairs(first: usize, second: usize) -> Result<[Pair; INPUTS], CryptoError> {
    inputs(|| Ok((random_bytes(first)?, random_bytes(second)?)))
}

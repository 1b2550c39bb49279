//! Hash, HMAC, HKDF and AEAD.

use openmls_traits::crypto::OpenMlsCrypto;

use super::{bytes, exactly, holds};
use crate::conformance::{
    Report, offered,
    reference::symmetric,
    report::{ok, same},
};

/// Longer than a few blocks of any hash.
const LONGEST: usize = 600;

/// The hash of any data.
pub fn hash(crypto: &impl OpenMlsCrypto, cases: u32) -> Report {
    let mut report = Report::new("hash");
    for hash_type in offered::hashes(crypto) {
        holds(
            &mut report,
            format!("{hash_type:?}"),
            cases,
            bytes(LONGEST),
            |data| {
                let ours = ok(crypto.hash(hash_type, &data))?;
                same("hash", &ours, &symmetric::hash(hash_type, &data))
            },
        );
    }
    report
}

/// HMAC with keys shorter and longer than a block.
pub fn hmac(crypto: &impl OpenMlsCrypto, cases: u32) -> Report {
    let mut report = Report::new("HMAC");
    for hash_type in offered::hashes(crypto) {
        let inputs = (bytes(LONGEST), bytes(LONGEST));
        holds(
            &mut report,
            format!("{hash_type:?}"),
            cases,
            inputs,
            |(key, message)| {
                let ours = ok(crypto.hmac(hash_type, &key, &message))?;
                let expected = symmetric::hmac(hash_type, &key, &message);
                same("tag", ours.as_slice(), &expected[..])
            },
        );
    }
    report
}

/// HKDF-Extract with any salt, HKDF-Expand with any PRK of at least a hash's length.
pub fn hkdf(crypto: &impl OpenMlsCrypto, cases: u32) -> Report {
    let mut report = Report::new("HKDF");
    for hash_type in offered::hashes(crypto) {
        let inputs = (bytes(LONGEST), bytes(LONGEST));
        holds(
            &mut report,
            format!("{hash_type:?} extract"),
            cases,
            inputs,
            |(salt, ikm)| {
                let ours = ok(crypto.hkdf_extract(hash_type, &salt, &ikm))?;
                let expected = symmetric::hkdf_extract(hash_type, &salt, &ikm);
                same("prk", ours.as_slice(), &expected[..])
            },
        );
        let prk = (exactly(hash_type.size()), bytes(LONGEST));
        let inputs = (prk, bytes(LONGEST), 0..=255 * hash_type.size());
        let name = format!("{hash_type:?} expand");
        holds(
            &mut report,
            name,
            cases,
            inputs,
            |((prk, more), info, length)| {
                let prk = [prk, more].concat();
                let ours = ok(crypto.hkdf_expand(hash_type, &prk, &info, length))?;
                let expected = symmetric::hkdf_expand(hash_type, &prk, &info, length);
                same(
                    "okm",
                    ours.as_slice(),
                    &expected.ok_or("no reference value")?[..],
                )
            },
        );
    }
    report
}

/// AEAD encryption and decryption.
pub fn aead(crypto: &impl OpenMlsCrypto, cases: u32) -> Report {
    let mut report = Report::new("AEAD");
    for alg in offered::aeads(crypto) {
        let keys = (exactly(alg.key_size()), exactly(alg.nonce_size()));
        let inputs = (keys, bytes(LONGEST), bytes(LONGEST));
        let name = format!("{alg:?}");
        holds(
            &mut report,
            name,
            cases,
            inputs,
            |((key, nonce), aad, plaintext)| {
                let expected = symmetric::aead_seal(alg, &key, &nonce, &aad, &plaintext)
                    .ok_or("no reference value")?;
                let sealed = ok(crypto.aead_encrypt(alg, &key, &plaintext, &nonce, &aad))?;
                same("ciphertext", &sealed, &expected)?;
                let opened = ok(crypto.aead_decrypt(alg, &key, &expected, &nonce, &aad))?;
                same("plaintext", &opened, &plaintext)
            },
        );
    }
    report
}

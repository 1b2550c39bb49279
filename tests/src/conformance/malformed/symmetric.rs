//! HKDF and AEAD.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{AeadType, CryptoError},
};

use super::{bit_flips, wrong_lengths};
use crate::conformance::{
    Report, offered,
    reference::symmetric,
    report::{ok, same},
};

const INFO: &[u8] = b"info";
const AAD: &[u8] = b"additional data";
const PLAINTEXT: &[u8] = b"plaintext";

/// HKDF-Expand gives nothing, and everything up to 255 hashes, but no more; its PRK has at least
/// the length of the hash (RFC 5869, Section 2.3).
pub fn hkdf(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("HKDF lengths");
    for hash_type in offered::hashes(crypto) {
        let (prk, limit) = (vec![7; hash_type.size()], 255 * hash_type.size());
        for length in [0, 1, limit - 1, limit] {
            report.accepts(format!("{hash_type:?} {length}"), || {
                let okm = ok(crypto.hkdf_expand(hash_type, &prk, INFO, length))?;
                let expected = symmetric::hkdf_expand(hash_type, &prk, INFO, length);
                same(
                    "okm",
                    okm.as_slice(),
                    &expected.ok_or("no reference value")?,
                )
            });
        }
        for length in [limit + 1, 65_535, 65_536, usize::MAX] {
            report.refuses_with(
                CryptoError::HkdfOutputLengthInvalid,
                format!("{hash_type:?} {length}"),
                || crypto.hkdf_expand(hash_type, &prk, INFO, length),
            );
        }
        for prk in [&prk[..0], &prk[1..]] {
            report.refuses_with(
                CryptoError::InvalidLength,
                format!("{hash_type:?} PRK of {} bytes", prk.len()),
                || crypto.hkdf_expand(hash_type, prk, INFO, 32),
            );
        }
    }
    report
}

/// AEAD keys, nonces, tags, ciphertexts and additional data.
pub fn aead(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("AEAD");
    for alg in offered::aeads(crypto) {
        let key = vec![1; alg.key_size()];
        let nonce = vec![2; alg.nonce_size()];
        empty_input(&mut report, crypto, alg, &key, &nonce);
        lengths(&mut report, crypto, alg, &key, &nonce);
        forgeries(&mut report, crypto, alg, &key, &nonce);
    }
    report
}

fn empty_input(
    report: &mut Report,
    crypto: &impl OpenMlsCrypto,
    alg: AeadType,
    key: &[u8],
    nonce: &[u8],
) {
    report.accepts(
        format!("{alg:?} empty plaintext and additional data"),
        || {
            let sealed = ok(crypto.aead_encrypt(alg, key, &[], nonce, &[]))?;
            same("length", &sealed.len(), &alg.tag_size())?;
            same(
                "plaintext",
                &ok(crypto.aead_decrypt(alg, key, &sealed, nonce, &[]))?,
                &vec![],
            )
        },
    );
}

fn lengths(
    report: &mut Report,
    crypto: &impl OpenMlsCrypto,
    alg: AeadType,
    key: &[u8],
    nonce: &[u8],
) {
    let other_key = if alg == AeadType::Aes128Gcm { 32 } else { 16 };
    let keys = wrong_lengths(key)
        .into_iter()
        .chain([("of the other AES", vec![1; other_key])]);
    let nonces = wrong_lengths(nonce).into_iter().chain([
        ("64 bits", vec![2; 8]),
        ("128 bits", vec![2; 16]),
        ("192 bits", vec![2; 24]),
    ]);
    let keys = keys.map(|(name, key)| (format!("key {name}"), key, nonce.to_vec()));
    let nonces = nonces.map(|(name, nonce)| (format!("nonce {name}"), key.to_vec(), nonce));
    let sealed = [PLAINTEXT, &vec![0; alg.tag_size()]].concat();
    for (name, key, nonce) in keys.chain(nonces) {
        report.refuses_with(
            CryptoError::InvalidLength,
            format!("{alg:?} encrypt, {name}"),
            || crypto.aead_encrypt(alg, &key, PLAINTEXT, &nonce, AAD),
        );
        report.refuses_with(
            CryptoError::InvalidLength,
            format!("{alg:?} decrypt, {name}"),
            || crypto.aead_decrypt(alg, &key, &sealed, &nonce, AAD),
        );
    }
}

/// Every shorter ciphertext, every flipped bit, and input that belongs to another message.
fn forgeries(
    report: &mut Report,
    crypto: &impl OpenMlsCrypto,
    alg: AeadType,
    key: &[u8],
    nonce: &[u8],
) {
    let Some(sealed) = symmetric::aead_seal(alg, key, nonce, AAD, PLAINTEXT) else {
        return report.fail(format!("{alg:?}"), "no reference value");
    };
    let mut refused = |name: &str, key: &[u8], sealed: &[u8], nonce: &[u8], aad: &[u8]| {
        report.refuses_with(
            CryptoError::AeadDecryptionError,
            format!("{alg:?} {name}"),
            || crypto.aead_decrypt(alg, key, sealed, nonce, aad),
        );
    };
    for length in 0..sealed.len() {
        refused("truncated", key, &sealed[..length], nonce, AAD);
    }
    refused(
        "with a byte more",
        key,
        &[&sealed[..], &[0]].concat(),
        nonce,
        AAD,
    );
    bit_flips(&sealed).for_each(|flipped| refused("bit flipped", key, &flipped, nonce, AAD));
    bit_flips(nonce).for_each(|flipped| refused("another nonce", key, &sealed, &flipped, AAD));
    bit_flips(key).for_each(|flipped| refused("another key", &flipped, &sealed, nonce, AAD));
    bit_flips(AAD).for_each(|flipped| refused("other data", key, &sealed, nonce, &flipped));
    refused("no additional data", key, &sealed, nonce, &[]);
}

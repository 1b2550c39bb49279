//! Malformed input, function by function.
//!
//! The trait's documentation says little about which error belongs to which flaw. These checks
//! demand the one that says most without telling secret-dependent causes apart:
//!
//! | Flaw | Error |
//! |---|---|
//! | length of an AEAD key, an AEAD nonce, a PRK, a signature's seed | `InvalidLength` |
//! | length of HKDF's output | `HkdfOutputLengthInvalid` |
//! | length of an exported secret | `ExporterError` |
//! | AEAD ciphertext that is too short or does not authenticate | `AeadDecryptionError` |
//! | signature's private scalar out of range, whatever its length | `SigningError` |
//! | public key whose encoding is not one | `InvalidPublicKey` |
//! | signature, or a point off its curve that is to verify one | `InvalidSignature` |
//! | recipient's public key, off its curve or of low order | `InvalidPublicKey` |
//! | anything in `hpke_open` | `HpkeDecryptionError` |
//! | anything but the length in `hpke_setup_receiver_and_export` | `ReceiverSetupError` |
//! | export-only AEAD in `hpke_seal` or `hpke_open` | `UnsupportedAeadAlgorithm` |
//! | KEM that is not supported | `UnsupportedCiphersuite` |
//! | signature scheme that is not supported | `UnsupportedSignatureScheme` |

mod encodings;
mod hpke;
mod signature;
mod symmetric;

pub use encodings::bad_public_keys;
pub(super) use encodings::order;
pub use hpke::{hpke_ciphertexts, hpke_exports, hpke_keys, hpke_unsupported};
pub use signature::{signature_keys, signature_unsupported, signatures};
pub use symmetric::{aead, hkdf};

/// `bytes` without its last byte, and with one more.
fn wrong_lengths(bytes: &[u8]) -> [(&'static str, Vec<u8>); 3] {
    let short = bytes[..bytes.len().saturating_sub(1)].to_vec();
    [
        ("empty", Vec::new()),
        ("one byte short", short),
        ("one byte long", [bytes, &[0]].concat()),
    ]
}

/// Every string that differs from `bytes` in one bit.
fn bit_flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..8 * bytes.len()).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}

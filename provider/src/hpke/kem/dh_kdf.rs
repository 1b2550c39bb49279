//! What a DHKEM does beside its Diffie-Hellman (RFC 9180, sections 4.1 and 7.1.3).

use super::SharedSecret;
use crate::backend::MAX_HASH_LEN;
use crate::hpke::labels::LabeledKdf;
use crate::kdf::hmac::HmacKey;
use crate::secret::SecretBytes;

/// ```text
/// def ExtractAndExpand(dh, kem_context):
///   eae_prk = LabeledExtract("", "eae_prk", dh)
///   shared_secret = LabeledExpand(eae_prk, "shared_secret",
///                                 kem_context, Nsecret)
///   return shared_secret
/// ```
///
/// `kem_context` is the concatenation of `enc` and `recipient`; Nsecret is
/// the KDF's hash length for each of these KEMs.
pub(super) fn extract_and_expand(
    kdf: &LabeledKdf,
    dh: &[u8],
    enc: &[u8],
    recipient: &[u8],
    shared_secret: &mut SharedSecret,
) {
    let eae_prk = extract(kdf, b"eae_prk", dh);
    let out = shared_secret.of_len(kdf.hash.size());
    kdf.labeled_expand(&eae_prk, b"shared_secret", [enc, recipient], out);
}

/// The pseudorandom key `LabeledExtract("", label, ikm)`, ready to expand.
pub(super) fn extract(kdf: &LabeledKdf, label: &[u8], ikm: &[u8]) -> HmacKey {
    let mut prk = SecretBytes::<MAX_HASH_LEN>::zeros();
    kdf.labeled_extract_unsalted(label, ikm, &mut *prk);
    HmacKey::new(kdf.hash, &prk[..kdf.hash.size()])
}

/// The private key of `DeriveKeyPair` for X25519 and X448, from `dkp_prk`.
///
/// ```text
///   sk = LabeledExpand(dkp_prk, "sk", "", Nsk)
/// ```
pub(super) fn derive_montgomery(kdf: &LabeledKdf, dkp_prk: &HmacKey, private: &mut [u8]) {
    kdf.labeled_expand(dkp_prk, b"sk", [b"", b""], private);
}

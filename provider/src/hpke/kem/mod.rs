//! The key encapsulation mechanisms: one row each.

mod batch;
mod dh;
mod dh_kdf;
#[cfg(feature = "ml-kem")]
mod ml_kem;
mod shared_secret;
#[cfg(feature = "curve448")]
pub(super) mod x448;
#[cfg(feature = "ml-kem")]
mod x_wing;

use openmls_traits::types::{CryptoError, HpkeKemType, HpkeKeyPair};

use crate::lanes::{LaneCurve, Lanes};

pub(crate) use batch::Encapsulated;
#[cfg(test)]
pub(super) use dh::DhKem;
pub(crate) use shared_secret::SharedSecret;

/// A KEM as HPKE uses it (RFC 9180, section 4).
pub(crate) trait Kem: Sync {
    /// `kem_id`, its code point in the IANA registry "HPKE KEM Identifiers".
    fn id(&self) -> u16;

    /// Length of a public key in bytes, Npk.
    fn public_len(&self) -> usize;

    /// Length of an encapsulated key in bytes, Nenc.
    fn enc_len(&self) -> usize;

    /// Length in bytes of what a fresh key pair is derived from.
    fn ikm_len(&self) -> usize;

    /// What many encapsulations at once can be done by, if this KEM has lanes.
    fn in_lanes(&self) -> Option<(LaneCurve, &dyn KemInLanes)>;

    /// `Encap(pkR)`: `enc`; the shared secret goes to `shared_secret`.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`] if `recipient` is no key or gives an all-zero
    /// X25519 secret, [`CryptoError::InsufficientRandomness`].
    fn encap(
        &self,
        recipient: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<Vec<u8>, CryptoError>;

    /// `Decap(enc, skR)`, into `shared_secret`.
    ///
    /// # Errors
    /// One for every cause, for the caller to make its own of.
    fn decap(
        &self,
        enc: &[u8],
        private: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<(), CryptoError>;

    /// `DeriveKeyPair(ikm)`.
    ///
    /// # Errors
    /// [`CryptoError::CryptoLibraryError`] if no key comes of it, which has a negligible
    /// probability.
    fn derive_key_pair(&self, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError>;

    /// A fresh key pair, without lanes.
    fn generate_key_pair(&self) -> Result<HpkeKeyPair, CryptoError>;
}

/// What a KEM does for many keys in lanes, at most [`BATCH`](crate::lanes::BATCH) at once.
pub(crate) trait KemInLanes {
    /// `Encap` to each of `recipients`, every one under an ephemeral key of its own; hands
    /// each outcome and its place to `each`.
    fn encap_batch(
        &self,
        lanes: &Lanes,
        recipients: &[&[u8]],
        each: &mut dyn FnMut(usize, Encapsulated<'_>),
    );

    /// `DeriveKeyPair` from each of `ikms`.
    fn derive_key_pairs(
        &self,
        lanes: &Lanes,
        ikms: &[&[u8]],
    ) -> Vec<Result<HpkeKeyPair, CryptoError>>;
}

/// Every KEM that is implemented, as `openmls_traits` names it. Which backend brings the feature
/// of a row, `Cargo.toml` says.
pub(crate) const KEMS: &[(HpkeKemType, &dyn Kem)] = &[
    (HpkeKemType::DhKem25519, &dh::DHKEM_X25519),
    (HpkeKemType::DhKemP256, &dh::DHKEM_P256),
    (HpkeKemType::DhKemP384, &dh::DHKEM_P384),
    #[cfg(feature = "p521")]
    (HpkeKemType::DhKemP521, &dh::DHKEM_P521),
    #[cfg(feature = "curve448")]
    (HpkeKemType::DhKem448, &x448::X448),
    #[cfg(feature = "ml-kem")]
    (HpkeKemType::MlKem768, &ml_kem::ML_KEM_768),
    #[cfg(feature = "ml-kem")]
    (HpkeKemType::MlKem1024, &ml_kem::ML_KEM_1024),
    #[cfg(feature = "ml-kem")]
    (HpkeKemType::XWingKemDraft6, &x_wing::XWing),
];

/// The row of `kem` in [`KEMS`].
pub(super) fn index(kem: HpkeKemType) -> Result<usize, CryptoError> {
    let index = KEMS.iter().position(|&(row, _)| row == kem);
    index.ok_or(CryptoError::UnsupportedCiphersuite)
}

/// The functions of `kem`.
pub(crate) fn of(kem: HpkeKemType) -> Result<&'static dyn Kem, CryptoError> {
    index(kem).map(|index| KEMS[index].1)
}

//! DHKEM (RFC 9180, section 4.1) over X25519, P-256, P-384 and P-521.

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::agreement::{ECDH_P256, ECDH_P384, ECDH_P521, X25519};
use aws_lc_rs::encoding::{AsBigEndian, Curve25519SeedBin, EcPrivateKeyBin};
use mls_fips::{Algorithm, Service, observe};
use openmls_traits::types::{CryptoError, HashType, HpkeKemType, HpkeKeyPair};
use zeroize::Zeroizing;

use super::labels::{LabeledKdf, SuiteId};
use crate::encoding::is_uncompressed_point;
use crate::kdf::MAX_HASH_LEN;
use crate::kdf::hmac::HmacKey;
use crate::lanes::LaneCurve;
use crate::secret::SecretBytes;

/// The longest Diffie-Hellman secret in bytes, P-521's.
const MAX_DH_LEN: usize = 66;

/// A KEM: a Diffie-Hellman group with its KDF (RFC 9180, section 7.1).
pub(crate) struct DhKem {
    group: &'static agreement::Algorithm,
    /// What standards call the group.
    algorithm: Algorithm,
    kdf: LabeledKdf,
    /// Npk and Nenc, in bytes.
    public_len: usize,
    /// Nsk, in bytes.
    private_len: usize,
    /// Whether a private key is a scalar below an order; else any bytes are one.
    scalars: Option<Scalars>,
    /// The curve by which batches go through lanes.
    pub(crate) lanes: Option<LaneCurve>,
}

/// The scalars of a NIST curve (RFC 9180, section 7.1.3; FIPS 186-5 for the orders).
struct Scalars {
    /// Mask for the first byte of a candidate.
    bitmask: u8,
    /// The group order, big-endian, Nsk bytes.
    order: &'static [u8],
}

static DHKEM_P256: DhKem = DhKem {
    group: &ECDH_P256,
    algorithm: Algorithm::EcdhNist,
    kdf: LabeledKdf {
        hash: HashType::Sha2_256,
        suite_id: SuiteId::kem(HpkeKemType::DhKemP256 as u16),
    },
    public_len: 65,
    private_len: 32,
    scalars: Some(Scalars {
        bitmask: 0xff,
        order: &order_bytes::<32>(
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        ),
    }),
    lanes: Some(LaneCurve::P256),
};

static DHKEM_P384: DhKem = DhKem {
    group: &ECDH_P384,
    algorithm: Algorithm::EcdhNist,
    kdf: LabeledKdf {
        hash: HashType::Sha2_384,
        suite_id: SuiteId::kem(HpkeKemType::DhKemP384 as u16),
    },
    public_len: 97,
    private_len: 48,
    scalars: Some(Scalars {
        bitmask: 0xff,
        order: &order_bytes::<48>(
            "ffffffffffffffffffffffffffffffffffffffffffffffff\
             c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        ),
    }),
    lanes: None,
};

static DHKEM_P521: DhKem = DhKem {
    group: &ECDH_P521,
    algorithm: Algorithm::EcdhNist,
    kdf: LabeledKdf {
        hash: HashType::Sha2_512,
        suite_id: SuiteId::kem(HpkeKemType::DhKemP521 as u16),
    },
    public_len: 133,
    private_len: 66,
    scalars: Some(Scalars {
        bitmask: 0x01,
        order: &order_bytes::<66>(
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa\
             51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
        ),
    }),
    lanes: None,
};

static DHKEM_X25519: DhKem = DhKem {
    group: &X25519,
    algorithm: Algorithm::X25519,
    kdf: LabeledKdf {
        hash: HashType::Sha2_256,
        suite_id: SuiteId::kem(HpkeKemType::DhKem25519 as u16),
    },
    public_len: 32,
    private_len: 32,
    scalars: None,
    lanes: Some(LaneCurve::X25519),
};

/// Decodes the hexadecimal digits of an order at compile time.
const fn order_bytes<const N: usize>(hex: &str) -> [u8; N] {
    const fn digit(character: u8) -> u8 {
        match character {
            b'0'..=b'9' => character - b'0',
            b'a'..=b'f' => character - b'a' + 10,
            _ => panic!("not a hexadecimal digit"),
        }
    }
    assert!(hex.len() == 2 * N);
    let hex = hex.as_bytes();
    let mut bytes = [0; N];
    let mut i = 0;
    while i < N {
        bytes[i] = digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]);
        i += 1;
    }
    bytes
}

/// The KEM shared secret, Nsecret bytes. Wiped on drop.
///
/// It is written where it will be used, and never returned: each move would leave a copy
/// behind, on a stack that may live as long as its thread.
pub(crate) struct SharedSecret {
    bytes: SecretBytes<MAX_HASH_LEN>,
    len: usize,
}

impl SharedSecret {
    /// No secret.
    pub(crate) const fn none() -> Self {
        Self {
            bytes: SecretBytes::zeros(),
            len: 0,
        }
    }

    pub(crate) fn is_some(&self) -> bool {
        self.len != 0
    }

    /// Makes this the same secret as `other`.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.bytes.copy_from_slice(&*other.bytes);
        self.len = other.len;
    }

    /// Wipes the secret.
    pub(crate) fn wipe(&mut self) {
        *self = Self::none();
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl DhKem {
    /// The KEM with this code point.
    pub(crate) fn of(kem: HpkeKemType) -> Result<&'static Self, CryptoError> {
        match kem {
            HpkeKemType::DhKemP256 => Ok(&DHKEM_P256),
            HpkeKemType::DhKemP384 => Ok(&DHKEM_P384),
            HpkeKemType::DhKemP521 => Ok(&DHKEM_P521),
            HpkeKemType::DhKem25519 => Ok(&DHKEM_X25519),
            _ => Err(CryptoError::UnsupportedCiphersuite),
        }
    }

    #[cfg(test)]
    pub(super) fn group(&self) -> &'static agreement::Algorithm {
        self.group
    }

    /// ```text
    /// def Encap(pkR):
    ///   skE, pkE = GenerateKeyPair()
    ///   ...
    /// ```
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`] if `recipient` is no key or gives an
    /// all-zero X25519 secret, [`CryptoError::InsufficientRandomness`].
    pub(super) fn encap(
        &self,
        recipient: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<Vec<u8>, CryptoError> {
        self.encap_with(&self.generate()?, recipient, shared_secret)
    }

    /// `Encap` with the ephemeral key given; only known-answer tests choose it.
    ///
    /// ```text
    ///   dh = DH(skE, pkR)
    ///   enc = SerializePublicKey(pkE)
    ///
    ///   pkRm = SerializePublicKey(pkR)
    ///   kem_context = concat(enc, pkRm)
    ///
    ///   shared_secret = ExtractAndExpand(dh, kem_context)
    ///   return shared_secret, enc
    /// ```
    pub(super) fn encap_with(
        &self,
        ephemeral: &PrivateKey,
        recipient: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<Vec<u8>, CryptoError> {
        let enc = public_key(ephemeral)?;
        self.diffie_hellman(ephemeral, recipient, |dh| {
            self.extract_and_expand(dh, &enc, recipient, shared_secret);
        })
        .ok_or(CryptoError::InvalidPublicKey)?;
        Ok(enc)
    }

    /// ```text
    /// def Decap(enc, skR):
    ///   pkE = DeserializePublicKey(enc)
    ///   dh = DH(skR, pkE)
    ///
    ///   pkRm = SerializePublicKey(pk(skR))
    ///   kem_context = concat(enc, pkRm)
    ///
    ///   shared_secret = ExtractAndExpand(dh, kem_context)
    ///   return shared_secret
    /// ```
    ///
    /// # Errors
    /// One for every cause, for the caller to make its own of.
    pub(super) fn decap(
        &self,
        enc: &[u8],
        private: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<(), CryptoError> {
        let private = self.enter(private)?;
        let public = public_key(&private)?;
        self.diffie_hellman(&private, enc, |dh| {
            self.extract_and_expand(dh, enc, &public, shared_secret);
        })
        .ok_or(CryptoError::CryptoLibraryError)
    }

    /// Hands the Diffie-Hellman secret to `kdf`; `None` if `public` is refused.
    ///
    /// AWS-LC refuses points off the curve and an all-zero X25519 secret
    /// (RFC 9180, section 7.1.4; RUSTSEC-2026-0072), and wipes its copy. The KDF runs
    /// outside of the agreement, so that each is observed by itself.
    fn diffie_hellman<T>(
        &self,
        private: &PrivateKey,
        public: &[u8],
        kdf: impl FnOnce(&[u8]) -> T,
    ) -> Option<T> {
        if !self.is_encoded_public_key(public) {
            return None;
        }
        let public = UnparsedPublicKey::new(self.group, public);
        let mut secret = SecretBytes::<MAX_DH_LEN>::zeros();
        let len = observe(Service::Agreement, self.algorithm, || {
            agreement::agree(private, public, (), |dh| {
                secret[..dh.len()].copy_from_slice(dh);
                Ok(dh.len())
            })
        });
        len.ok().map(|len| kdf(&secret[..len]))
    }

    /// Whether `bytes`, of the right length, are a private key; constant time up to
    /// the answer.
    pub(super) fn is_private_key(&self, bytes: &[u8]) -> bool {
        match &self.scalars {
            Some(scalars) => scalars.contains(bytes),
            None => true,
        }
    }

    /// Length of a public key and of `enc` in bytes, Npk and Nenc.
    pub(crate) fn public_len(&self) -> usize {
        self.public_len
    }

    /// Length of fresh input keying material in bytes: the hash's, which is at least
    /// Nsk but for P-521, whose 64 bytes are those that MLS derives keys from
    /// (RFC 9420, section 7.4).
    pub(super) fn ikm_len(&self) -> usize {
        self.kdf.hash.size()
    }

    fn is_encoded_public_key(&self, bytes: &[u8]) -> bool {
        match self.scalars {
            Some(_) => is_uncompressed_point(bytes, self.public_len),
            None => bytes.len() == self.public_len,
        }
    }

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
        &self,
        dh: &[u8],
        enc: &[u8],
        recipient: &[u8],
        shared_secret: &mut SharedSecret,
    ) {
        let eae_prk = self.extract(b"eae_prk", dh);
        shared_secret.len = self.kdf.hash.size();
        let out = &mut shared_secret.bytes[..shared_secret.len];
        self.kdf
            .labeled_expand(&eae_prk, b"shared_secret", [enc, recipient], out);
    }

    /// `DeriveKeyPair(ikm)` (RFC 9180, section 7.1.3).
    ///
    /// # Errors
    /// [`CryptoError::CryptoLibraryError`] if no candidate is a scalar, which
    /// has a negligible probability.
    pub(crate) fn derive_key_pair(&self, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        let mut private = Zeroizing::new(vec![0; self.private_len]);
        self.derive_private_key(ikm, &mut private)?;
        Ok(HpkeKeyPair {
            public: public_key(&self.enter(&private)?)?,
            private: std::mem::take(&mut *private).into(),
        })
    }

    /// A fresh key pair of AWS-LC's own generation.
    pub(super) fn generate_key_pair(&self) -> Result<HpkeKeyPair, CryptoError> {
        let key = self.generate()?;
        let private = match self.scalars {
            Some(_) => AsBigEndian::<EcPrivateKeyBin>::as_be_bytes(&key)
                .map(|scalar| scalar.as_ref().to_vec()),
            None => AsBigEndian::<Curve25519SeedBin>::as_be_bytes(&key)
                .map(|scalar| scalar.as_ref().to_vec()),
        };
        let mut private = Zeroizing::new(private.map_err(|_| CryptoError::CryptoLibraryError)?);
        Ok(HpkeKeyPair {
            public: public_key(&key)?,
            private: std::mem::take(&mut *private).into(),
        })
    }

    fn generate(&self) -> Result<PrivateKey, CryptoError> {
        observe(Service::KeyGeneration, self.algorithm, || {
            PrivateKey::generate(self.group)
        })
        .map_err(|_| CryptoError::InsufficientRandomness)
    }

    /// The private key with these bytes.
    fn enter(&self, private: &[u8]) -> Result<PrivateKey, CryptoError> {
        observe(Service::KeyEntry, self.algorithm, || {
            PrivateKey::from_private_key(self.group, private)
        })
        .map_err(|_| CryptoError::CryptoLibraryError)
    }

    /// The private key of `DeriveKeyPair(ikm)`, Nsk bytes.
    pub(super) fn derive_private_key(
        &self,
        ikm: &[u8],
        private: &mut [u8],
    ) -> Result<(), CryptoError> {
        let dkp_prk = self.extract(b"dkp_prk", ikm);
        match &self.scalars {
            Some(scalars) => self.derive_scalar(scalars, &dkp_prk, private),
            None => {
                self.kdf
                    .labeled_expand(&dkp_prk, b"sk", [b"", b""], private);
                Ok(())
            }
        }
    }

    /// ```text
    ///   sk = 0
    ///   counter = 0
    ///   while sk == 0 or sk >= order:
    ///     if counter > 255:
    ///       raise DeriveKeyPairError
    ///     bytes = LabeledExpand(dkp_prk, "candidate",
    ///                           I2OSP(counter, 1), Nsk)
    ///     bytes[0] = bytes[0] & bitmask
    ///     sk = OS2IP(bytes)
    ///     counter = counter + 1
    /// ```
    fn derive_scalar(
        &self,
        scalars: &Scalars,
        dkp_prk: &HmacKey,
        candidate: &mut [u8],
    ) -> Result<(), CryptoError> {
        for counter in 0..=u8::MAX {
            self.kdf
                .labeled_expand(dkp_prk, b"candidate", [&[counter], b""], candidate);
            candidate[0] &= scalars.bitmask;
            if scalars.contains(candidate) {
                return Ok(());
            }
        }
        Err(CryptoError::CryptoLibraryError)
    }

    /// The pseudorandom key `LabeledExtract("", label, ikm)`, ready to expand.
    fn extract(&self, label: &[u8], ikm: &[u8]) -> HmacKey {
        let mut prk = SecretBytes::<MAX_HASH_LEN>::zeros();
        self.kdf.labeled_extract_unsalted(label, ikm, &mut *prk);
        HmacKey::new(self.kdf.hash, &prk[..self.kdf.hash.size()])
    }
}

impl Scalars {
    /// Whether `0 < candidate < order`, in constant time up to the answer.
    fn contains(&self, candidate: &[u8]) -> bool {
        let mut nonzero = 0;
        let mut borrow = 0;
        for (&digit, &limit) in candidate.iter().zip(self.order).rev() {
            nonzero |= digit;
            borrow = (i16::from(digit) - i16::from(limit) - borrow) >> 15 & 1;
        }
        nonzero != 0 && borrow == 1
    }
}

fn public_key(private: &PrivateKey) -> Result<Vec<u8>, CryptoError> {
    private
        .compute_public_key()
        .map(|public| public.as_ref().to_vec())
        .map_err(|_| CryptoError::CryptoLibraryError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_those_that_aws_lc_enforces() {
        for kem in [&DHKEM_P256, &DHKEM_P384, &DHKEM_P521] {
            let scalars = kem.scalars.as_ref().unwrap();
            let accepted = |key: &[u8]| PrivateKey::from_private_key(kem.group, key).is_ok();
            let order = scalars.order.to_vec();
            let mut below = order.clone();
            *below.last_mut().unwrap() -= 1;
            let mut above = order.clone();
            *above.last_mut().unwrap() += 1;
            let zero = vec![0; order.len()];
            let mut one = zero.clone();
            *one.last_mut().unwrap() = 1;
            let mut borrowing = order.clone();
            borrowing[0] -= 1;
            *borrowing.last_mut().unwrap() = 0xff;
            for (key, expected) in [
                (&zero, false),
                (&one, true),
                (&below, true),
                (&order, false),
                (&above, false),
                (&borrowing, true),
                (&vec![0xff; order.len()], false),
            ] {
                assert_eq!(scalars.contains(key), expected, "{key:02x?}");
                assert_eq!(accepted(key), expected, "{key:02x?}");
            }
        }
    }
}

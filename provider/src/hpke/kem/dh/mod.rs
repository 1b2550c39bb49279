//! DHKEM (RFC 9180, section 4.1) over X25519, P-256, P-384 and P-521.

mod batch;

use openmls_traits::types::{CryptoError, HashType, HpkeKemType, HpkeKeyPair};
use zeroize::Zeroizing;

use super::{Kem, KemInLanes, SharedSecret, dh_kdf};
use crate::backend::MAX_DH_LEN;
use crate::backend::agreement::{self, Group, PrivateKey};
use crate::encoding::{from_hex, is_uncompressed_point, scalar};
use crate::hpke::labels::{LabeledKdf, SuiteId};
use crate::kdf::hmac::HmacKey;
use crate::lanes::LaneCurve;
use crate::secret::SecretBytes;

/// A KEM: a Diffie-Hellman group with its KDF (RFC 9180, section 7.1).
pub(crate) struct DhKem {
    id: HpkeKemType,
    group: &'static Group,
    kdf: LabeledKdf,
    /// Npk and Nenc, in bytes.
    public_len: usize,
    /// Nsk, in bytes.
    private_len: usize,
    /// Whether a private key is a scalar below an order; else any bytes are one.
    scalars: Option<Scalars>,
    /// The curve by which batches go through lanes.
    lanes: Option<LaneCurve>,
}

/// The scalars of a NIST curve (RFC 9180, section 7.1.3; FIPS 186-5 for the orders).
struct Scalars {
    /// Mask for the first byte of a candidate.
    bitmask: u8,
    /// The group order, big-endian, Nsk bytes.
    order: &'static [u8],
}

pub(super) static DHKEM_P256: DhKem = DhKem {
    id: HpkeKemType::DhKemP256,
    group: &agreement::P256,
    kdf: LabeledKdf {
        hash: HashType::Sha2_256,
        suite_id: SuiteId::kem(HpkeKemType::DhKemP256 as u16),
    },
    public_len: 65,
    private_len: 32,
    scalars: Some(Scalars {
        bitmask: 0xff,
        order: &from_hex::<32>("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
    }),
    lanes: Some(LaneCurve::P256),
};

pub(super) static DHKEM_P384: DhKem = DhKem {
    id: HpkeKemType::DhKemP384,
    group: &agreement::P384,
    kdf: LabeledKdf {
        hash: HashType::Sha2_384,
        suite_id: SuiteId::kem(HpkeKemType::DhKemP384 as u16),
    },
    public_len: 97,
    private_len: 48,
    scalars: Some(Scalars {
        bitmask: 0xff,
        order: &from_hex::<48>(
            "ffffffffffffffffffffffffffffffffffffffffffffffff\
             c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        ),
    }),
    lanes: None,
};

#[cfg(feature = "p521")]
pub(super) static DHKEM_P521: DhKem = DhKem {
    id: HpkeKemType::DhKemP521,
    group: &agreement::P521,
    kdf: LabeledKdf {
        hash: HashType::Sha2_512,
        suite_id: SuiteId::kem(HpkeKemType::DhKemP521 as u16),
    },
    public_len: 133,
    private_len: 66,
    scalars: Some(Scalars {
        bitmask: 0x01,
        order: &from_hex::<66>(
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa\
             51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
        ),
    }),
    lanes: None,
};

pub(super) static DHKEM_X25519: DhKem = DhKem {
    id: HpkeKemType::DhKem25519,
    group: &agreement::X25519,
    kdf: LabeledKdf {
        hash: HashType::Sha2_256,
        suite_id: SuiteId::kem(HpkeKemType::DhKem25519 as u16),
    },
    public_len: 32,
    private_len: 32,
    scalars: None,
    lanes: Some(LaneCurve::X25519),
};

impl Kem for DhKem {
    fn id(&self) -> u16 {
        self.id as u16
    }

    fn public_len(&self) -> usize {
        self.public_len
    }

    fn enc_len(&self) -> usize {
        self.public_len
    }

    /// The hash's length, which is at least Nsk but for P-521, whose 64 bytes are those that
    /// MLS derives keys from (RFC 9420, section 7.4).
    fn ikm_len(&self) -> usize {
        self.kdf.hash.size()
    }

    fn in_lanes(&self) -> Option<(LaneCurve, &dyn KemInLanes)> {
        Some((self.lanes?, self))
    }

    /// ```text
    /// def Encap(pkR):
    ///   skE, pkE = GenerateKeyPair()
    ///   ...
    /// ```
    fn encap(
        &self,
        recipient: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<Vec<u8>, CryptoError> {
        self.encap_with(&self.generate()?, recipient, shared_secret)
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
    fn decap(
        &self,
        enc: &[u8],
        private: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<(), CryptoError> {
        let private = self.enter(private)?;
        let public = private.public()?;
        self.diffie_hellman(&private, enc, |dh| {
            dh_kdf::extract_and_expand(&self.kdf, dh, enc, &public, shared_secret);
        })
        .ok_or(CryptoError::CryptoLibraryError)
    }

    /// RFC 9180, section 7.1.3.
    fn derive_key_pair(&self, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        let mut private = Zeroizing::new(vec![0; self.private_len]);
        self.derive_private_key(ikm, &mut private)?;
        Ok(HpkeKeyPair {
            public: self.enter(&private)?.public()?,
            private: std::mem::take(&mut *private).into(),
        })
    }

    fn generate_key_pair(&self) -> Result<HpkeKeyPair, CryptoError> {
        let key = self.generate()?;
        let mut private = key.private()?;
        Ok(HpkeKeyPair {
            public: key.public()?,
            private: std::mem::take(&mut *private).into(),
        })
    }
}

impl DhKem {
    /// The row of a KEM that is a DHKEM.
    #[cfg(test)]
    pub(in crate::hpke) fn of(kem: HpkeKemType) -> &'static Self {
        ROWS.iter().find(|row| row.id == kem).unwrap()
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
    pub(in crate::hpke) fn encap_with(
        &self,
        ephemeral: &PrivateKey,
        recipient: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<Vec<u8>, CryptoError> {
        let enc = ephemeral.public()?;
        self.diffie_hellman(ephemeral, recipient, |dh| {
            dh_kdf::extract_and_expand(&self.kdf, dh, &enc, recipient, shared_secret);
        })
        .ok_or(CryptoError::InvalidPublicKey)?;
        Ok(enc)
    }

    /// Hands the Diffie-Hellman secret to `kdf`; `None` if `public` is refused.
    ///
    /// The KDF runs outside of the agreement, so that each is observed by itself.
    pub(super) fn diffie_hellman<T>(
        &self,
        private: &PrivateKey,
        public: &[u8],
        kdf: impl FnOnce(&[u8]) -> T,
    ) -> Option<T> {
        if !self.is_encoded_public_key(public) {
            return None;
        }
        let mut secret = SecretBytes::<MAX_DH_LEN>::zeros();
        let len = private.agree(public, &mut secret)?;
        Some(kdf(&secret[..len]))
    }

    /// Whether `bytes`, of the right length, are a private key; constant time up to
    /// the answer.
    pub(super) fn is_private_key(&self, bytes: &[u8]) -> bool {
        match &self.scalars {
            Some(scalars) => scalars.contains(bytes),
            None => true,
        }
    }

    fn is_encoded_public_key(&self, bytes: &[u8]) -> bool {
        match self.scalars {
            Some(_) => is_uncompressed_point(bytes, self.public_len),
            None => bytes.len() == self.public_len,
        }
    }

    /// A fresh private key.
    pub(super) fn generate(&self) -> Result<PrivateKey, CryptoError> {
        PrivateKey::generate(self.group)
    }

    /// The private key with these bytes, a scalar with any number of zeros before it.
    pub(in crate::hpke) fn enter(&self, private: &[u8]) -> Result<PrivateKey, CryptoError> {
        if self.scalars.is_none() {
            return PrivateKey::enter(self.group, private);
        }
        let scalar = scalar(private, self.private_len).ok_or(CryptoError::CryptoLibraryError)?;
        PrivateKey::enter(self.group, &scalar)
    }

    /// The private key of `DeriveKeyPair(ikm)`, Nsk bytes.
    pub(super) fn derive_private_key(
        &self,
        ikm: &[u8],
        private: &mut [u8],
    ) -> Result<(), CryptoError> {
        let dkp_prk = dh_kdf::extract(&self.kdf, b"dkp_prk", ikm);
        match &self.scalars {
            Some(scalars) => self.derive_scalar(scalars, &dkp_prk, private),
            None => {
                dh_kdf::derive_montgomery(&self.kdf, &dkp_prk, private);
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

/// Every row.
#[cfg(test)]
static ROWS: &[&DhKem] = &[
    &DHKEM_P256,
    &DHKEM_P384,
    #[cfg(feature = "p521")]
    &DHKEM_P521,
    &DHKEM_X25519,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_those_that_the_backend_enforces() {
        let curves = ROWS
            .iter()
            .filter_map(|kem| Some((kem, kem.scalars.as_ref()?)));
        let mut checked = 0;
        for (kem, scalars) in curves {
            checked += 1;
            let accepted = |key: &[u8]| kem.enter(key).is_ok();
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
        assert_eq!(checked, ROWS.len() - 1);
    }
}

//! The curves on which tables of a key's multiples verify faster than AWS-LC.

use std::sync::LazyLock;

use openmls_traits::types::SignatureScheme;
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;

use super::fixed_key::FixedKey;
use super::multiples::Multiples;
use crate::scheme::Scheme;

/// A key of one of the curves.
pub(super) enum Prepared {
    P256(FixedKey<NistP256>),
    P384(FixedKey<NistP384>),
    P521(FixedKey<NistP521>),
}

/// The multiples of a curve's generator, which is not the identity.
type OfGenerator<C> = LazyLock<Option<Multiples<C>>>;

static P256_GENERATOR: OfGenerator<NistP256> = LazyLock::new(Multiples::of_generator);
static P384_GENERATOR: OfGenerator<NistP384> = LazyLock::new(Multiples::of_generator);
static P521_GENERATOR: OfGenerator<NistP521> = LazyLock::new(Multiples::of_generator);

impl Prepared {
    /// None where the scheme has no tables, or the bytes are no key of it.
    pub fn new(scheme: &Scheme, public_key: &[u8]) -> Option<Self> {
        match scheme.signature_scheme {
            SignatureScheme::ECDSA_SECP256R1_SHA256 => {
                FixedKey::new(public_key, P256_GENERATOR.as_ref()?).map(Self::P256)
            }
            SignatureScheme::ECDSA_SECP384R1_SHA384 => {
                FixedKey::new(public_key, P384_GENERATOR.as_ref()?).map(Self::P384)
            }
            SignatureScheme::ECDSA_SECP521R1_SHA512 => {
                FixedKey::new(public_key, P521_GENERATOR.as_ref()?).map(Self::P521)
            }
            _ => None,
        }
    }

    /// Whether `signature`, r || s of fixed length, is one of the message with this digest.
    pub fn verify(&self, digest: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) => key.verify(digest, signature),
            Self::P384(key) => key.verify(digest, signature),
            Self::P521(key) => key.verify(digest, signature),
        }
    }
}

//! The mechanisms that this crate uses, with their parameters.

use std::fmt;

use cryptoki::mechanism::dsa::{HedgeType, SignAdditionalContext};
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::{Mechanism, MechanismType};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

use crate::codec::{self, Wire};
use crate::error::Error;

/// A mechanism that signs, with its parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize)]
#[repr(u8)]
pub enum SigningMechanism {
    /// One without a parameter. Of CKM_EDDSA that is PureEdDSA with Ed25519 (PKCS#11 3.0,
    /// section 2.3.14); of CKM_ML_DSA the empty context, and randomness if the token has it
    /// (PKCS#11 3.2, section 6.67.5).
    Plain(#[tls_codec(with = "codec")] MechanismType),
    /// CKM_EDDSA with the parameter that Ed448 must have: not prehashed, an empty context.
    Ed448,
}

impl SigningMechanism {
    /// CK_MECHANISM_TYPE.
    pub fn kind(self) -> MechanismType {
        match self {
            Self::Plain(kind) => kind,
            Self::Ed448 => MechanismType::EDDSA,
        }
    }

    pub(crate) fn with_parameter(self) -> Result<Mechanism<'static>, Error> {
        match self {
            Self::Plain(kind) => without_parameter(kind),
            Self::Ed448 => {
                let scheme = EddsaSignatureScheme::Ed448(&[]);
                Ok(Mechanism::Eddsa(EddsaParams::new(scheme)))
            }
        }
    }
}

impl fmt::Display for SigningMechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(f)
    }
}

/// The mechanism of type `kind`, without a parameter.
pub(crate) fn without_parameter(kind: MechanismType) -> Result<Mechanism<'static>, Error> {
    Ok(match kind {
        MechanismType::EDDSA => Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519)),
        MechanismType::ECDSA => Mechanism::Ecdsa,
        MechanismType::ECDSA_SHA256 => Mechanism::EcdsaSha256,
        MechanismType::ECDSA_SHA384 => Mechanism::EcdsaSha384,
        MechanismType::ECDSA_SHA512 => Mechanism::EcdsaSha512,
        MechanismType::ML_DSA => {
            Mechanism::MlDsa(SignAdditionalContext::new(HedgeType::Preferred, None))
        }
        MechanismType::ECC_KEY_PAIR_GEN => Mechanism::EccKeyPairGen,
        MechanismType::ECC_EDWARDS_KEY_PAIR_GEN => Mechanism::EccEdwardsKeyPairGen,
        MechanismType::ML_DSA_KEY_PAIR_GEN => Mechanism::MlDsaKeyPairGen,
        other => {
            return Err(Error::ModuleMisbehaved(format!(
                "{other} is not for signing keys"
            )));
        }
    })
}

/// The mechanism with the number `kind`, if it is one of ours.
fn supported(kind: u64) -> Option<MechanismType> {
    let kind = MechanismType::try_from(kind).ok()?;
    without_parameter(kind).ok().map(|_| kind)
}

impl Wire for MechanismType {
    type As = u64;

    fn to_wire(&self) -> u64 {
        **self
    }

    fn from_wire(number: u64) -> Result<Self, tls_codec::Error> {
        supported(number).ok_or(tls_codec::Error::UnknownValue(number))
    }
}

/// A token's mechanisms. Those that this crate does not know are left out when they are read:
/// nobody asks for them.
impl Wire for Vec<MechanismType> {
    type As = Vec<u64>;

    fn to_wire(&self) -> Vec<u64> {
        self.iter().map(|kind| **kind).collect()
    }

    fn from_wire(numbers: Vec<u64>) -> Result<Self, tls_codec::Error> {
        Ok(numbers.into_iter().filter_map(supported).collect())
    }
}

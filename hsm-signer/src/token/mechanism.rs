//! The mechanisms that this crate uses, with their parameters.

use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::{Mechanism, MechanismType};

use crate::error::Error;

/// The mechanism of type `kind`; none of ours takes a parameter. For EdDSA that means
/// PureEdDSA with Ed25519 (PKCS#11 3.0, section 2.3.14).
pub(crate) fn without_parameter(kind: MechanismType) -> Result<Mechanism<'static>, Error> {
    Ok(match kind {
        MechanismType::EDDSA => Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519)),
        MechanismType::ECDSA => Mechanism::Ecdsa,
        MechanismType::ECDSA_SHA256 => Mechanism::EcdsaSha256,
        MechanismType::ECDSA_SHA384 => Mechanism::EcdsaSha384,
        MechanismType::ECDSA_SHA512 => Mechanism::EcdsaSha512,
        MechanismType::ECC_KEY_PAIR_GEN => Mechanism::EccKeyPairGen,
        MechanismType::ECC_EDWARDS_KEY_PAIR_GEN => Mechanism::EccEdwardsKeyPairGen,
        other => {
            return Err(Error::ModuleMisbehaved(format!(
                "{other} is not for signing keys"
            )));
        }
    })
}

/// The mechanism with the number `kind`, if it is one of ours.
pub(crate) fn supported(kind: u64) -> Option<MechanismType> {
    let kind = MechanismType::try_from(kind).ok()?;
    without_parameter(kind).ok().map(|_| kind)
}

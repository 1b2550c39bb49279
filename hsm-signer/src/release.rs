//! What stands between a token and a caller: the form in which a token takes a message,
//! and the check that every signature passes before it is released.

use std::borrow::Cow;

use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;

use crate::encoding::ecdsa;
use crate::error::Error;
use crate::quirks::SigningPlan;
use crate::scheme::{Algorithm, Scheme};
use cryptoki::mechanism::MechanismType;

/// How the message of a self-test begins. No message of MLS does: what MLS signs
/// begins with the length of a label (RFC 9420, section 5.1.2).
const SELF_TEST: &[u8] = b"mls-hsm-signer self-test ";

/// A fresh random message that is no MLS message.
pub(crate) fn self_test_message(crypto: &HwCrypto) -> Result<Vec<u8>, Error> {
    let nonce: [u8; 32] = crypto.random_array().map_err(|_| Error::Random)?;
    Ok([SELF_TEST, &nonce].concat())
}

/// What the token is given for `message`: itself or its digest.
pub(crate) fn prepared<'a>(
    crypto: &HwCrypto,
    scheme: &'static Scheme,
    plan: SigningPlan,
    message: &'a [u8],
) -> Result<Cow<'a, [u8]>, Error> {
    match plan {
        SigningPlan::Message(_) => Ok(Cow::Borrowed(message)),
        SigningPlan::Digest(hash, _) => {
            let digest = crypto.hash(hash, message);
            digest
                .map(Cow::Owned)
                .map_err(|_| Error::SchemeUnsupported {
                    scheme: scheme.title,
                })
        }
    }
}

/// The mechanism of the plan.
pub(crate) fn mechanism(plan: SigningPlan) -> MechanismType {
    match plan {
        SigningPlan::Message(mechanism) | SigningPlan::Digest(_, mechanism) => mechanism,
    }
}

/// The token's signature in the form that MLS sends, verified under the public key.
///
/// # Errors
/// [`Error::Encoding`] when it has not the scheme's length, [`Error::SignatureInvalid`]
/// when it does not verify.
pub(crate) fn released(
    crypto: &HwCrypto,
    scheme: &'static Scheme,
    public_key: &[u8],
    message: &[u8],
    signature: Vec<u8>,
) -> Result<Vec<u8>, Error> {
    let encoded = match scheme.algorithm {
        Algorithm::EdDsa => signature,
        Algorithm::EcDsa { .. } => ecdsa::der_from_raw(&signature, scheme.field_length)?,
    };
    crypto
        .verify_signature(scheme.signature_scheme, message, public_key, &encoded)
        .map_err(|_| Error::SignatureInvalid)?;
    Ok(encoded)
}

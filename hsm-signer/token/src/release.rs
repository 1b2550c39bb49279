//! What a token is given: the form in which it takes a message, and the message of a
//! self-test.

use std::borrow::Cow;

use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;

use crate::error::Error;
use crate::mechanism::SigningMechanism;
use crate::quirks::SigningPlan;
use mls_signer_message::scheme::Scheme;

/// How the message of a self-test begins. No message of MLS does: what MLS signs
/// begins with the length of a label (RFC 9420, section 5.1.2).
const SELF_TEST: &[u8] = b"mls-hsm-signer self-test ";

/// A fresh random message that is no MLS message.
pub fn self_test_message(crypto: &HwCrypto) -> Result<Vec<u8>, Error> {
    let nonce: [u8; 32] = crypto.random_array().map_err(|_| Error::Random)?;
    Ok([SELF_TEST, &nonce].concat())
}

/// What the token is given for `message`: itself or its digest.
pub fn prepared<'a>(
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
                .map_err(|_| Error::SchemeUnsupported(scheme.title))
        }
    }
}

/// The mechanism of the plan.
pub fn mechanism(plan: SigningPlan) -> SigningMechanism {
    plan.mechanism()
}

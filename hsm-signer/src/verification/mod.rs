//! The check of every signature before it is released, under a key that is known before.

#[cfg(not(feature = "fips"))]
mod fixed_key;
#[cfg(not(feature = "fips"))]
mod multiples;
#[cfg(feature = "fips")]
mod none;
#[cfg(not(feature = "fips"))]
mod prepared;
#[cfg(not(feature = "fips"))]
mod sum;

use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;

use crate::encoding::ecdsa;
use crate::error::Error;
use crate::scheme::{Algorithm, Scheme};
#[cfg(feature = "fips")]
use none::Prepared;
#[cfg(not(feature = "fips"))]
use prepared::Prepared;

/// A public key and the way in which signatures are verified under it.
pub(crate) struct Verifier {
    scheme: &'static Scheme,
    public_key: Vec<u8>,
    prepared: Option<Prepared>,
}

impl Verifier {
    /// Verifies by AWS-LC.
    pub fn new(scheme: &'static Scheme, public_key: &[u8]) -> Self {
        Self {
            scheme,
            public_key: public_key.to_vec(),
            prepared: None,
        }
    }

    /// Verifies by tables of the key's multiples where the scheme has them, else by AWS-LC.
    /// Making the tables takes some 50 ms and up to 4 MiB a key.
    pub fn prepared(scheme: &'static Scheme, public_key: &[u8]) -> Self {
        Self {
            prepared: Prepared::new(scheme, public_key),
            ..Self::new(scheme, public_key)
        }
    }

    /// The token's signature in the form that MLS sends, verified.
    ///
    /// # Errors
    /// [`Error::Encoding`] when it has not the scheme's length, [`Error::SignatureInvalid`]
    /// when it does not verify.
    pub fn released(
        &self,
        crypto: &HwCrypto,
        message: &[u8],
        signature: Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        let Algorithm::EcDsa { hash, .. } = self.scheme.algorithm else {
            self.verify_encoded(crypto, message, &signature)?;
            return Ok(signature);
        };
        let encoded = ecdsa::der_from_raw(&signature, self.scheme.field_length)?;
        match &self.prepared {
            None => self.verify_encoded(crypto, message, &encoded)?,
            Some(prepared) => {
                let digest = crypto.hash(hash, message);
                let digest = digest.map_err(|_| Error::SignatureInvalid)?;
                if !prepared.verify(&digest, &signature) {
                    return Err(Error::SignatureInvalid);
                }
            }
        }
        Ok(encoded)
    }

    fn verify_encoded(
        &self,
        crypto: &HwCrypto,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        let scheme = self.scheme.signature_scheme;
        crypto
            .verify_signature(scheme, message, &self.public_key, signature)
            .map_err(|_| Error::SignatureInvalid)
    }
}

#[cfg(all(test, not(feature = "fips")))]
mod tests;

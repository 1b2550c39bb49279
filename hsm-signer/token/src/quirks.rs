//! What particular modules do differently: one row each.
//!
//! A row says what was observed, not what a manual promises, and
//! `hsm-signer/cli/tests` shows it. A module without a row is taken at its word.

use cryptoki::mechanism::MechanismType;
use mls_fips::{Requirement, requirement};

use crate::error::Error;
use crate::identity::TokenIdentity;
use crate::mechanism::SigningMechanism;
use crate::pkcs11_scheme::Pkcs11Scheme;
use mls_signer_message::scheme::{Algorithm, Scheme};

/// The oddities of one kind of token.
#[derive(Debug)]
pub struct Quirks {
    /// The name of the row.
    pub name: &'static str,
    /// How CK_INFO's `manufacturerID` begins, where the library tells more than the token.
    library: &'static str,
    /// How CK_TOKEN_INFO's `manufacturerID` begins.
    manufacturer: &'static str,
    /// How CK_TOKEN_INFO's `model` begins.
    model: &'static str,
    /// The row holds for firmware versions (major, minor) below this one.
    below: Option<(u8, u8)>,
    /// Whether the signer hashes for ECDSA, even where the mechanism list says that the
    /// token can.
    pub signer_hashes: bool,
    /// Whether C_CreateObject wants CKA_EC_POINT in the private key.
    pub point_in_private_key: bool,
    /// Whether a key pair is asked for without CKA_VERIFY of its public key, which the token
    /// sets by itself.
    pub verify_unsaid: bool,
    /// The names of schemes of which the token makes keys that then do not sign.
    pub broken: &'static [&'static str],
    /// Whether keys generated in the token say that they were not (CKA_LOCAL is false).
    pub denies_local: bool,
    /// How a private key from outside gets into the token where C_CreateObject does not
    /// take it.
    pub import_route: &'static str,
    /// What an operator should know.
    pub note: &'static str,
}

/// What holds for a module without a row of its own.
pub static DEFAULT: Quirks = Quirks {
    name: "default",
    library: "",
    manufacturer: "",
    model: "",
    below: None,
    signer_hashes: false,
    point_in_private_key: false,
    verify_unsaid: false,
    broken: &[],
    denies_local: false,
    import_route: "the HSM's own tool for keys from outside, which most often wants the key \
         wrapped under one of the HSM's; or new keys (mls-hsm-signer keys rotate), which new \
         groups name while old groups keep theirs",
    note: "no known quirks",
};

/// The known modules; the first row that matches counts.
pub static QUIRKS: &[Quirks] = &[
    Quirks {
        name: "SoftHSM 2",
        manufacturer: "SoftHSM",
        model: "SoftHSM v2",
        below: Some((2, 7)),
        signer_hashes: true,
        import_route: "softhsm2-util --import KEY.pem --label LABEL --id HEX, for PKCS#8 in PEM",
        note: "a software token: keys lie in files; never locks after wrong PINs",
        ..DEFAULT
    },
    Quirks {
        name: "NSS softokn 3",
        manufacturer: "Mozilla",
        model: "NSS 3",
        point_in_private_key: true,
        denies_local: true,
        import_route: "pk12util -i KEY.p12 -d DATABASE, for ECDSA; Ed25519 has none",
        note: "a software token: keys lie in files; no Ed25519; generated keys deny CKA_LOCAL",
        ..DEFAULT
    },
    Quirks {
        name: "kryoptic 1",
        manufacturer: "Kryoptic Project",
        note: "a software token: keys lie in a database; locks at the tenth wrong PIN",
        ..DEFAULT
    },
    // The token's manufacturer and model are the TPM's, whoever made it.
    Quirks {
        name: "tpm2-pkcs11 1",
        library: "tpm2-software",
        verify_unsaid: true,
        broken: &["ecdsa_secp521r1_sha512"],
        import_route: "none that was tried, for C_CreateObject takes RSA public keys and data alone; \
             or new keys (mls-hsm-signer keys rotate), which new groups name while old groups \
             keep theirs",
        note: "a TPM 2.0: no Ed25519; every token of a TPM has the same serial number",
        ..DEFAULT
    },
];

impl Quirks {
    /// The row for `token`, or [`DEFAULT`].
    pub fn of(token: &TokenIdentity) -> &'static Self {
        QUIRKS
            .iter()
            .find(|row| row.matches(token))
            .unwrap_or(&DEFAULT)
    }

    fn matches(&self, token: &TokenIdentity) -> bool {
        token.library.starts_with(self.library)
            && token.manufacturer.starts_with(self.manufacturer)
            && token.model.starts_with(self.model)
            && self.below.is_none_or(|version| token.firmware < version)
    }
}

/// What a session is asked to sign for a message, and by which mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningPlan {
    /// The message itself: EdDSA, ML-DSA, or ECDSA with the hash in the token.
    Message(SigningMechanism),
    /// The message's hash, made by the signer.
    Digest(openmls_traits::types::HashType, SigningMechanism),
}

impl SigningPlan {
    /// The mechanism that the token is asked for.
    pub fn mechanism(self) -> SigningMechanism {
        match self {
            Self::Message(mechanism) | Self::Digest(_, mechanism) => mechanism,
        }
    }

    /// Chooses for `scheme` from what the token says it can do and what is known of it.
    ///
    /// # Errors
    /// [`Error::SchemeUnsupported`] when the token has no mechanism for the scheme,
    /// [`Error::SchemeBroken`] when it is known not to sign by it,
    /// [`Error::SchemeNotApproved`] when FIPS mode is required of this process and refuses
    /// to verify it.
    pub fn choose(
        scheme: &'static Scheme,
        mechanisms: &[MechanismType],
        quirks: &Quirks,
    ) -> Result<Self, Error> {
        check_approved(scheme, requirement())?;
        if quirks.broken.contains(&scheme.name) {
            return Err(Error::SchemeBroken(scheme.title));
        }
        let row = Pkcs11Scheme::of(scheme)?;
        let in_token = row
            .hash_and_sign
            .filter(|mechanism| !quirks.signer_hashes && mechanisms.contains(mechanism));
        if let Some(mechanism) = in_token {
            return Ok(Self::Message(SigningMechanism::Plain(mechanism)));
        }
        if !mechanisms.contains(&row.sign.kind()) {
            return Err(Error::SchemeUnsupported(scheme.title));
        }
        Ok(match scheme.algorithm {
            Algorithm::EcDsa(hash) => Self::Digest(hash, row.sign),
            Algorithm::EdDsa | Algorithm::MlDsa => Self::Message(row.sign),
        })
    }
}

/// FIPS mode would refuse to verify the signatures of other schemes, so that none would be
/// released: better said before a key is made or used.
fn check_approved(scheme: &Scheme, requirement: Requirement) -> Result<(), Error> {
    if requirement == Requirement::None || scheme.is_approved() {
        return Ok(());
    }
    Err(Error::SchemeNotApproved(scheme.title))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mls_signer_message::scheme::SCHEMES;

    /// What features bring, FIPS mode refuses, with a reason; what it has is the same with it.
    #[test]
    fn fips_mode_has_the_four_of_wire_alone() {
        for scheme in SCHEMES {
            assert!(check_approved(scheme, Requirement::None).is_ok());
            for requirement in [Requirement::Fips, Requirement::Strict] {
                let checked = check_approved(scheme, requirement);
                assert_eq!(checked.is_ok(), scheme.of_wire, "{}", scheme.name);
                let said = checked.map_err(|error| error.to_string());
                assert!(said.err().is_none_or(|said| said.contains(scheme.title)));
            }
        }
    }
}

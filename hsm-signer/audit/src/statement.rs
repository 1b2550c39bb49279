//! What the HSM says of a chain: how far it has come, and what was pruned.

use std::fmt;

use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::SignatureScheme;

use mls_signer_message::scheme::Scheme;
use serde::{Deserialize, Serialize};
use tls_codec::{Deserialize as _, TlsDeserialize, TlsSerialize, TlsSize, VLByteSlice};

use crate::chain::Hash;
use crate::encoding::encoded;
use crate::json::{self, hexadecimal};

/// The encoding below; another one gets another number.
const VERSION: u16 = 1;

/// What stands in front of every statement that is signed. MLS signs only what begins with
/// "MLS 1.0 " in this place (RFC 9420, section 5.1.2), so that neither signature can be
/// taken for the other, even if one key made both.
const LABEL: &[u8] = b"mls-hsm-signer audit statement";

/// What is said.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize, Deserialize, Serialize,
)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Kind {
    /// The chain has come so far.
    Checkpoint = 1,
    /// Everything so far was removed on purpose.
    Pruning = 2,
}

/// A statement of the HSM. What is signed is `opaque label<V>` with the text
/// `mls-hsm-signer audit statement` and `opaque content<V>` with
///
/// ```text
/// struct {
///     uint16 version = 1;
///     uint8 kind;                 /* 1 checkpoint, 2 pruning */
///     opaque chain_id[32];
///     opaque tenant<V>;           /* UTF-8 */
///     uint64 sequence;            /* of the last record that is meant */
///     opaque head[32];            /* the chain's hash there */
///     uint64 time;                /* milliseconds since 1 January 1970, UTC */
/// } Statement;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize)]
pub struct Statement {
    /// What is said.
    pub kind: Kind,
    /// The chain.
    pub chain_id: [u8; 32],
    /// Whose chain it is.
    pub tenant: String,
    /// The last record that is meant.
    pub sequence: u64,
    /// The chain's hash at that record.
    pub head: Hash,
    /// When it was said, in milliseconds since 1 January 1970, UTC.
    pub time: u64,
}

impl Statement {
    /// The bytes that are stored.
    pub fn encode(&self) -> Vec<u8> {
        encoded(&(VERSION, self))
    }

    /// Reads a statement, strictly. `None` if it is none.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (version, statement) = <(u16, Self)>::tls_deserialize_exact(bytes).ok()?;
        (version == VERSION).then_some(statement)
    }

    /// The bytes that are signed.
    pub fn signature_input(&self) -> Vec<u8> {
        encoded(&(VLByteSlice(LABEL), VLByteSlice(&self.encode())))
    }
}

/// A public key under which signatures are checked.
#[derive(Clone, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize, Deserialize, Serialize)]
pub struct VerifyingKey {
    /// Its scheme.
    #[serde(with = "json::scheme")]
    pub scheme: SignatureScheme,
    /// The key, in MLS's form.
    #[serde(with = "json::base64")]
    pub public_key: Vec<u8>,
}

impl VerifyingKey {
    /// Reads `uint16 signature_scheme; opaque public_key<V>`.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let key = Self::tls_deserialize_exact(bytes).ok()?;
        Scheme::by_signature_scheme(key.scheme).map(|_| key)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = mls_signer_message::encoding::hex(&self.public_key);
        write!(f, "VerifyingKey({:?}, {hex})", self.scheme)
    }
}

/// A statement and its signature.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct SignedStatement {
    /// What is said.
    #[serde(flatten, with = "StatementFields")]
    pub statement: Statement,
    /// Who is said to have signed it. Whoever checks it must know the key from elsewhere.
    #[serde(flatten)]
    pub key: VerifyingKey,
    /// The signature, in MLS's form.
    #[serde(with = "json::base64")]
    pub signature: Vec<u8>,
}

/// A statement as an export has it, where the fields are in another order.
#[derive(Deserialize, Serialize)]
#[serde(remote = "Statement")]
struct StatementFields {
    kind: Kind,
    tenant: String,
    #[serde(with = "hexadecimal")]
    chain_id: [u8; 32],
    sequence: u64,
    #[serde(with = "hexadecimal")]
    head: Hash,
    time: u64,
}

impl SignedStatement {
    /// Whether the signature is the key's.
    pub fn verifies(&self) -> bool {
        let input = self.statement.signature_input();
        let VerifyingKey { scheme, public_key } = &self.key;
        let crypto = HwCrypto::default();
        let verified = crypto.verify_signature(*scheme, &input, public_key, &self.signature);
        verified.is_ok()
    }
}

/// Why a signer made no signature, in its own words.
pub type SignerFailure = Box<dyn std::error::Error + Send + Sync>;

/// Signs statements: a key in the HSM. It blocks; the store calls it where that is allowed.
pub trait StatementSigner: Send + Sync {
    /// The key under which its signatures verify.
    fn key(&self) -> VerifyingKey;

    /// Signs [`Statement::signature_input`], and returns the signature in MLS's form.
    ///
    /// # Errors
    /// Why there is no signature.
    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignerFailure>;
}

pub(crate) fn sign(
    statement: Statement,
    signer: &dyn StatementSigner,
) -> Result<SignedStatement, SignerFailure> {
    let signature = signer.sign(&statement.signature_input())?;
    let signed = SignedStatement {
        statement,
        key: signer.key(),
        signature,
    };
    if !signed.verifies() {
        return Err("the signature does not verify".into());
    }
    Ok(signed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mls_signer_message::encoding::hex;

    /// Keys are stored: these bytes stay as they are.
    #[test]
    fn the_bytes_of_a_key_are_the_same_for_ever() {
        let key = VerifyingKey {
            scheme: SignatureScheme::ECDSA_SECP256R1_SHA256,
            public_key: vec![4; 65],
        };
        assert_eq!(
            hex(&encoded(&key)),
            "040340410404040404040404040404040404040404040404040404040404040404040404\
             040404040404040404040404040404040404040404040404040404040404040404"
        );
        assert_eq!(VerifyingKey::decode(&encoded(&key)), Some(key));
    }

    #[test]
    fn other_schemes_and_lengths_of_keys_are_refused() {
        for wrong in [
            &b"\x08\x07"[..],
            b"\x08\x07\x02a",
            b"\x08\x07\x00a",
            b"\xff\xff\x00",
        ] {
            assert_eq!(VerifyingKey::decode(wrong), None, "{wrong:x?}");
        }
    }
}

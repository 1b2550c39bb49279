//! What the HSM says of a chain: how far it has come, and what was pruned.

use std::fmt;

use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::SignatureScheme;

use mls_signer_message::scheme::Scheme;
use tls_codec::{Deserialize, TlsDeserialize, TlsSerialize, TlsSize, VLByteSlice};

use crate::chain::Hash;
use crate::encoding::encoded;

/// The encoding below; another one gets another number.
const VERSION: u16 = 1;

/// What stands in front of every statement that is signed. MLS signs only what begins with
/// "MLS 1.0 " in this place (RFC 9420, section 5.1.2), so that neither signature can be
/// taken for the other, even if one key made both.
const LABEL: &[u8] = b"mls-hsm-signer audit statement";

/// What is said.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    TlsDeserialize,
    TlsSerialize,
    TlsSize,
    serde::Deserialize,
    serde::Serialize,
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
#[derive(Clone, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize)]
pub struct VerifyingKey {
    /// Its scheme.
    pub scheme: SignatureScheme,
    /// The key, in MLS's form.
    pub public_key: Vec<u8>,
}

impl VerifyingKey {
    /// Reads `uint16 signature_scheme; opaque public_key<V>`.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let key = Self::tls_deserialize_exact(bytes).ok()?;
        Scheme::by_signature_scheme(key.scheme).map(|_| key)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        encoded(self)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = mls_signer_message::encoding::hex(&self.public_key);
        write!(f, "VerifyingKey({:?}, {hex})", self.scheme)
    }
}

/// A statement and its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedStatement {
    /// What is said.
    pub statement: Statement,
    /// Who is said to have signed it. Whoever checks it must know the key from elsewhere.
    pub key: VerifyingKey,
    /// The signature, in MLS's form.
    pub signature: Vec<u8>,
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
    /// The public key, in MLS's form.
    fn public_key(&self) -> &[u8];

    /// The key's scheme.
    fn scheme(&self) -> &'static Scheme;

    /// Signs [`Statement::signature_input`], and returns the signature in MLS's form.
    ///
    /// # Errors
    /// Why there is no signature.
    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SignerFailure>;
}

/// Signs `statement`.
pub(crate) fn sign(
    statement: Statement,
    signer: &dyn StatementSigner,
) -> Result<SignedStatement, SignerFailure> {
    let signature = signer.sign(&statement.signature_input())?;
    let signed = SignedStatement {
        statement,
        key: VerifyingKey {
            scheme: signer.scheme().signature_scheme,
            public_key: signer.public_key().to_vec(),
        },
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

    fn statement(kind: Kind) -> Statement {
        Statement {
            kind,
            chain_id: [1; 32],
            tenant: "Zürich".into(),
            sequence: 2,
            head: [3; 32],
            time: 0x0102_0304_0506_0708,
        }
    }

    /// Statements are stored and signed: these bytes stay as they are.
    #[test]
    fn the_bytes_are_the_same_for_ever() {
        for (kind, expected) in [
            (
                Kind::Checkpoint,
                "000101010101010101010101010101010101010101010101010101010101010101010107\
                 5ac3bc726963680000000000000002030303030303030303030303030303030303030303\
                 03030303030303030303030102030405060708",
            ),
            (
                Kind::Pruning,
                "000102010101010101010101010101010101010101010101010101010101010101010107\
                 5ac3bc726963680000000000000002030303030303030303030303030303030303030303\
                 03030303030303030303030102030405060708",
            ),
        ] {
            let statement = statement(kind);
            assert_eq!(hex(&statement.encode()), expected);
            assert_eq!(Statement::decode(&statement.encode()), Some(statement));
        }
        assert_eq!(
            hex(&statement(Kind::Checkpoint).signature_input()),
            "1e6d6c732d68736d2d7369676e65722061756469742073746174656d656e74405b000101\
             0101010101010101010101010101010101010101010101010101010101010101075ac3bc\
             726963680000000000000002030303030303030303030303030303030303030303030303\
             03030303030303030102030405060708"
        );
        let key = VerifyingKey {
            scheme: SignatureScheme::ECDSA_SECP256R1_SHA256,
            public_key: vec![4; 65],
        };
        assert_eq!(
            hex(&key.encode()),
            "040340410404040404040404040404040404040404040404040404040404040404040404\
             040404040404040404040404040404040404040404040404040404040404040404"
        );
        assert_eq!(VerifyingKey::decode(&key.encode()), Some(key));
    }

    #[test]
    fn other_versions_kinds_schemes_and_lengths_are_refused() {
        let encoded = statement(Kind::Pruning).encode();
        for (place, number) in [(1, 2), (2, 0), (2, 3), (35, 0x40)] {
            let mut wrong = encoded.clone();
            wrong[place] = number;
            assert_eq!(Statement::decode(&wrong), None, "{place}");
        }
        assert_eq!(Statement::decode(&[&encoded[..], &[0]].concat()), None);
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

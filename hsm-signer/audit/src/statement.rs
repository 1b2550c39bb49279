//! What the HSM says of a chain: how far it has come, and what was pruned.

use std::fmt;

use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::SignatureScheme;

use super::chain::Hash;
use super::record::scheme;
use mls_signer_message::scheme::Scheme;
use mls_signer_message::wire::{Reader, Writer};

/// The encoding below; another one gets another number.
const VERSION: u16 = 1;

/// What stands in front of every statement that is signed. MLS signs only what begins with
/// "MLS 1.0 " in this place (RFC 9420, section 5.1.2), so that neither signature can be
/// taken for the other, even if one key made both.
const LABEL: &[u8] = b"mls-hsm-signer audit statement";

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
        Writer::default()
            .uint16(VERSION)
            .uint8(self.kind as u8)
            .fixed(&self.chain_id)
            .opaque(self.tenant.as_bytes())
            .uint64(self.sequence)
            .fixed(&self.head)
            .uint64(self.time)
            .finish()
    }

    /// Reads a statement, strictly. `None` if it is none.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.uint16()? != VERSION {
            return None;
        }
        let statement = Self {
            kind: match reader.uint8()? {
                1 => Kind::Checkpoint,
                2 => Kind::Pruning,
                _ => return None,
            },
            chain_id: reader.array()?,
            tenant: reader.text()?,
            sequence: reader.uint64()?,
            head: reader.array()?,
            time: reader.uint64()?,
        };
        reader.finished()?;
        Some(statement)
    }

    /// The bytes that are signed.
    pub fn signature_input(&self) -> Vec<u8> {
        Writer::default()
            .opaque(LABEL)
            .opaque(&self.encode())
            .finish()
    }
}

/// A public key under which signatures are checked.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    /// Its scheme.
    pub scheme: SignatureScheme,
    /// The key, in MLS's form.
    pub public_key: Vec<u8>,
}

impl VerifyingKey {
    /// Reads `uint16 signature_scheme; opaque public_key<V>`.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let key = Self {
            scheme: scheme(reader.uint16()?)?,
            public_key: reader.opaque()?.to_vec(),
        };
        reader.finished()?;
        Some(key)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        Writer::default()
            .uint16(self.scheme as u16)
            .opaque(&self.public_key)
            .finish()
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
        HwCrypto::default()
            .verify_signature(
                self.key.scheme,
                &input,
                &self.key.public_key,
                &self.signature,
            )
            .is_ok()
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

//! The hash chain of a tenant.
//!
//! ```text
//! hash[0] = SHA-256("mls-hsm-signer audit genesis", chain_id, tenant)
//! hash[n] = SHA-256("mls-hsm-signer audit record", hash[n-1], record[n])
//! ```
//!
//! Each part is an `opaque<V>` of RFC 9420. The chain id is 32 random bytes, made with the
//! first record and written in every record, so that no record of another chain fits.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use mls_signer_message::hash::sha256;
use serde::{Deserialize, Serialize};
use tls_codec::VLByteSlice;

use crate::encoding::encoded;
use crate::json::hexadecimal;

/// The hash of a chain, or of what a record names: SHA-256.
pub type Hash = mls_signer_message::hash::Sha256;

const GENESIS: &[u8] = b"mls-hsm-signer audit genesis";
const RECORD: &[u8] = b"mls-hsm-signer audit record";

/// A tenant's chain, and where it ends.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// Whose chain it is.
    pub tenant: String,
    /// Random; no other chain has it.
    #[serde(rename = "chain_id", with = "hexadecimal")]
    pub id: [u8; 32],
    /// How many records at the beginning have been pruned; 0 if none. The first record that is
    /// kept has the sequence number after it.
    pub pruned: u64,
    /// The hash before the first record that is kept: the genesis hash if none was pruned.
    #[serde(with = "hexadecimal")]
    pub anchor: Hash,
    /// The sequence number of the last record; 0 before the first.
    pub sequence: u64,
    /// The hash of the last record; the genesis hash before the first.
    #[serde(with = "hexadecimal")]
    pub head: Hash,
}

impl Chain {
    /// A chain without records, and with a new id. `None` when there is no randomness.
    pub(crate) fn begin(tenant: &str) -> Option<Self> {
        let mut id = [0; 32];
        SystemRandom::new().fill(&mut id).ok()?;
        let genesis = genesis(&id, tenant);
        Some(Self {
            tenant: tenant.into(),
            id,
            pruned: 0,
            anchor: genesis,
            sequence: 0,
            head: genesis,
        })
    }

    /// Adds an encoded record, which has the next sequence number, and returns its hash.
    pub(crate) fn extend(&mut self, record: &[u8]) -> Hash {
        self.head = next(&self.head, record);
        self.sequence += 1;
        self.head
    }
}

/// The hash before the first record of a chain.
pub(crate) fn genesis(chain_id: &[u8; 32], tenant: &str) -> Hash {
    hash_of([GENESIS, chain_id, tenant.as_bytes()])
}

/// The hash of the chain that ends with the encoded `record` after `previous`.
pub fn next(previous: &Hash, record: &[u8]) -> Hash {
    hash_of([RECORD, previous, record])
}

fn hash_of([label, first, second]: [&[u8]; 3]) -> Hash {
    sha256(&encoded(&(
        VLByteSlice(label),
        VLByteSlice(first),
        VLByteSlice(second),
    )))
}

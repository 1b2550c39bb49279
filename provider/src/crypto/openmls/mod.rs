//! What OpenMLS is about to do, read from its own structures and prepared.

mod copath;
mod encoded;
mod signed;

use ::openmls::group::{MlsGroup, ProcessedWelcome};
use ::openmls::key_packages::{KeyPackage, KeyPackageIn};
use ::openmls::treesync::RatchetTreeIn;
use openmls_traits::types::HpkeKemType;
use tls_codec::Serialize;

use super::HwCrypto;
use crate::prepared::{PrepareError, PreparedSeals, PreparedVerifications};

/// With the cargo feature `openmls`.
impl HwCrypto {
    /// Encapsulates to the keys that the next commit of `group` by this member will
    /// encrypt to: the resolution of its copath (RFC 9420, section 7.5), with the
    /// pending proposals applied, and the init keys of the members they add.
    ///
    /// This is for a commit with a path. One that only adds members, and is not made to
    /// have a path, encrypts to their init keys alone and leaves the rest unused. A key
    /// that the commit encrypts to all the same, because of a proposal that it carries
    /// itself, costs what it always did.
    ///
    /// # Errors
    /// [`PrepareError`]; the commit can be made nevertheless.
    pub fn prepare_commit(&self, group: &MlsGroup) -> Result<PreparedSeals, PrepareError> {
        let keys = copath::encryption_keys(group)?;
        self.prepare_seals(group.ciphersuite().hpke_config().0, &keys)
    }

    /// Encapsulates to the init keys of `key_packages`, whose owners are about to be
    /// added to a group and sent a Welcome (RFC 9420, section 12.4.3.1).
    ///
    /// # Errors
    /// [`PrepareError::Unsupported`] if the key packages are not all of one
    /// ciphersuite that is supported, and the others.
    pub fn prepare_welcome(
        &self,
        key_packages: &[KeyPackage],
    ) -> Result<PreparedSeals, PrepareError> {
        let suites = || key_packages.iter().map(KeyPackage::ciphersuite);
        let Some(suite) = suites().next() else {
            return self.prepare_seals::<&[u8]>(HpkeKemType::DhKem25519, &[]);
        };
        if suites().any(|other| other != suite) {
            return Err(PrepareError::Unsupported);
        }
        let keys: Vec<&[u8]> = key_packages
            .iter()
            .map(|key_package| key_package.hpke_init_key().as_slice())
            .collect();
        self.prepare_seals(suite.hpke_config().0, &keys)
    }

    /// Verifies the signatures of all leaves of the tree that `welcome` leads into
    /// (RFC 9420, section 12.4.3.1): the tree in its GroupInfo, else `ratchet_tree`.
    /// Without either, nothing is prepared.
    ///
    /// # Errors
    /// [`PrepareError`]; the group can be joined nevertheless.
    pub fn prepare_join(
        &self,
        welcome: &ProcessedWelcome,
        ratchet_tree: Option<&RatchetTreeIn>,
    ) -> Result<PreparedVerifications, PrepareError> {
        let group_info = welcome.unverified_group_info();
        let in_group_info = group_info.extensions().ratchet_tree();
        let tree = in_group_info
            .map(|extension| extension.ratchet_tree())
            .or(ratchet_tree);
        let encoded = tree.map(encode).transpose()?.unwrap_or_default();
        let scheme = group_info.ciphersuite().signature_algorithm();
        let signed = match tree {
            Some(_) => signed::leaves(&encoded, scheme, group_info.group_id().as_slice())?,
            None => Vec::new(),
        };
        self.prepare_verifications(&signed)
    }

    /// Verifies both signatures of each key package (RFC 9420, section 10.1).
    ///
    /// # Errors
    /// [`PrepareError`]; the key packages can be validated nevertheless.
    pub fn prepare_key_packages(
        &self,
        key_packages: &[KeyPackageIn],
    ) -> Result<PreparedVerifications, PrepareError> {
        let encoded: Vec<Vec<u8>> = key_packages.iter().map(encode).collect::<Result<_, _>>()?;
        let mut signed = Vec::with_capacity(2 * encoded.len());
        for key_package in &encoded {
            signed.extend(signed::key_package(key_package)?);
        }
        self.prepare_verifications(&signed)
    }
}

fn encode(structure: &impl Serialize) -> Result<Vec<u8>, PrepareError> {
    structure
        .tls_serialize_detached()
        .map_err(|_| PrepareError::Malformed)
}

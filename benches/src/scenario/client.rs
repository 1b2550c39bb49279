//! An MLS client on one engine: a provider, a signer and a credential.

use std::collections::HashMap;

use openmls::prelude::{
    BasicCredential, Capabilities, CredentialWithKey, KeyPackage, KeyPackageBundle,
};
use openmls_traits::{OpenMlsProvider, types::Ciphersuite};
use rayon::prelude::*;

use crate::{BenchError, engine::Engine, error::Step};

/// What a client's storage holds.
pub(super) type Stored = HashMap<Vec<u8>, Vec<u8>>;

/// A client and what it signs with.
pub(super) struct Client<E: Engine> {
    pub(super) provider: E::Provider,
    pub(super) signer: E::Signer,
    pub(super) credential: CredentialWithKey,
    pub(super) suite: Ciphersuite,
}

impl<E: Engine> Client<E> {
    /// A client called `identity` with a fresh signature key and empty storage.
    pub(super) fn new(identity: &str, suite: Ciphersuite) -> Result<Self, BenchError> {
        let (signer, public_key) = E::signer(suite.signature_algorithm())?;
        let credential = CredentialWithKey {
            credential: BasicCredential::new(identity.into()).into(),
            signature_key: public_key.into(),
        };
        Ok(Self {
            provider: E::provider()?,
            signer,
            credential,
            suite,
        })
    }

    /// A fresh key package, its private keys in the client's storage.
    pub(super) fn key_package(&self) -> Result<KeyPackageBundle, BenchError> {
        KeyPackage::builder()
            .leaf_node_capabilities(capabilities(self.suite))
            .build(
                self.suite,
                &self.provider,
                &self.signer,
                self.credential.clone(),
            )
            .step("generate a key package")
    }

    /// What the client's storage holds now.
    pub(super) fn stored(&self) -> Result<Stored, BenchError> {
        let values = self.provider.storage().values.read();
        values.step("read the storage").map(|values| values.clone())
    }

    /// Puts the client's storage back to what it held.
    pub(super) fn restore(&self, stored: Stored) -> Result<(), BenchError> {
        let values = self.provider.storage().values.write();
        *values.step("restore the storage")? = stored;
        Ok(())
    }
}

/// What a leaf says that its client can do. It has to list the group's suite, and
/// OpenMLS's defaults are the first three alone.
pub(super) fn capabilities(suite: Ciphersuite) -> Capabilities {
    Capabilities::new(None, Some(&[suite]), None, None, None)
}

/// The key packages of `count` clients who will be added to a group and not act in it.
pub(super) fn key_packages<E: Engine>(
    suite: Ciphersuite,
    count: usize,
) -> Result<Vec<KeyPackage>, BenchError> {
    (0..count)
        .into_par_iter()
        .map(|index| {
            let client = Client::<E>::new(&format!("member {index}"), suite)?;
            Ok(client.key_package()?.into_key_package())
        })
        .collect()
}

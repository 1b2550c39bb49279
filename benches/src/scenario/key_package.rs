//! What OpenMLS does with one key package: generate it, validate it.

use openmls::prelude::{KeyPackage, KeyPackageBundle, KeyPackageIn, ProtocolVersion};
use openmls_traits::OpenMlsProvider;

use super::{
    Case, Trial,
    client::{Client, Stored},
    work::Work,
};
use crate::{
    BenchError,
    engine::Engine,
    error::{Step, ensure},
};

/// Generation of a key package: two HPKE keys and two signatures.
pub(super) fn generate<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    Ok(Box::new(Generate {
        client: Client::<E>::new("generator", case.suite)?,
    }))
}

/// Validation of a key package: two signatures verified.
pub(super) fn validate<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    let client = Client::<E>::new("generator", case.suite)?;
    Ok(Box::new(Validate::<E> {
        key_package: client.key_package()?.into_key_package(),
        validator: E::provider()?,
    }))
}

struct Generate<E: Engine> {
    client: Client<E>,
}

impl<E: Engine> Work for Generate<E> {
    type Input = ();
    type Output = KeyPackageBundle;

    fn set_up(&mut self) -> Result<(), BenchError> {
        self.client.restore(Stored::default())
    }

    fn work(&mut self, (): ()) -> Result<KeyPackageBundle, BenchError> {
        self.client.key_package()
    }

    fn verify(&mut self, bundle: KeyPackageBundle) -> Result<(), BenchError> {
        KeyPackageIn::from(bundle.into_key_package())
            .validate(self.client.provider.crypto(), ProtocolVersion::Mls10)
            .step("validate the generated key package")?;
        Ok(())
    }
}

struct Validate<E: Engine> {
    key_package: KeyPackage,
    validator: E::Provider,
}

impl<E: Engine> Work for Validate<E> {
    type Input = KeyPackageIn;
    type Output = KeyPackage;

    fn set_up(&mut self) -> Result<KeyPackageIn, BenchError> {
        Ok(KeyPackageIn::from(self.key_package.clone()))
    }

    fn work(&mut self, unverified: KeyPackageIn) -> Result<KeyPackage, BenchError> {
        unverified
            .validate(self.validator.crypto(), ProtocolVersion::Mls10)
            .step("validate the key package")
    }

    fn verify(&mut self, validated: KeyPackage) -> Result<(), BenchError> {
        ensure(
            validated == self.key_package,
            "the validated key package is another one",
        )
    }
}

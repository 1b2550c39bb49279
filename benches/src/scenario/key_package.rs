//! What OpenMLS does with key packages, one or many: generate them, validate them.

use openmls::prelude::{KeyPackage, KeyPackageBundle, KeyPackageIn, ProtocolVersion};
use openmls_traits::OpenMlsProvider;

use super::{
    Case, Trial,
    client::{Client, Stored, key_packages},
    signature::least_signatures,
    work::Work,
};
use crate::{
    BenchError,
    engine::Engine,
    error::{Step, ensure},
};

/// Those of a key package: of its leaf node, and its own.
const SIGNATURES: u64 = 2;

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
        validate_one(bundle.into_key_package().into(), &self.client.provider).map(drop)
    }

    fn least_iterations(&self) -> u64 {
        least_signatures(self.client.suite.signature_algorithm()).div_ceil(SIGNATURES)
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
        validate_one(unverified, &self.validator)
    }

    fn verify(&mut self, validated: KeyPackage) -> Result<(), BenchError> {
        ensure(
            validated == self.key_package,
            "the validated key package is another one",
        )
    }
}

/// Generation of `members` key packages by one client, one after the other.
pub(super) fn generate_many<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    Ok(Box::new(GenerateMany {
        client: Client::<E>::new("generator", case.suite)?,
        count: case.members,
    }))
}

struct GenerateMany<E: Engine> {
    client: Client<E>,
    count: usize,
}

impl<E: Engine> Work for GenerateMany<E> {
    type Input = ();
    type Output = Vec<KeyPackageBundle>;

    fn set_up(&mut self) -> Result<(), BenchError> {
        self.client.restore(Stored::default())
    }

    fn work(&mut self, (): ()) -> Result<Self::Output, BenchError> {
        (0..self.count).map(|_| self.client.key_package()).collect()
    }

    fn verify(&mut self, bundles: Self::Output) -> Result<(), BenchError> {
        ensure(bundles.len() == self.count, "a key package is missing")?;
        bundles.into_iter().try_for_each(|bundle| {
            validate_one(bundle.into_key_package().into(), &self.client.provider).map(drop)
        })
    }
}

/// Validation of the key packages of `members` clients, one after the other as OpenMLS
/// offers it, what can be prepared for all of them done first.
pub(super) fn validate_many<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    Ok(Box::new(ValidateMany::<E> {
        key_packages: key_packages::<E>(case.suite, case.members)?,
        validator: E::provider()?,
    }))
}

struct ValidateMany<E: Engine> {
    key_packages: Vec<KeyPackage>,
    validator: E::Provider,
}

impl<E: Engine> Work for ValidateMany<E> {
    type Input = Vec<KeyPackageIn>;
    type Output = Vec<KeyPackage>;

    fn set_up(&mut self) -> Result<Self::Input, BenchError> {
        let key_packages = self.key_packages.iter().cloned();
        Ok(key_packages.map(KeyPackageIn::from).collect())
    }

    fn work(&mut self, unverified: Self::Input) -> Result<Self::Output, BenchError> {
        let _prepared = E::prepare_key_packages(&self.validator, &unverified)?;
        unverified
            .into_iter()
            .map(|key_package| validate_one(key_package, &self.validator))
            .collect()
    }

    fn verify(&mut self, validated: Self::Output) -> Result<(), BenchError> {
        ensure(
            validated == self.key_packages,
            "the validated key packages are others",
        )
    }
}

fn validate_one(
    unverified: KeyPackageIn,
    provider: &impl OpenMlsProvider,
) -> Result<KeyPackage, BenchError> {
    unverified
        .validate(provider.crypto(), ProtocolVersion::Mls10)
        .step("validate the key package")
}

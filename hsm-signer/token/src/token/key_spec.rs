//! What a new key is to be: its names, and the attributes that keep it in the token.

use cryptoki::object::Attribute;
use openmls_hw_crypto::HwCrypto;
use openmls_traits::random::OpenMlsRand;
use zeroize::Zeroize;

use super::KeyClass;
use crate::ec_point;
use crate::error::Error;
use crate::removal_label::{label_in_use, meant_by};
use cryptoki::mechanism::MechanismType;
use mls_signer_message::encoding::EncodingError;
use mls_signer_message::encoding::pkcs8::PrivateKey;
use mls_signer_message::scheme::Scheme;

use crate::pkcs11_scheme::{Parameters, Pkcs11Scheme};
use crate::quirks::Quirks;

/// The longest label or id, in bytes, that a key may have here.
const MAX_NAME: usize = 255;

/// What a new key is to be.
#[derive(Clone, Debug)]
pub struct KeySpec {
    scheme: &'static Scheme,
    row: &'static Pkcs11Scheme,
    label: String,
    id: Vec<u8>,
    /// Whether it is to outlast the session that makes it.
    lasts: bool,
}

impl KeySpec {
    /// A key of `scheme`, named by `label` and `id`.
    ///
    /// # Errors
    /// [`Error::KeyName`] when one of them is empty or longer than 255 bytes, or the
    /// label has control characters; [`Error::KeyLabel`] when it begins as a removal
    /// key's and is that of none; [`Error::LabelRetired`] when it is a retired key's.
    pub fn new(scheme: &'static Scheme, label: &str, id: &[u8]) -> Result<Self, Error> {
        let fits = |length: usize| (1..=MAX_NAME).contains(&length);
        if !fits(label.len()) || !fits(id.len()) || label.chars().any(char::is_control) {
            return Err(Error::KeyName);
        }
        if let Some(meant) = meant_by(label) {
            return Err(Error::label_of_none(label, &meant));
        }
        if label_in_use(label).is_some() {
            return Err(Error::LabelRetired(label.into()));
        }
        Ok(Self {
            scheme,
            row: Pkcs11Scheme::of(scheme)?,
            label: label.into(),
            id: id.into(),
            lasts: true,
        })
    }

    /// The same for as long as the session lasts, for a trial.
    #[must_use]
    pub(crate) fn for_session(self) -> Self {
        Self {
            lasts: false,
            ..self
        }
    }

    /// The same with 16 random bytes as the id.
    ///
    /// # Errors
    /// As [`KeySpec::new`], and [`Error::Random`].
    pub fn with_random_id(scheme: &'static Scheme, label: &str) -> Result<Self, Error> {
        let id: [u8; 16] = HwCrypto::default()
            .random_array()
            .map_err(|_| Error::Random)?;
        Self::new(scheme, label, &id)
    }

    /// The key's scheme.
    pub fn scheme(&self) -> &'static Scheme {
        self.scheme
    }

    /// The mechanism that generates the key pair.
    pub(super) fn key_generation(&self) -> MechanismType {
        self.row.key_generation
    }

    /// The key's label.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The key's id.
    pub fn id(&self) -> &[u8] {
        &self.id
    }

    /// Attributes of both objects of a pair.
    fn common(&self, class: KeyClass) -> Vec<Attribute> {
        vec![
            Attribute::Class(class.object_class()),
            Attribute::KeyType(self.row.key_type),
            Attribute::Token(self.lasts),
            Attribute::Label(self.label.clone().into_bytes()),
            Attribute::Id(self.id.clone()),
        ]
    }

    /// The attribute that names the curve or the parameter set.
    fn parameters(&self) -> Attribute {
        match self.row.parameters {
            Parameters::Curve(forms) => Attribute::EcParams(forms[0].to_vec()),
            Parameters::Set(set) => Attribute::ParameterSet(set.into()),
        }
    }

    /// The template of the public key of a pair that is generated.
    pub(super) fn public_template(&self, quirks: &Quirks) -> Vec<Attribute> {
        let mut template = self.common(KeyClass::Public);
        template.extend([Attribute::Private(false), self.parameters()]);
        if !quirks.verify_unsaid {
            template.push(Attribute::Verify(true));
        }
        template
    }

    /// Sensitive, never extractable, and for signing only.
    pub(super) fn private_template(&self) -> Vec<Attribute> {
        let mut template = self.common(KeyClass::Private);
        template.extend([
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::SignRecover(false),
            Attribute::Decrypt(false),
            Attribute::Unwrap(false),
            Attribute::Derive(false),
        ]);
        template
    }

    pub(super) fn public_import_template(
        &self,
        key: &PrivateKey,
        quirks: &Quirks,
    ) -> Result<Vec<Attribute>, Error> {
        let mut template = self.public_template(quirks);
        template.push(match self.row.parameters {
            Parameters::Curve(_) => self.point(key)?,
            Parameters::Set(_) => Attribute::Value(key.public_key().to_vec()),
        });
        Ok(template)
    }

    fn point(&self, key: &PrivateKey) -> Result<Attribute, EncodingError> {
        ec_point::attribute(key.public_key(), self.scheme).map(Attribute::EcPoint)
    }

    /// With the public point where the module needs it in the private key. Of ML-DSA the
    /// seed is given, from which the module expands the rest.
    pub(super) fn private_import_template(
        &self,
        key: &PrivateKey,
        quirks: &Quirks,
    ) -> Result<SecretTemplate, Error> {
        let mut template = self.private_template();
        template.push(self.parameters());
        if let (Parameters::Curve(_), true) = (self.row.parameters, quirks.point_in_private_key) {
            template.push(self.point(key)?);
        }
        let secret = key.secret().to_vec();
        template.push(match self.row.parameters {
            Parameters::Curve(_) => Attribute::Value(secret),
            Parameters::Set(_) => Attribute::Seed(secret),
        });
        Ok(SecretTemplate(template))
    }
}

/// A template with a private key in it, overwritten when dropped.
pub(super) struct SecretTemplate(pub(super) Vec<Attribute>);

impl Drop for SecretTemplate {
    fn drop(&mut self) {
        for attribute in &mut self.0 {
            if let Attribute::Value(value) | Attribute::Seed(value) = attribute {
                value.zeroize();
            }
        }
    }
}

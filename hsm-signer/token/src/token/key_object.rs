//! What a token says of a key, and how well it keeps it.

use std::fmt;

use cryptoki::object::{Attribute, AttributeType, KeyType};
use mls_signer_message::scheme::Scheme;
use serde::{Deserialize, Serialize};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

use super::key_selector::KeySelector;
use crate::codec::{self, Wire};
use crate::key_use::KeyUse;
use crate::pkcs11_scheme::Pkcs11Scheme;

/// What a token says of one of its keys; `None` where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize)]
pub struct KeyObject {
    /// CKA_LABEL, as text.
    pub label: String,
    /// CKA_ID.
    pub id: Vec<u8>,
    /// CKA_KEY_TYPE.
    #[tls_codec(with = "codec")]
    pub key_type: Option<KeyType>,
    /// CKA_EC_PARAMS.
    pub parameters: Option<Vec<u8>>,
    /// CKA_EC_POINT, in any of its forms.
    pub point: Option<Vec<u8>>,
    /// CKA_PARAMETER_SET of an ML-DSA key.
    pub parameter_set: Option<u64>,
    /// CKA_VALUE of an ML-DSA public key, never a private one's.
    pub public_value: Option<Vec<u8>>,
    /// CKA_PRIVATE: the key is there only for who is logged in.
    #[tls_codec(with = "codec")]
    pub private: Option<bool>,
    /// CKA_ALWAYS_AUTHENTICATE: the token wants the PIN for each signature.
    #[tls_codec(with = "codec")]
    pub always_authenticate: Option<bool>,
    /// CKA_ALLOWED_MECHANISMS; empty where all are allowed.
    pub allowed_mechanisms: Vec<u64>,
    /// How the token keeps a private key.
    pub attributes: Attributes,
}

/// The attributes of a private key that say how it is kept; none where the token does not
/// say.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    TlsDeserialize,
    TlsSerialize,
    TlsSize,
)]
#[serde(deny_unknown_fields)]
pub struct Attributes {
    /// CKA_SENSITIVE: the value is never shown in the clear.
    #[tls_codec(with = "codec")]
    pub sensitive: Option<bool>,
    /// CKA_ALWAYS_SENSITIVE.
    #[tls_codec(with = "codec")]
    pub always_sensitive: Option<bool>,
    /// CKA_EXTRACTABLE: the value may leave the token wrapped.
    #[tls_codec(with = "codec")]
    pub extractable: Option<bool>,
    /// CKA_NEVER_EXTRACTABLE.
    #[tls_codec(with = "codec")]
    pub never_extractable: Option<bool>,
    /// CKA_LOCAL: made in the token, not brought in. Some tokens deny it of every key.
    #[tls_codec(with = "codec")]
    pub local: Option<bool>,
    /// CKA_SIGN.
    #[tls_codec(with = "codec")]
    pub sign: Option<bool>,
    /// Those of CKA_DECRYPT, CKA_UNWRAP and CKA_DERIVE that are true; none must be.
    #[tls_codec(with = "codec")]
    pub also_allowed: Vec<String>,
}

impl KeyObject {
    pub(super) const ATTRIBUTES: &'static [AttributeType] = &[
        AttributeType::Label,
        AttributeType::Id,
        AttributeType::KeyType,
        AttributeType::EcParams,
        AttributeType::EcPoint,
        AttributeType::Sensitive,
        AttributeType::AlwaysSensitive,
        AttributeType::Extractable,
        AttributeType::NeverExtractable,
        AttributeType::Local,
        AttributeType::Sign,
        AttributeType::Decrypt,
        AttributeType::Unwrap,
        AttributeType::Derive,
        AttributeType::Private,
        AttributeType::AlwaysAuthenticate,
        // The last: a list of mechanisms that cryptoki does not know fails all that is asked with it.
        AttributeType::AllowedMechanisms,
    ];

    /// Asked of ML-DSA keys alone: modules of older versions of PKCS#11 do not know them all.
    pub(super) const OF_ML_DSA: &'static [AttributeType] =
        &[AttributeType::Class, AttributeType::ParameterSet];

    /// Asked of ML-DSA public keys alone.
    pub(super) const PUBLIC_VALUE: &'static [AttributeType] = &[AttributeType::Value];

    /// [`ATTRIBUTES`](Self::ATTRIBUTES) without the list of allowed mechanisms.
    pub(super) fn of_known_mechanisms() -> &'static [AttributeType] {
        &Self::ATTRIBUTES[..Self::ATTRIBUTES.len() - 1]
    }

    /// The scheme of the key, by type and curve or parameter set.
    pub fn scheme(&self) -> Option<&'static Scheme> {
        Pkcs11Scheme::scheme_of(
            self.key_type?,
            self.parameters.as_deref(),
            self.parameter_set,
        )
    }

    /// Selects the key, and it alone.
    pub(crate) fn names(&self) -> KeySelector {
        KeySelector::label_and_id(self.label.as_str(), self.id.as_slice())
    }

    pub(super) fn from_attributes(attributes: Vec<Attribute>) -> Self {
        attributes.into_iter().fold(Self::default(), Self::with)
    }

    fn with(mut self, attribute: Attribute) -> Self {
        let kept = &mut self.attributes;
        match attribute {
            Attribute::Label(label) => self.label = String::from_utf8_lossy(&label).into_owned(),
            Attribute::Id(id) => self.id = id,
            Attribute::KeyType(key_type) => self.key_type = Some(key_type),
            Attribute::EcParams(parameters) => self.parameters = Some(parameters),
            Attribute::EcPoint(point) => self.point = Some(point).filter(|p| !p.is_empty()),
            Attribute::ParameterSet(set) => self.parameter_set = Some(**set),
            Attribute::Value(value) => self.public_value = Some(value),
            Attribute::Sensitive(value) => kept.sensitive = Some(value),
            Attribute::AlwaysSensitive(value) => kept.always_sensitive = Some(value),
            Attribute::Extractable(value) => kept.extractable = Some(value),
            Attribute::NeverExtractable(value) => kept.never_extractable = Some(value),
            Attribute::Local(value) => kept.local = Some(value),
            Attribute::Sign(value) => kept.sign = Some(value),
            Attribute::Decrypt(true) => kept.also_allow(KeyUse::Decrypt),
            Attribute::Unwrap(true) => kept.also_allow(KeyUse::Unwrap),
            Attribute::Derive(true) => kept.also_allow(KeyUse::Derive),
            Attribute::Private(value) => self.private = Some(value),
            Attribute::AlwaysAuthenticate(value) => self.always_authenticate = Some(value),
            Attribute::AllowedMechanisms(kinds) => {
                self.allowed_mechanisms = kinds.iter().map(|kind| **kind).collect();
            }
            _ => {}
        }
        self
    }

    /// How the token protects the private key. Where it does not say, the worst is
    /// assumed.
    pub fn protection(&self) -> Protection {
        self.attributes.protection()
    }
}

impl Attributes {
    /// What they say together of how the key is kept. Where the token does not say, the
    /// worst is assumed.
    pub fn protection(&self) -> Protection {
        let faults = self.faults();
        if !faults.is_empty() {
            Protection::Faulty(faults)
        } else if self.always_sensitive == Some(true) && self.never_extractable == Some(true) {
            Protection::MadeInToken
        } else {
            Protection::Imported
        }
    }

    fn also_allow(&mut self, allowed: KeyUse) {
        self.also_allowed.push(allowed.attribute().into());
    }

    pub(super) fn allows(&self, allowed: KeyUse) -> bool {
        let mut names = self.also_allowed.iter();
        names.any(|name| name == allowed.attribute())
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = self.kept_badly();
        let allowed = self.also_allowed.iter();
        faults.extend(allowed.map(|name| format!("{name} is true")));
        faults
    }

    /// What no rule admits.
    pub(super) fn kept_badly(&self) -> Vec<String> {
        let needed = [
            (self.sensitive, true, "CKA_SENSITIVE"),
            (self.extractable, false, "CKA_EXTRACTABLE"),
            (self.sign, true, "CKA_SIGN"),
        ];
        let mut faults = Vec::new();
        for (found, wanted, name) in needed {
            match found {
                Some(found) if found == wanted => {}
                Some(_) => faults.push(format!("{name} is not {wanted}")),
                None => faults.push(format!("the token does not say that {name} is {wanted}")),
            }
        }
        faults
    }
}

impl Wire for KeyType {
    type As = u64;

    fn to_wire(&self) -> u64 {
        **self
    }

    fn from_wire(number: u64) -> Result<Self, tls_codec::Error> {
        Self::try_from(number).map_err(|_| tls_codec::Error::UnknownValue(number))
    }
}

/// The attributes of some of [`KeyUse::ALL`], a bit for each.
impl Wire for Vec<String> {
    type As = u8;

    fn to_wire(&self) -> u8 {
        let bit = |name: &String| {
            KeyUse::ALL
                .iter()
                .position(|known| known.attribute() == name)
        };
        self.iter()
            .filter_map(bit)
            .fold(0, |bits, bit| bits | 1 << bit)
    }

    fn from_wire(bits: u8) -> Result<Self, tls_codec::Error> {
        if bits >> KeyUse::ALL.len() != 0 {
            return Err(tls_codec::Error::UnknownValue(bits.into()));
        }
        let all = KeyUse::ALL.iter().enumerate();
        let set = all.filter(|(place, _)| bits >> place & 1 == 1);
        Ok(set.map(|(_, known)| known.attribute().into()).collect())
    }
}

/// How well a private key is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Sensitive, not extractable and for signing only, since it was made.
    MadeInToken,
    /// The same now, but it has existed outside the token.
    Imported,
    /// Not as a removal key must be; one line for each fault.
    Faulty(Vec<String>),
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MadeInToken => f.write_str("made in the token, never extractable, signs only"),
            Self::Imported => {
                f.write_str("imported (has existed outside the token), not extractable, signs only")
            }
            Self::Faulty(faults) => write!(f, "unsafe: {}", faults.join("; ")),
        }
    }
}

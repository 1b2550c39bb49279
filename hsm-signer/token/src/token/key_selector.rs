//! Which key is meant: class, label and id.

use std::fmt;

use cryptoki::object::Attribute;
use mls_signer_message::encoding::hex;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

use crate::key_class::KeyClass;

/// Which key is meant: by CKA_LABEL, by CKA_ID, by both, or any.
#[derive(Clone, Debug, Default, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize)]
pub struct KeySelector {
    label: Option<String>,
    id: Option<Vec<u8>>,
}

impl KeySelector {
    /// Every key.
    pub fn any() -> Self {
        Self::default()
    }

    /// The key labelled `label`.
    pub fn label(label: impl Into<String>) -> Self {
        Self {
            label: Some(label.into()),
            id: None,
        }
    }

    /// The key whose CKA_ID is `id`.
    pub fn id(id: impl Into<Vec<u8>>) -> Self {
        Self {
            label: None,
            id: Some(id.into()),
        }
    }

    /// The key with both.
    pub fn label_and_id(label: impl Into<String>, id: impl Into<Vec<u8>>) -> Self {
        Self {
            label: Some(label.into()),
            id: Some(id.into()),
        }
    }

    /// Whether it describes a key with these names.
    /// Whether a label is named, and is such a one.
    pub(crate) fn names_label(&self, is_such: impl Fn(&str) -> bool) -> bool {
        self.label.as_deref().is_some_and(is_such)
    }

    pub(crate) fn describes(&self, label: &str, id: &[u8]) -> bool {
        self.label.as_deref().is_none_or(|own| own == label)
            && self.id.as_deref().is_none_or(|own| own == id)
    }

    pub(super) fn template(&self, class: KeyClass) -> Vec<Attribute> {
        let class = Attribute::Class(class.object_class());
        let label = self.label.clone().map(String::into_bytes);
        let id = self.id.clone();
        let mut template = vec![class, Attribute::Token(true)];
        template.extend(label.map(Attribute::Label));
        template.extend(id.map(Attribute::Id));
        template
    }
}

fn named(id: &[u8]) -> String {
    match id {
        [] => "without an id".into(),
        id => format!("with id {}", hex(id)),
    }
}

impl fmt::Display for KeySelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.label, &self.id) {
            (Some(label), None) => write!(f, "labelled {label:?}"),
            (None, Some(id)) => write!(f, "{}", named(id)),
            (Some(label), Some(id)) => write!(f, "labelled {label:?} {}", named(id)),
            (None, None) => f.write_str("of any label"),
        }
    }
}

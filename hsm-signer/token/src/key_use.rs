//! What a private key may be used for beside signing.

/// A use beside signing that a private key may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// CKA_DECRYPT.
    Decrypt,
    /// CKA_UNWRAP.
    Unwrap,
    /// CKA_DERIVE.
    Derive,
}

impl KeyUse {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Decrypt, Self::Unwrap, Self::Derive];

    /// The word by which a person admits it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decrypt => "decrypt",
            Self::Unwrap => "unwrap",
            Self::Derive => "derive",
        }
    }

    /// The use of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|found| found.name() == name)
    }

    /// The attribute that allows it.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Decrypt => "CKA_DECRYPT",
            Self::Unwrap => "CKA_UNWRAP",
            Self::Derive => "CKA_DERIVE",
        }
    }
}

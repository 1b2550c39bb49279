//! The two kinds of object that a key pair is of.

use cryptoki::object::ObjectClass;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

/// A private or a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize)]
#[repr(u8)]
pub enum KeyClass {
    /// CKO_PRIVATE_KEY.
    Private,
    /// CKO_PUBLIC_KEY.
    Public,
}

impl KeyClass {
    /// The name that a person reads.
    pub fn title(self) -> &'static str {
        match self {
            Self::Private => "private key",
            Self::Public => "public key",
        }
    }

    pub(crate) fn object_class(self) -> ObjectClass {
        match self {
            Self::Private => ObjectClass::PRIVATE_KEY,
            Self::Public => ObjectClass::PUBLIC_KEY,
        }
    }
}

//! How the fields of an export stand in JSON, for serde's `with`.

use mls_signer_message::Removal;
use serde::{Deserialize, Serialize};

/// Lower-case hexadecimal.
pub(crate) mod hexadecimal {
    use mls_signer_message::encoding::{from_lower_hex, hex};
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        bytes: impl AsRef<[u8]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(bytes.as_ref()))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = from_lower_hex(&text).and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| D::Error::custom("no lower-case hexadecimal of the field's length"))
    }
}

/// Standard base64 with padding.
pub(crate) mod base64 {
    use mls_signer_message::encoding::{base64, from_base64};
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        let bytes = from_base64(&String::deserialize(d)?);
        bytes.ok_or_else(|| D::Error::custom("no standard base64"))
    }
}

/// A signature scheme by its name.
pub(crate) mod scheme {
    use mls_signer_message::scheme::Scheme;
    use openmls_traits::types::SignatureScheme;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        scheme: &SignatureScheme,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match Scheme::by_signature_scheme(*scheme) {
            Some(row) => serializer.serialize_str(row.name),
            None => serializer.collect_str(&format_args!("{scheme:?}")),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<SignatureScheme, D::Error> {
        let row = Scheme::by_name(&String::deserialize(deserializer)?);
        let unknown = || D::Error::custom("no scheme has this name");
        row.map(|row| row.signature_scheme).ok_or_else(unknown)
    }
}

/// What was proposed.
#[derive(Deserialize, Serialize)]
#[serde(remote = "Removal")]
pub(crate) struct RemovalFields {
    #[serde(with = "hexadecimal")]
    group_id: Vec<u8>,
    epoch: u64,
    leaf_index: u32,
    sender_index: u32,
}

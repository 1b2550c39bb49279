//! What `tls_codec` cannot derive of what passes between the two processes: types of other
//! crates, secrets, and byte strings that are not to be copied byte by byte. Each is named
//! where it stands: `#[tls_codec(with = "codec")]`.

use std::io::{Read, Write};

use tls_codec::{Deserialize, Error, Serialize, Size};

/// A type that travels as another one.
pub(crate) trait Wire: Sized {
    /// What it travels as.
    type As: Serialize + Deserialize;

    fn to_wire(&self) -> Self::As;

    fn from_wire(wire: Self::As) -> Result<Self, Error>;
}

pub(crate) fn tls_serialized_len<T: Wire>(value: &T) -> usize {
    value.to_wire().tls_serialized_len()
}

pub(crate) fn tls_serialize<T: Wire, W: Write>(value: &T, writer: &mut W) -> Result<usize, Error> {
    value.to_wire().tls_serialize(writer)
}

pub(crate) fn tls_deserialize<T: Wire, R: Read>(reader: &mut R) -> Result<T, Error> {
    T::from_wire(T::As::tls_deserialize(reader)?)
}

impl Wire for bool {
    type As = u8;

    fn to_wire(&self) -> u8 {
        u8::from(*self)
    }

    fn from_wire(wire: u8) -> Result<Self, Error> {
        match wire {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(Error::UnknownValue(other.into())),
        }
    }
}

impl<T: Wire> Wire for Option<T> {
    type As = Option<T::As>;

    fn to_wire(&self) -> Self::As {
        self.as_ref().map(T::to_wire)
    }

    fn from_wire(wire: Self::As) -> Result<Self, Error> {
        wire.map(T::from_wire).transpose()
    }
}

/// A PIN or a private key, which is wiped: it is read straight into room of its size, so that
/// no copy is left behind by growing.
pub(crate) mod secret {
    use std::io::{Read, Write};

    use tls_codec::{Error, Serialize, Size, VLByteSlice, vlen};
    use zeroize::Zeroizing;

    /// In bytes; private keys of ML-DSA have fewer than 5,000.
    pub(crate) const LONGEST: usize = 16 * 1024;

    pub(crate) fn tls_serialized_len(secret: &[u8]) -> usize {
        VLByteSlice(secret).tls_serialized_len()
    }

    pub(crate) fn tls_serialize<W: Write>(secret: &[u8], writer: &mut W) -> Result<usize, Error> {
        VLByteSlice(secret).tls_serialize(writer)
    }

    pub(crate) fn tls_deserialize<R: Read>(reader: &mut R) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (length, _) = vlen::read_length(reader)?;
        if length > LONGEST {
            return Err(Error::InvalidVectorLength);
        }
        let mut secret = Zeroizing::new(vec![0; length]);
        reader.read_exact(&mut secret)?;
        Ok(secret)
    }
}

/// Many byte strings, each copied as a whole.
pub(crate) mod opaques {
    use std::io::{Read, Write};

    use tls_codec::{Deserialize, Error, Serialize, Size, VLByteSlice, VLByteVec};

    pub(crate) fn tls_serialized_len<T: AsRef<[u8]>>(strings: &[T]) -> usize {
        slices(strings).tls_serialized_len()
    }

    pub(crate) fn tls_serialize<T: AsRef<[u8]>, W: Write>(
        strings: &[T],
        writer: &mut W,
    ) -> Result<usize, Error> {
        slices(strings).tls_serialize(writer)
    }

    pub(crate) fn tls_deserialize<T: From<Vec<u8>>, R: Read>(
        reader: &mut R,
    ) -> Result<Vec<T>, Error> {
        let strings = Vec::<VLByteVec>::tls_deserialize(reader)?;
        Ok(strings.into_iter().map(|s| T::from(s.into())).collect())
    }

    fn slices<T: AsRef<[u8]>>(strings: &[T]) -> Vec<VLByteSlice<'_>> {
        strings.iter().map(|s| VLByteSlice(s.as_ref())).collect()
    }
}

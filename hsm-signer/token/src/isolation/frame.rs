//! Byte strings between the two processes: written and read field by field, big-endian,
//! each field of variable length behind its length. Reading is strict: what is too
//! short, too long, out of range or followed by anything is refused.

use zeroize::Zeroizing;

use crate::error::ProcessError;

/// The most bytes in a frame: below what a socket takes at once on Linux by default.
pub(crate) const FRAME_LIMIT: usize = 128 * 1024;

/// A frame that does not mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame between the processes is malformed: {0}")]
pub struct Malformed(pub(crate) &'static str);

impl From<Malformed> for ProcessError {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed.0)
    }
}

/// Writes a frame. Frames may carry a PIN or a key, so all are wiped.
pub(crate) struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    pub fn new(tag: u8) -> Self {
        let mut bytes = Vec::with_capacity(512);
        bytes.push(tag);
        Self(Zeroizing::new(bytes))
    }

    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.raw(&[value])
    }

    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// At most 4 GiB; a frame beyond [`FRAME_LIMIT`] is refused when it is sent.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.u32(u32::try_from(value.len()).unwrap_or(u32::MAX));
        self.raw(value)
    }

    pub fn option(&mut self, value: Option<&[u8]>) -> &mut Self {
        match value {
            None => self.u8(0),
            Some(value) => self.u8(1).bytes(value),
        }
    }

    pub fn truth(&mut self, value: Option<bool>) -> &mut Self {
        self.u8(match value {
            None => 0,
            Some(false) => 1,
            Some(true) => 2,
        })
    }

    pub fn finish(self) -> Zeroizing<Vec<u8>> {
        self.0
    }

    /// Grows by copying into new memory and wiping the old, which `Vec` itself does not.
    fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.next_power_of_two()));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        self
    }
}

/// Reads a frame.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(frame: &'a [u8]) -> Self {
        Self(frame)
    }

    pub fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    pub fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.u32()? as usize;
        let (value, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(Malformed("a field is longer than the frame"))?;
        self.0 = rest;
        Ok(value)
    }

    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed("a text is not UTF-8"))
    }

    pub fn option(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        match self.u8()? {
            0 => Ok(None),
            1 => self.bytes().map(Some),
            _ => Err(Malformed("neither there nor missing")),
        }
    }

    pub fn truth(&mut self) -> Result<Option<bool>, Malformed> {
        match self.u8()? {
            0 => Ok(None),
            1 => Ok(Some(false)),
            2 => Ok(Some(true)),
            _ => Err(Malformed("neither true, false nor unknown")),
        }
    }

    /// A number of things that follow, each of at least `least` bytes, so that room is
    /// never taken for more than the frame can hold.
    pub fn count(&mut self, least: usize) -> Result<usize, Malformed> {
        let count = self.u32()? as usize;
        if count > self.0.len() / least.max(1) {
            return Err(Malformed("more things are announced than fit"));
        }
        Ok(count)
    }

    /// The frame must end here.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Malformed("bytes are left over"))
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self
            .0
            .split_first_chunk()
            .ok_or(Malformed("it ends too early"))?;
        self.0 = rest;
        Ok(*head)
    }
}

#![allow(missing_docs)]
//! The presentation language of RFC 9420, section 2.1: big-endian numbers, and byte strings
//! with a length in front of them in the shortest form.

/// The bytes that are hashed, signed and kept.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    pub fn uint8(&mut self, value: u8) -> &mut Self {
        self.fixed(&[value])
    }

    pub fn uint16(&mut self, value: u16) -> &mut Self {
        self.fixed(&value.to_be_bytes())
    }

    pub fn uint32(&mut self, value: u32) -> &mut Self {
        self.fixed(&value.to_be_bytes())
    }

    pub fn uint64(&mut self, value: u64) -> &mut Self {
        self.fixed(&value.to_be_bytes())
    }

    /// Bytes whose number the reader knows.
    pub fn fixed(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// `opaque<V>`. Nothing here comes near 2^30 bytes, the longest that there is a length for.
    pub fn opaque(&mut self, bytes: &[u8]) -> &mut Self {
        let length = bytes.len();
        match length {
            0..0x40 => self.uint8(length as u8),
            0x40..0x4000 => self.uint16(0x4000 | length as u16),
            _ => self.uint32(0x8000_0000 | length as u32),
        };
        self.fixed(bytes)
    }

    pub fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

/// Reads what [`Writer`] wrote, strictly. `None` where it is not that.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub fn uint8(&mut self) -> Option<u8> {
        Some(self.array::<1>()?[0])
    }

    pub fn uint16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn uint32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn uint64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// `opaque<V>`; a length that is not in the shortest form is refused.
    pub fn opaque(&mut self) -> Option<&'a [u8]> {
        let first = *self.0.first()?;
        let (length, least) = match first >> 6 {
            0 => (u32::from(self.uint8()?), 0),
            1 => (u32::from(self.uint16()? & 0x3fff), 0x40),
            2 => (self.uint32()? & 0x3fff_ffff, 0x4000),
            _ => return None,
        };
        if length < least {
            return None;
        }
        self.take(usize::try_from(length).ok()?)
    }

    /// `opaque<V>` that is UTF-8.
    pub fn text(&mut self) -> Option<String> {
        String::from_utf8(self.opaque()?.to_vec()).ok()
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Whether all has been read.
    pub fn finished(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_and_read_in_the_shortest_form() {
        for length in [0, 1, 0x3f, 0x40, 0x3fff, 0x4000, 70_000] {
            let bytes = vec![7; length];
            let written = Writer::default().opaque(&bytes).finish();
            let mut reader = Reader::new(&written);
            assert_eq!(reader.opaque(), Some(&bytes[..]));
            assert_eq!(reader.finished(), Some(()));
            assert_eq!(Reader::new(&written[..written.len() - 1]).opaque(), None);
        }
    }

    #[test]
    fn longer_forms_of_a_length_are_refused() {
        for bytes in [
            &[0x40, 0][..],
            &[0x40, 0x3f, 1],
            &[0x80, 0, 0, 1, 1],
            &[0xc0],
            &[],
        ] {
            assert_eq!(Reader::new(bytes).opaque(), None, "{bytes:x?}");
        }
    }
}

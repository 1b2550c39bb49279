//! The head of a serialized `MLSMessage` (RFC 9420, section 6): two bytes of
//! protocol version, two of wire format.

/// `mls_public_message`.
pub const PUBLIC_MESSAGE: u16 = 1;
/// `mls_private_message`.
pub const PRIVATE_MESSAGE: u16 = 2;
/// `mls_welcome`.
pub const WELCOME: u16 = 3;
/// `mls_key_package`.
pub const KEY_PACKAGE: u16 = 5;

const MLS10: [u8; 2] = 1u16.to_be_bytes();

/// The wire format of `message`, or `None` if it is no MLS 1.0 message.
pub fn wire_format(message: &[u8]) -> Option<u16> {
    let (version, rest) = message.split_first_chunk::<2>()?;
    let format = rest.first_chunk::<2>()?;
    (*version == MLS10).then_some(u16::from_be_bytes(*format))
}

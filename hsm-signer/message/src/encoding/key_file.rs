//! What a file holds that should hold a private key: the DER of PKCS#8, or why it does not.

use der::asn1::AnyRef;
use der::{Decode, Encode, Header, SliceReader, Tag, Tagged};
use zeroize::Zeroizing;

use super::pem::{Block, Body, blocks, bytes_of};

/// The PEM label of an unencrypted PKCS#8 key.
const CLEAR: &str = "PRIVATE KEY";
/// The PEM label of an encrypted one.
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
/// The PEM label of a SEC 1 key (RFC 5915).
const SEC1: &str = "EC PRIVATE KEY";

/// How PEM begins.
const BEGIN: &[u8] = b"-----BEGIN ";

/// How DER of every kind of key and certificate begins.
const SEQUENCE: u8 = 0x30;

/// Written by editors of Windows before UTF-8.
pub(crate) const BOM: &[u8] = "\u{feff}".as_bytes();

/// Why a file holds no PKCS#8 key, and how to have one. Nothing of the file is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPkcs8 {
    /// There is nothing in it.
    #[error("the file is empty; a private key is needed, as openssl genpkey writes it")]
    Empty,
    /// Text in UTF-16.
    #[error("the file is text in UTF-16; convert it: iconv -f UTF-16 -t UTF-8 FILE > KEY.pem")]
    Utf16,
    /// SEC 1 in PEM or DER.
    #[error(
        "the key has the older form of SEC 1 (EC PRIVATE KEY), not PKCS#8; convert it: \
         openssl ec -in FILE -param_enc named_curve | openssl pkcs8 -topk8 -nocrypt -out KEY.pem"
    )]
    Sec1,
    /// The older form of an RSA or DSA key.
    #[error("the file holds an RSA or DSA key, with which no MLS group signs")]
    RsaOrDsa,
    /// OpenSSH's own form.
    #[error(
        "the key has OpenSSH's own form, not PKCS#8; convert a copy, where ssh-keygen can: \
         ssh-keygen -p -m PKCS8 -f COPY"
    )]
    OpenSsh,
    /// PKCS#12.
    #[error(
        "the file is PKCS#12; take the key out of it: \
         openssl pkcs12 -in FILE -nocerts -nodes -out KEY.pem"
    )]
    Pkcs12,
    /// A certificate.
    #[error("the file holds a certificate and no private key; give the key's own file")]
    Certificate,
    /// A public key.
    #[error("the file holds a public key and no private key; give the private key's file")]
    PublicKey,
    /// PEM of other kinds.
    #[error("the file has PEM of another kind and no private key; give the key's own file")]
    OtherPem,
    /// More than one private key.
    #[error(
        "the file holds several private keys; put the one that is meant into a file of its own"
    )]
    Several,
    /// The last line is missing.
    #[error("the key is truncated: no line -----END PRIVATE KEY----- ends it; copy it anew")]
    Truncated,
    /// Its first and its last line name different things.
    #[error(
        "the line -----END of the key's PEM names something else than its line -----BEGIN; correct \
         the one that is wrong, or copy the key anew"
    )]
    OtherEnd,
    /// DER is shorter than it says.
    #[error(
        "the key is truncated: its DER is shorter than it says; copy it anew, as a binary file"
    )]
    TruncatedDer,
    /// DER is longer than it says.
    #[error(
        "bytes follow the key's DER; copy it anew, or: openssl pkcs8 -topk8 -nocrypt -inform DER -in FILE -out KEY.pem"
    )]
    TrailingBytes,
    /// The base64 or what it encodes is damaged.
    #[error("the key is damaged: what its PEM holds is no PKCS#8; copy it anew")]
    Damaged,
    /// There are no line breaks.
    #[error(
        "the key's PEM has lost its line breaks (in YAML write | after the name, not >); restore \
         them: sed -E 's/(-----BEGIN [A-Z ]+-----) */\\1\\n/; s/ *(-----END )/\\n\\1/' FILE > KEY.pem"
    )]
    LineBreaksLost,
    /// A backslash and an n in the place of line breaks.
    #[error(
        "the key's PEM has \\n where its lines should end (in YAML use double quotes, or |); \
         convert it: sed 's/\\\\n/\\n/g' FILE > KEY.pem"
    )]
    LineBreaksEscaped,
    /// Carriage returns alone.
    #[error(
        "the lines of the key's PEM end with carriage returns alone; convert it: \
         tr '\\r' '\\n' < FILE > KEY.pem"
    )]
    CarriageReturns,
    /// Blanks before the lines.
    #[error("the key's PEM is indented; convert it: sed 's/^[[:blank:]]*//' FILE > KEY.pem")]
    Indented,
    /// PEM's words in lower case.
    #[error(
        "PEM wants -----BEGIN PRIVATE KEY----- and its -----END in upper case; correct the file"
    )]
    LowerCase,
    /// Base64 without PEM's lines.
    #[error(
        "the file is base64 without the lines -----BEGIN PRIVATE KEY----- and -----END; decode it: \
         openssl base64 -d -in FILE -out KEY.der"
    )]
    Base64,
    /// PEM in base64, as Kubernetes keeps it.
    #[error("the key's PEM is encoded in base64 once more; decode it: base64 -d FILE > KEY.pem")]
    Base64OfPem,
    /// Encrypted by sops.
    #[error("sops has encrypted it; decrypt it first: sops -d FILE")]
    Sops,
    /// Encrypted by Ansible.
    #[error("ansible-vault has encrypted it; decrypt it first: ansible-vault view FILE")]
    AnsibleVault,
    /// Other text.
    #[error(
        "the file is text without a line -----BEGIN PRIVATE KEY-----; give a key as openssl \
         genpkey writes it"
    )]
    OtherText,
    /// Other bytes.
    #[error(
        "the file is binary, and no private key in DER; give a key as openssl genpkey writes it"
    )]
    Binary,
}

/// The DER in a file, its one PKCS#8 key in PEM or all of it, and what the file is where that
/// turns out to be no PKCS#8.
pub(super) fn document(content: &[u8]) -> Result<(Zeroizing<Vec<u8>>, NotPkcs8), NotPkcs8> {
    let content = content.strip_prefix(BOM).unwrap_or(content);
    if content.trim_ascii().is_empty() {
        return Err(NotPkcs8::Empty);
    }
    match std::str::from_utf8(content) {
        // DER of a key has a zero byte somewhere.
        Ok(text) if !content.contains(&0) => Ok((from_text(text)?, NotPkcs8::Damaged)),
        _ if has_pem(content) => Ok((from_text(&latin1(content))?, NotPkcs8::Damaged)),
        _ if is_utf16(content) => Err(NotPkcs8::Utf16),
        _ => Ok((from_bytes(content)?, NotPkcs8::Binary)),
    }
}

/// Whether PEM stands in it, in bytes that are ASCII, whatever is around that.
fn has_pem(content: &[u8]) -> bool {
    let mut windows = content.windows(BEGIN.len());
    !is_sequence(content) && windows.any(|bytes| bytes == BEGIN)
}

/// Each byte as the character of its number: PEM is ASCII, and of what else is there nothing is kept.
fn latin1(content: &[u8]) -> Zeroizing<String> {
    // No character is more than two bytes of UTF-8: the text is not moved by growing.
    let mut text = Zeroizing::new(String::with_capacity(2 * content.len()));
    text.extend(content.iter().copied().map(char::from));
    text
}

fn from_text(text: &str) -> Result<Zeroizing<Vec<u8>>, NotPkcs8> {
    let (mut keys, others): (Vec<_>, Vec<_>) = blocks(text).into_iter().partition(is_private);
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => from_block(key, text),
        (Some(_), false) => Err(NotPkcs8::Several),
        (None, _) if others.is_empty() => Err(of_text(text)),
        (None, _) => Err(of_labels(&others)),
    }
}

fn is_private(block: &Block<'_>) -> bool {
    block.label.ends_with(CLEAR)
}

fn from_block(block: Block<'_>, text: &str) -> Result<Zeroizing<Vec<u8>>, NotPkcs8> {
    match block.label {
        CLEAR | ENCRYPTED => {}
        SEC1 => return Err(NotPkcs8::Sec1),
        "OPENSSH PRIVATE KEY" => return Err(NotPkcs8::OpenSsh),
        "RSA PRIVATE KEY" | "DSA PRIVATE KEY" => return Err(NotPkcs8::RsaOrDsa),
        _ => return Err(NotPkcs8::OtherPem),
    }
    match block.body {
        Body::Bytes(bytes) => Ok(bytes),
        Body::Unended => Err(NotPkcs8::Truncated),
        Body::OtherEnd => Err(NotPkcs8::OtherEnd),
        Body::OnOneLine => Err(line_breaks(text)),
        Body::NotBase64 => Err(NotPkcs8::Damaged),
    }
}

/// What has become of the line breaks of a text that lacks them.
fn line_breaks(text: &str) -> NotPkcs8 {
    if text.contains("\\n") {
        NotPkcs8::LineBreaksEscaped
    } else if text.contains('\r') && !text.contains('\n') {
        NotPkcs8::CarriageReturns
    } else {
        NotPkcs8::LineBreaksLost
    }
}

/// What there is where no block is a private key.
fn of_labels(blocks: &[Block<'_>]) -> NotPkcs8 {
    let any = |is: fn(&str) -> bool| blocks.iter().any(|block| is(block.label));
    if any(|label| label.to_ascii_uppercase().ends_with(CLEAR)) {
        NotPkcs8::LowerCase
    } else if any(|label| label.ends_with("PUBLIC KEY")) {
        NotPkcs8::PublicKey
    } else if any(|label| label.ends_with("CERTIFICATE")) {
        NotPkcs8::Certificate
    } else {
        NotPkcs8::OtherPem
    }
}

/// What a text is that has no line which begins a block.
fn of_text(text: &str) -> NotPkcs8 {
    let begins = |line: &str| line.trim_start().starts_with("-----BEGIN ");
    if text.starts_with("$ANSIBLE_VAULT;") {
        NotPkcs8::AnsibleVault
    } else if text.contains("ENC[AES256_GCM,") {
        NotPkcs8::Sops
    } else if text.lines().any(begins) {
        NotPkcs8::Indented
    } else if text.to_ascii_uppercase().contains("-----BEGIN ") {
        NotPkcs8::LowerCase
    } else {
        of_base64(text).unwrap_or(NotPkcs8::OtherText)
    }
}

fn of_base64(text: &str) -> Option<NotPkcs8> {
    let bytes = bytes_of(text.split_ascii_whitespace())?;
    let pem = bytes.strip_prefix(BOM).unwrap_or(&bytes);
    if pem.starts_with(b"-----BEGIN ") {
        return Some(NotPkcs8::Base64OfPem);
    }
    is_sequence(&bytes).then_some(NotPkcs8::Base64)
}

fn is_utf16(content: &[u8]) -> bool {
    let marked = content.starts_with(&[0xff, 0xfe]) || content.starts_with(&[0xfe, 0xff]);
    let zeros = content.iter().filter(|byte| **byte == 0).count();
    marked || (content.is_ascii() && zeros * 2 >= content.len().saturating_sub(1))
}

fn is_sequence(bytes: &[u8]) -> bool {
    bytes.first() == Some(&SEQUENCE)
}

fn from_bytes(content: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotPkcs8> {
    let header = SliceReader::new(content).and_then(|mut reader| Header::decode(&mut reader));
    let Some(header) = header.ok().filter(|header| header.tag() == Tag::Sequence) else {
        return Err(NotPkcs8::Binary);
    };
    let length = header
        .encoded_len()
        .and_then(|own| own + header.length())
        .and_then(usize::try_from);
    let key_and_rest = length
        .ok()
        .and_then(|length| content.split_at_checked(length));
    match key_and_rest {
        // What editors and `echo` put behind it.
        Some((key, rest)) if rest.trim_ascii().is_empty() => Ok(Zeroizing::new(key.to_vec())),
        Some(_) => Err(NotPkcs8::TrailingBytes),
        None => Err(NotPkcs8::TruncatedDer),
    }
}

/// What DER is that is no PKCS#8: its first fields tell.
pub(super) fn what_else(der: &[u8]) -> Option<NotPkcs8> {
    let fields = AnyRef::from_der(der).ok()?;
    let mut fields = SliceReader::new(fields.value()).ok()?;
    let first = AnyRef::decode(&mut fields).ok()?;
    let second = AnyRef::decode(&mut fields).ok()?;
    match (first.tag(), second.tag()) {
        // ECPrivateKey: its version, and the scalar.
        (Tag::Integer, Tag::OctetString) => Some(NotPkcs8::Sec1),
        (Tag::Integer, Tag::Integer) => Some(NotPkcs8::RsaOrDsa),
        // PFX: its version, and a ContentInfo, which begins with a type.
        (Tag::Integer, Tag::Sequence) if first.value() == [3] => Some(NotPkcs8::Pkcs12),
        // SubjectPublicKeyInfo.
        (Tag::Sequence, Tag::BitString) => Some(NotPkcs8::PublicKey),
        (Tag::Sequence, Tag::Sequence) => Some(NotPkcs8::Certificate),
        _ => None,
    }
}

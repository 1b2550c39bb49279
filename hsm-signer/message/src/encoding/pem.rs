//! Blocks of PEM (RFC 7468) in a text, read as OpenSSL reads them: whatever stands around them,
//! with blank lines and blanks at the ends of lines, in lines of any length.
//!
//! The crate `pem-rfc7468` wants lines of one length and nothing after the block; the crate `pem`
//! leaves copies of a private key behind in memory. So the lines are gone through here, and base64ct
//! decodes.

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// What stands between a line `-----BEGIN LABEL-----` and its `-----END LABEL-----`.
pub(super) struct Block<'a> {
    pub label: &'a str,
    pub body: Body,
}

/// What a block holds.
pub(super) enum Body {
    /// The bytes that its base64 encodes.
    Bytes(Zeroizing<Vec<u8>>),
    /// No line ends it.
    Unended,
    /// The line that ends it has another label.
    OtherEnd,
    /// Base64 and the lines around it are on one line.
    OnOneLine,
    /// It is no base64.
    NotBase64,
}

/// The blocks of `text`, in their order. Blanks and control characters at the ends of lines, such as
/// zero bytes after the last, do not matter; neither does what is not ASCII there, such as a
/// zero-width space that a chat added: OpenSSL sees its bytes as negative, and so as blanks.
pub(super) fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let trimmed = |line| str::trim_end_matches(line, |last: char| last <= ' ' || !last.is_ascii());
    let mut lines = text.lines().map(trimmed).peekable();
    while let Some(line) = lines.next() {
        let Some((label, rest)) = begun(line) else {
            continue;
        };
        let (mut body, mut ended) = (Vec::new(), None);
        while let Some(line) = lines.next_if(|line| ended.is_none() && begun(line).is_none()) {
            ended = line
                .strip_prefix(END)
                .and_then(|end| end.strip_suffix(DASHES));
            body.extend(ended.is_none().then_some(line));
        }
        let on_one_line = !rest.is_empty() || body.iter().any(|line| line.contains(DASHES));
        let body = match ended {
            _ if on_one_line => Body::OnOneLine,
            Some(end) if end == label => decoded(&body),
            Some(_) => Body::OtherEnd,
            None => Body::Unended,
        };
        blocks.push(Block { label, body });
    }
    blocks
}

/// The label on a line that begins a block, and what follows on that line.
fn begun(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix(BEGIN)?.split_once(DASHES)
}

fn decoded(lines: &[&str]) -> Body {
    bytes_of(lines.iter().flat_map(|line| line.split_ascii_whitespace()))
        .map_or(Body::NotBase64, Body::Bytes)
}

/// The bytes of base64 in pieces without white space, in memory that is overwritten when it is
/// dropped.
pub(super) fn bytes_of<'a>(
    pieces: impl Iterator<Item = &'a str> + Clone,
) -> Option<Zeroizing<Vec<u8>>> {
    // Room for all of it at once, so that no copy is left behind by growing.
    let length = pieces.clone().map(str::len).sum();
    let mut base64 = Zeroizing::new(String::with_capacity(length));
    base64.extend(pieces);
    let mut bytes = Zeroizing::new(vec![0; base64.len() / 4 * 3 + 3]);
    let length = Base64::decode(base64.as_str(), &mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}

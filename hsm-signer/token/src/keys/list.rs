//! What keys a token holds.

use super::find;
use crate::error::Error;
use crate::token::{Access, KeyClass, KeyObject, KeySelector, Token};
use mls_signer_message::scheme::Scheme;

/// One private key in a token, usable or not.
#[derive(Debug)]
pub struct KeyEntry {
    /// What the token says of it.
    pub object: KeyObject,
    /// Its scheme and public key, or why it cannot serve as a removal key.
    pub key: Result<(&'static Scheme, Vec<u8>), Error>,
}

/// Every private key in the token that `selector` describes, by label and id.
///
/// # Errors
/// When the token cannot be searched. What is wrong with one key is said in its entry.
pub fn list(token: &dyn Token, selector: &KeySelector) -> Result<Vec<KeyEntry>, Error> {
    let session = token.session(Access::Use)?;
    let handles = session.find(KeyClass::Private, selector)?;
    let entry = |handle| {
        let object = session.read(handle)?;
        let located = find::complete(session.as_ref(), handle);
        Ok(KeyEntry {
            object,
            key: located.map(|found| (found.scheme, found.public_key)),
        })
    };
    let mut entries = handles
        .into_iter()
        .map(entry)
        .collect::<Result<Vec<_>, Error>>()?;
    entries.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(entries)
}

fn order(entry: &KeyEntry) -> (&str, &[u8]) {
    (&entry.object.label, &entry.object.id)
}

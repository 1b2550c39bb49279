//! Whether a key that was in use is retired since.

use super::find::locate;
use super::generation::check_in_use;
use crate::error::Error;
use crate::removal_label::retired;
use crate::token::{KeyClass, KeyObject, KeySelector, Token, TokenSession};

/// Whether the token has the key with this public key, which is known as `key`, as one that is retired: by
/// its names, or by its public key where its id is another in this token.
///
/// # Errors
/// [`Error::KeyAttributes`] when it has.
pub fn refuse_retired(
    token: &dyn Token,
    session: &dyn TokenSession,
    key: &KeyObject,
    public_key: &[u8],
) -> Result<(), Error> {
    let label = retired(&key.label);
    let names = KeySelector::label_and_id(label.as_str(), key.id.clone());
    let is_there = !session.find(KeyClass::Private, &names)?.is_empty();
    let labelled = || locate(token, session, &KeySelector::label(label.as_str()));
    match is_there || labelled().is_ok_and(|found| found.public_key == public_key) {
        true => check_in_use(&label),
        false => Ok(()),
    }
}

//! Public halves whose private halves are gone: nothing signs under them.

use crate::error::Error;
use crate::removal_label::scheme_of_label;
use crate::token::{Access, KeyClass, KeyObject, KeySelector, Token, TokenSession};

/// Those that `selector` describes; where it describes any, those that are named as removal keys. Of
/// the others nothing but the label is read.
///
/// # Errors
/// When the token cannot be searched.
pub(crate) fn left_halves(
    token: &dyn Token,
    selector: &KeySelector,
) -> Result<Vec<KeyObject>, Error> {
    let named = *selector != KeySelector::any();
    let session = token.session(Access::Use)?;
    let mut left = Vec::new();
    for handle in session.find(KeyClass::Public, selector)? {
        let label = match session.label(handle) {
            // What cannot be read so is the vendor's own.
            Err(Error::ModuleMisbehaved(_)) => continue,
            label => label?,
        };
        if !named && scheme_of_label(&label).is_none() {
            continue;
        }
        let half = session.read(handle)?;
        if !has_private_half(session.as_ref(), &half)? {
            left.push(half);
        }
    }
    Ok(left)
}

/// A pair is of one label, or of one id. A private key of the id that has a public half of its own
/// label is another pair's.
fn has_private_half(session: &dyn TokenSession, half: &KeyObject) -> Result<bool, Error> {
    let labelled = KeySelector::label(half.label.as_str());
    if !half.label.is_empty() && !session.find(KeyClass::Private, &labelled)?.is_empty() {
        return Ok(true);
    }
    if half.id.is_empty() {
        return Ok(false);
    }
    let of_id = session.find(KeyClass::Private, &KeySelector::id(half.id.clone()))?;
    for private in of_id {
        let own = KeySelector::label_and_id(session.label(private)?, half.id.clone());
        if session.find(KeyClass::Public, &own)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

//! A new token: C_InitToken in a free slot, then the user's PIN.

use cryptoki::context::Pkcs11;
use cryptoki::session::UserType;
use cryptoki::slot::{Slot, TokenInfo};

use super::module::Module;
use crate::error::Error;
use crate::identity::TokenIdentity;
use crate::pin::Pin;

/// The room for a label in CK_TOKEN_INFO, in bytes.
const MAX_LABEL: usize = 32;

/// Makes a token labelled `label` in the first slot whose token is not initialised,
/// with the two PINs. A token that is in use is never overwritten; one of this label that has no
/// user's PIN, because that was refused when it was made, is given it.
///
/// The slot's number may differ when the module is next loaded: remember the label or
/// the serial number.
///
/// # Errors
/// [`Error::TokenLabel`], [`Error::TokenExists`], [`Error::NoFreeSlot`], [`Error::NoSlot`];
/// [`Error::Pin`] and [`Error::PinLength`] for a PIN that the token would refuse;
/// [`Error::Pkcs11`] when the module refuses, and [`Error::WithoutUserPin`] when it does so halfway.
pub fn initialise(
    module: &Module,
    label: &str,
    security_officer_pin: &Pin,
    user_pin: &Pin,
) -> Result<TokenIdentity, Error> {
    check_label(label)?;
    let _only_one = module.lock_initialising();
    let (slot, begun) = free_slot(module.tokens()?, label)?;
    let pkcs11 = module.pkcs11();
    let (info, _) = module.describe(slot)?;
    check_lengths(&info, security_officer_pin, user_pin)?;
    if !begun {
        pkcs11.init_token(slot, security_officer_pin.auth_pin(), label)?;
    }
    let pin_set = set_user_pin(pkcs11, slot, security_officer_pin, user_pin);
    let identity = module.identify(slot)?;
    pin_set.map_err(|cause| without_user_pin(cause, &identity))?;
    tracing::info!(token = %identity, "token initialised");
    Ok(identity)
}

fn check_label(label: &str) -> Result<(), Error> {
    let fits = (1..=MAX_LABEL).contains(&label.len());
    if fits && label.trim() == label && !label.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(Error::TokenLabel)
    }
}

/// What the token says of the lengths that it takes is asked before it is made: C_InitPIN comes
/// after.
fn check_lengths(
    info: &TokenInfo,
    security_officer_pin: &Pin,
    user_pin: &Pin,
) -> Result<(), Error> {
    let (min, max) = (info.min_pin_length(), info.max_pin_length());
    let pins = [
        ("the security officer's", security_officer_pin),
        ("the user's", user_pin),
    ];
    for (whose, pin) in pins {
        let length = pin.needed()?.expose().len();
        // Some tokens say zero, for not known.
        if length < min || (max >= min && max > 0 && length > max) {
            return Err(Error::PinLength { whose, min, max });
        }
    }
    Ok(())
}

fn without_user_pin(cause: Error, token: &TokenIdentity) -> Error {
    // The security officer's PIN is said to be wrong as it is.
    if cause.concerns_pin() {
        return cause;
    }
    Error::WithoutUserPin {
        label: token.label.clone(),
        serial: token.serial.clone(),
        cause: Box::new(cause),
    }
}

/// A slot for the new token, and whether the token there has begun to be it.
fn free_slot(tokens: Vec<TokenIdentity>, label: &str) -> Result<(Slot, bool), Error> {
    if tokens.is_empty() {
        return Err(Error::NoSlot);
    }
    let ours = |token: &&TokenIdentity| token.initialised && token.label == label;
    let (slot, begun) = match tokens.iter().find(ours) {
        Some(token) if token.user_pin_set => return Err(Error::TokenExists(label.into())),
        Some(token) => (token.slot, true),
        None => {
            let free = tokens.iter().find(|token| !token.initialised);
            (free.ok_or(Error::NoFreeSlot)?.slot, false)
        }
    };
    Ok((Slot::try_from(slot)?, begun))
}

fn set_user_pin(
    pkcs11: &Pkcs11,
    slot: Slot,
    security_officer_pin: &Pin,
    user_pin: &Pin,
) -> Result<(), Error> {
    let session = pkcs11.open_rw_session(slot)?;
    session.login(UserType::So, Some(security_officer_pin.auth_pin()))?;
    session.init_pin(user_pin.auth_pin())?;
    session.logout()?;
    Ok(session.close()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(slot: u64, label: &str, initialised: bool) -> TokenIdentity {
        TokenIdentity {
            label: label.into(),
            initialised,
            ..TokenIdentity::unknown(slot)
        }
    }

    #[test]
    fn labels_that_do_not_fit_are_refused() {
        for label in ["", " a", "a ", "a\nb", &"x".repeat(33)] {
            assert!(
                matches!(check_label(label), Err(Error::TokenLabel)),
                "{label:?}"
            );
        }
        assert!(check_label(&"x".repeat(32)).is_ok());
    }

    #[test]
    fn only_an_uninitialised_token_is_overwritten() {
        let tokens = vec![token(1, "a", true), token(2, "", false)];
        let (slot, begun) = free_slot(tokens.clone(), "b").unwrap();
        assert_eq!((slot.id(), begun), (2, false));
        assert!(matches!(
            free_slot(tokens, "a"),
            Err(Error::TokenExists { .. })
        ));
        let full = vec![token(1, "a", true)];
        assert!(matches!(free_slot(full, "b"), Err(Error::NoFreeSlot)));
        assert!(matches!(free_slot(Vec::new(), "b"), Err(Error::NoSlot)));
    }

    #[test]
    fn a_token_whose_user_has_no_pin_yet_is_gone_on_with() {
        let half = TokenIdentity {
            user_pin_set: false,
            ..token(1, "a", true)
        };
        let tokens = vec![half, token(2, "", false)];
        let (slot, begun) = free_slot(tokens.clone(), "a").unwrap();
        assert_eq!((slot.id(), begun), (1, true));
        let (slot, begun) = free_slot(tokens, "b").unwrap();
        assert_eq!((slot.id(), begun), (2, false));
    }
}

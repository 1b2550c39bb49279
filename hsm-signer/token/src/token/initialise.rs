//! A new token: C_InitToken in a free slot, then the user's PIN.

use cryptoki::context::Pkcs11;
use cryptoki::session::UserType;
use cryptoki::slot::Slot;

use super::module::Module;
use crate::error::Error;
use crate::identity::TokenIdentity;
use crate::pin::Pin;

/// The room for a label in CK_TOKEN_INFO, in bytes.
const MAX_LABEL: usize = 32;

/// Makes a token labelled `label` in the first slot whose token is not initialised,
/// with the two PINs. A token that is in use is never overwritten.
///
/// The slot's number may differ when the module is next loaded: remember the label or
/// the serial number.
///
/// # Errors
/// [`Error::TokenLabel`], [`Error::TokenExists`], [`Error::NoFreeSlot`], or
/// [`Error::Pkcs11`] when the module refuses, for instance a PIN that is too short.
pub fn initialise(
    module: &Module,
    label: &str,
    security_officer_pin: &Pin,
    user_pin: &Pin,
) -> Result<TokenIdentity, Error> {
    check_label(label)?;
    let _only_one = module.lock_initialising();
    let slot = free_slot(module.tokens()?, label)?;
    module
        .pkcs11()
        .init_token(slot, security_officer_pin.auth_pin(), label)?;
    set_user_pin(module.pkcs11(), slot, security_officer_pin, user_pin)?;
    let identity = module.identify(slot)?;
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

fn free_slot(tokens: Vec<TokenIdentity>, label: &str) -> Result<Slot, Error> {
    if tokens
        .iter()
        .any(|token| token.initialised && token.label == label)
    {
        return Err(Error::TokenExists(label.into()));
    }
    let free = tokens
        .iter()
        .find(|token| !token.initialised)
        .ok_or(Error::NoFreeSlot)?;
    Ok(Slot::try_from(free.slot)?)
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
        assert_eq!(free_slot(tokens.clone(), "b").unwrap().id(), 2);
        assert!(matches!(
            free_slot(tokens, "a"),
            Err(Error::TokenExists { .. })
        ));
        let full = vec![token(1, "a", true)];
        assert!(matches!(free_slot(full, "b"), Err(Error::NoFreeSlot)));
    }
}

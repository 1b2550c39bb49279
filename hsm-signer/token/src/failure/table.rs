//! Every code of PKCS#11 that this crate has an answer to: its nature, with the reason,
//! where recovery begins, and what a person should do.

use cryptoki::error::RvError::{self, *};

use super::Concern::{self, Anything, Key, Login, Module, Session};
use super::Nature::{self, Permanent, Transient, Unknown};
use super::RecoveryStep::{self, FindKey, LogIn, NewSession, Reinitialise, Restart};

/// What is known of one code.
pub(super) struct CodeMeaning {
    pub nature: Nature,
    pub concern: Concern,
    /// Where recovery begins; of no use to a permanent failure.
    pub step: RecoveryStep,
    /// What to do about it.
    pub advice: &'static str,
}

/// Vendors' own codes, and those of the standard that no signature should meet.
const UNLISTED: CodeMeaning = CodeMeaning {
    nature: Unknown,
    concern: Anything,
    step: NewSession,
    advice: "see the HSM's log and its manual for this code",
};

/// What is known of `code`, or [`UNLISTED`].
pub(super) fn meaning(code: RvError) -> CodeMeaning {
    listed(code).next().unwrap_or(UNLISTED)
}

/// Each group has codes of one nature that concern one thing, from which recovery begins with the same step.
fn listed(code: RvError) -> impl Iterator<Item = CodeMeaning> {
    let groups = [
        (Permanent, Login, LogIn, pin(code)),
        (Transient, Login, LogIn, login(code)),
        (Transient, Key, FindKey, handle(code)),
        (Transient, Session, NewSession, session(code)),
        (Transient, Module, Reinitialise, module(code)),
        (Unknown, Anything, NewSession, unexplained(code)),
        (Unknown, Module, Reinitialise, unrecognised(code)),
        (Permanent, Key, NewSession, refused(code)),
        (Permanent, Key, FindKey, key(code)),
        (Unknown, Module, Restart, library(code)),
        (Permanent, Module, Restart, threads(code)),
    ];
    groups
        .into_iter()
        .filter_map(|(nature, concern, step, advice)| {
            advice.map(|advice| CodeMeaning {
                nature,
                concern,
                step,
                advice,
            })
        })
}

/// Whether C_Login says by `code` that it has not looked at the PIN (PKCS#11 3.1, sections 5.1 and 5.6.8).
/// By any other that is no refusal it says nothing of it, and may have counted a try.
pub(super) fn is_before_the_pin(code: RvError) -> bool {
    matches!(
        code,
        HostMemory
            | SlotIdInvalid
            | CryptokiNotInitialized
            | TokenNotPresent
            | TokenNotRecognized
            | SessionCount
            | SessionHandleInvalid
            | SessionReadOnlyExists
            | UserAnotherAlreadyLoggedIn
            | UserTooManyTypes
            | UserTypeInvalid
    )
}

// The comment above some of the codes says why they are taken to be of their group's nature.

fn pin(code: RvError) -> Option<&'static str> {
    Some(match code {
        // A wrong PIN stays wrong, and each try brings the lock nearer.
        PinIncorrect => {
            "the PIN is wrong. It was tried once and is not tried again; correct it first, \
             because many HSMs lock after a few wrong PINs"
        }
        // Only the security officer can undo it.
        PinLocked => "the PIN is locked; the security officer must set a new one",
        // Only a new PIN helps.
        PinExpired => "the PIN has expired; set a new one with the HSM's own tool",
        // The same PIN would be refused again.
        PinInvalid => "the token does not take this PIN; choose another",
        PinLenRange => "the token does not take a PIN of this length; choose another",
        PinTooWeak => "the token finds the PIN too weak; choose a longer one",
        // The token must be set up first.
        UserPinNotInitialized => "the token has no user PIN yet; set one as its security officer",
        _ => return None,
    })
}

fn login(code: RvError) -> Option<&'static str> {
    Some(match code {
        // Another session logged out, or the HSM did.
        UserNotLoggedIn => "the login was lost; start again",
        // Passes when the officer logs out.
        UserAnotherAlreadyLoggedIn => "the security officer is logged in; log out there first",
        // Passes when the others log out.
        UserTooManyTypes => "another kind of user is logged in; log out there first",
        _ => return None,
    })
}

fn handle(code: RvError) -> Option<&'static str> {
    Some(match code {
        // Handles change when the login is renewed; SoftHSM says the second after a logout, and
        // when the token was changed outside.
        KeyHandleInvalid | ObjectHandleInvalid => {
            "the key is gone or the login was lost; start again"
        }
        _ => return None,
    })
}

fn session(code: RvError) -> Option<&'static str> {
    Some(match code {
        // HSMs close idle sessions.
        SessionClosed => "the HSM closed the session; a new one is opened",
        SessionHandleInvalid => "the session is gone; a new one is opened",
        // Passes when sessions are closed.
        SessionCount => "the token has no session left; raise its limit or close other clients",
        // The session is wedged, others are not.
        OperationActive => "a session was left in the middle of something; it is thrown away",
        // The session is confused, others are not.
        OperationNotInitialized => "the session lost its operation; it is thrown away",
        // An operation was cancelled from outside.
        Cancel | FunctionCanceled => "the HSM cancelled the operation; try again",
        _ => return None,
    })
}

fn module(code: RvError) -> Option<&'static str> {
    Some(match code {
        // Someone finalised the module.
        CryptokiNotInitialized => "the module is not initialised; it is initialised again",
        // p11-kit says so for ever once its server died, until finalised.
        DeviceError => "the HSM reports a fault; check its connection and its log",
        // The device may come back.
        DeviceRemoved => "the HSM is gone; check its connection",
        // The token may come back.
        TokenNotPresent => "no token is in the slot; check the HSM's connection",
        // Slots are numbered anew when the module starts.
        SlotIdInvalid => "there is no such slot; choose the token by label or serial number",
        _ => return None,
    })
}

fn unexplained(code: RvError) -> Option<&'static str> {
    Some(match code {
        // Room may be made by closing sessions.
        DeviceMemory => "the HSM has no room; delete what is not needed",
        // Kryoptic says so after a logout; elsewhere it means anything.
        GeneralError => "the module gives no reason; see its log and its configuration file",
        // It means anything.
        FunctionFailed => "the module gives no reason; see its log",
        // NSS says so after a logout.
        HostMemory => "the module has no memory, or lost its login (NSS says so then)",
        // The length was the module's own answer.
        BufferTooSmall => "the module miscounts; see its manual for a newer version",
        _ => return None,
    })
}

fn unrecognised(code: RvError) -> Option<&'static str> {
    Some(match code {
        // Seen while a device restarts, and with a wrong device.
        TokenNotRecognized => "the token is not initialised or belongs to other hardware",
        _ => return None,
    })
}

fn refused(code: RvError) -> Option<&'static str> {
    Some(match code {
        // The same arguments would be refused again.
        ArgumentsBad => "the module rejects the arguments; some modules need configuration first",
        // The token does not have the mechanism, or not so.
        MechanismInvalid | MechanismParamInvalid => {
            "the token cannot do this; see: mls-hsm-signer doctor"
        }
        // The token does not have the curve.
        CurveNotSupported | DomainParamsInvalid => "the token does not know this curve",
        // The same template would be refused again.
        TemplateInconsistent => "the token does not take keys with these attributes",
        AttributeTypeInvalid => "the token does not know one of the key's attributes",
        AttributeValueInvalid => "the token does not take one of the key's attributes",
        // The token decides what may change.
        AttributeReadOnly => "the token does not let this attribute change",
        // The token decides what it shows.
        AttributeSensitive => "the token keeps this attribute to itself",
        // The token's policy decides.
        ActionProhibited => "the token's policy forbids this",
        // The same message would be refused again.
        DataInvalid => "the token does not take this message",
        DataLenRange => "the token does not take a message of this length",
        // The session was opened for reading.
        SessionReadOnly => "the token allows no changes in this session",
        // The token must be unlocked for writing first.
        TokenWriteProtected => "the token is write-protected; keys cannot be made or changed",
        // The module does not have the function.
        FunctionNotSupported => "the module does not have this function",
        _ => return None,
    })
}

fn key(code: RvError) -> Option<&'static str> {
    Some(match code {
        // The key's attributes decide.
        KeyFunctionNotPermitted => "the key may not sign (CKA_SIGN is false)",
        // The key is another than was meant.
        KeyTypeInconsistent => {
            "the key is not of the mechanism's type; find out which key has this label"
        }
        // The token does not take the key.
        KeySizeRange => "the token does not take keys of this size",
        _ => return None,
    })
}

fn library(code: RvError) -> Option<&'static str> {
    Some(match code {
        // A library may be put right, and only a new process loads it.
        LibraryLoadFailed => "the module could not load a library that it needs",
        _ => return None,
    })
}

fn threads(code: RvError) -> Option<&'static str> {
    Some(match code {
        // The module is built without threads.
        CantLock => "the module cannot work with threads; choose another version",
        // The module needs threads.
        NeedToCreateThreads => "the module must be allowed to make threads; choose another version",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::standard_codes;

    #[test]
    fn each_code_has_one_row() {
        let counted = standard_codes().map(|code| (code, listed(code).count()));
        let listed: Vec<_> = counted.filter(|(_, count)| *count > 0).collect();
        assert!(listed.iter().all(|(_, count)| *count == 1), "{listed:?}");
        assert_eq!(listed.len(), 52);
    }

    #[test]
    fn nothing_that_concerns_the_pin_is_tried_again() {
        let listed = standard_codes().filter(|code| listed(*code).next().is_some());
        let pins = listed.filter(|code| format!("{code:?}").contains("Pin"));
        assert_eq!(
            pins.inspect(|code| assert_eq!(meaning(*code).nature, Permanent))
                .count(),
            7
        );
    }

    #[test]
    fn an_unlisted_code_is_unknown() {
        assert_eq!(meaning(VendorDefined(1)).nature, Unknown);
        assert_eq!(meaning(SessionExists).advice, UNLISTED.advice);
    }
}

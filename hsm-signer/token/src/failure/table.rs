//! Every code of PKCS#11 that this crate has an answer to: its nature, with the reason,
//! where recovery begins, and what a person should do.

use cryptoki::error::RvError::{self, *};

use super::Nature::{self, Permanent, Transient, Unknown};
use super::RecoveryStep::{self, FindKey, LogIn, NewSession, Reinitialise, Restart};

/// What is known of one code.
pub(super) struct Row {
    pub nature: Nature,
    /// Where recovery begins; of no use to a permanent failure.
    pub step: RecoveryStep,
    /// What to do about it.
    pub advice: &'static str,
}

/// Vendors' own codes, and those of the standard that no signature should meet.
const UNLISTED: Row = Row {
    nature: Unknown,
    step: NewSession,
    advice: "see the HSM's log and its manual for this code",
};

impl Row {
    /// The row of `code`, or [`UNLISTED`].
    pub fn of(code: RvError) -> Self {
        rows(code).next().unwrap_or(UNLISTED)
    }
}

fn rows(code: RvError) -> impl Iterator<Item = Row> {
    GROUPS.iter().filter_map(move |group| {
        Some(Row {
            nature: group.nature,
            step: group.step,
            advice: (group.advice)(code)?,
        })
    })
}

/// Codes of one nature from which recovery begins with the same step.
struct Group {
    nature: Nature,
    step: RecoveryStep,
    advice: fn(RvError) -> Option<&'static str>,
}

/// The codes. The comment above some of them says why they are taken to be of their nature.
static GROUPS: &[Group] = &[
    Group {
        nature: Permanent,
        step: LogIn,
        advice: |code| match code {
            // A wrong PIN stays wrong, and each try brings the lock nearer.
            PinIncorrect => Some(
                "the PIN is wrong. It was tried once and is not tried again; correct it first, \
                 because many HSMs lock after a few wrong PINs",
            ),
            // Only the security officer can undo it.
            PinLocked => Some("the PIN is locked; the security officer must set a new one"),
            // Only a new PIN helps.
            PinExpired => Some("the PIN has expired; set a new one with the HSM's own tool"),
            // The same PIN would be refused again.
            PinInvalid => Some("the token does not take this PIN; choose another"),
            PinLenRange => Some("the token does not take a PIN of this length; choose another"),
            PinTooWeak => Some("the token finds the PIN too weak; choose a longer one"),
            // The token must be set up first.
            UserPinNotInitialized => {
                Some("the token has no user PIN yet; set one as its security officer")
            }
            _ => None,
        },
    },
    Group {
        nature: Transient,
        step: LogIn,
        advice: |code| match code {
            // Another session logged out, or the HSM did.
            UserNotLoggedIn => Some("the login was lost; start again"),
            // Passes when the officer logs out.
            UserAnotherAlreadyLoggedIn => {
                Some("the security officer is logged in; log out there first")
            }
            // Passes when the others log out.
            UserTooManyTypes => Some("another kind of user is logged in; log out there first"),
            _ => None,
        },
    },
    Group {
        nature: Transient,
        step: FindKey,
        advice: |code| match code {
            // Handles change when the login is renewed.
            KeyHandleInvalid => Some("the key is gone or the login was lost; start again"),
            // SoftHSM says so after a logout, and when the token was changed outside.
            ObjectHandleInvalid => Some("the key is gone or the login was lost; start again"),
            _ => None,
        },
    },
    Group {
        nature: Transient,
        step: NewSession,
        advice: |code| match code {
            // HSMs close idle sessions.
            SessionClosed => Some("the HSM closed the session; a new one is opened"),
            SessionHandleInvalid => Some("the session is gone; a new one is opened"),
            // Passes when sessions are closed.
            SessionCount => {
                Some("the token has no session left; raise its limit or close other clients")
            }
            // The session is wedged, others are not.
            OperationActive => {
                Some("a session was left in the middle of something; it is thrown away")
            }
            // The session is confused, others are not.
            OperationNotInitialized => Some("the session lost its operation; it is thrown away"),
            // An operation was cancelled from outside.
            Cancel => Some("the HSM cancelled the operation; try again"),
            FunctionCanceled => Some("the HSM cancelled the operation; try again"),
            _ => None,
        },
    },
    Group {
        nature: Transient,
        step: Reinitialise,
        advice: |code| match code {
            // Someone finalised the module.
            CryptokiNotInitialized => {
                Some("the module is not initialised; it is initialised again")
            }
            // p11-kit says so for ever once its server died, until finalised.
            DeviceError => Some("the HSM reports a fault; check its connection and its log"),
            // The device may come back.
            DeviceRemoved => Some("the HSM is gone; check its connection"),
            // The token may come back.
            TokenNotPresent => Some("no token is in the slot; check the HSM's connection"),
            // Slots are numbered anew when the module starts.
            SlotIdInvalid => {
                Some("there is no such slot; choose the token by label or serial number")
            }
            _ => None,
        },
    },
    Group {
        nature: Unknown,
        step: NewSession,
        advice: |code| match code {
            // Room may be made by closing sessions.
            DeviceMemory => Some("the HSM has no room; delete what is not needed"),
            // Kryoptic says so after a logout; elsewhere it means anything.
            GeneralError => {
                Some("the module gives no reason; see its log and its configuration file")
            }
            // It means anything.
            FunctionFailed => Some("the module gives no reason; see its log"),
            // NSS says so after a logout.
            HostMemory => Some("the module has no memory, or lost its login (NSS says so then)"),
            // The length was the module's own answer.
            BufferTooSmall => Some("the module miscounts; see its manual for a newer version"),
            _ => None,
        },
    },
    Group {
        nature: Unknown,
        step: Reinitialise,
        advice: |code| match code {
            // Seen while a device restarts, and with a wrong device.
            TokenNotRecognized => Some("the token is not initialised or belongs to other hardware"),
            _ => None,
        },
    },
    Group {
        nature: Permanent,
        step: NewSession,
        advice: |code| match code {
            // The same arguments would be refused again.
            ArgumentsBad => {
                Some("the module rejects the arguments; some modules need configuration first")
            }
            // The token does not have the mechanism.
            MechanismInvalid => Some("the token cannot do this; see: mls-hsm-signer doctor"),
            // The token does not have the mechanism so.
            MechanismParamInvalid => Some("the token cannot do this; see: mls-hsm-signer doctor"),
            // The token does not have the curve.
            CurveNotSupported => Some("the token does not know this curve"),
            DomainParamsInvalid => Some("the token does not know this curve"),
            // The same template would be refused again.
            TemplateInconsistent => Some("the token does not take keys with these attributes"),
            AttributeTypeInvalid => Some("the token does not know one of the key's attributes"),
            AttributeValueInvalid => Some("the token does not take one of the key's attributes"),
            // The token decides what may change.
            AttributeReadOnly => Some("the token does not let this attribute change"),
            // The token decides what it shows.
            AttributeSensitive => Some("the token keeps this attribute to itself"),
            // The token's policy decides.
            ActionProhibited => Some("the token's policy forbids this"),
            // The same message would be refused again.
            DataInvalid => Some("the token does not take this message"),
            DataLenRange => Some("the token does not take a message of this length"),
            // The session was opened for reading.
            SessionReadOnly => Some("the token allows no changes in this session"),
            // The token must be unlocked for writing first.
            TokenWriteProtected => {
                Some("the token is write-protected; keys cannot be made or changed")
            }
            // The module does not have the function.
            FunctionNotSupported => Some("the module does not have this function"),
            _ => None,
        },
    },
    Group {
        nature: Permanent,
        step: FindKey,
        advice: |code| match code {
            // The key's attributes decide.
            KeyFunctionNotPermitted => Some("the key may not sign (CKA_SIGN is false)"),
            // The key is another than was meant.
            KeyTypeInconsistent => {
                Some("the key is not of the mechanism's type; find out which key has this label")
            }
            // The token does not take the key.
            KeySizeRange => Some("the token does not take keys of this size"),
            _ => None,
        },
    },
    Group {
        nature: Unknown,
        step: Restart,
        advice: |code| match code {
            // A library may be put right, and only a new process loads it.
            LibraryLoadFailed => Some("the module could not load a library that it needs"),
            _ => None,
        },
    },
    Group {
        nature: Permanent,
        step: Restart,
        advice: |code| match code {
            // The module is built without threads.
            CantLock => Some("the module cannot work with threads; choose another version"),
            // The module needs threads.
            NeedToCreateThreads => {
                Some("the module must be allowed to make threads; choose another version")
            }
            _ => None,
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::standard_codes;

    #[test]
    fn each_code_has_one_row() {
        let counted = standard_codes().map(|code| (code, rows(code).count()));
        let listed: Vec<_> = counted.filter(|(_, count)| *count > 0).collect();
        assert!(listed.iter().all(|(_, count)| *count == 1), "{listed:?}");
        assert_eq!(listed.len(), 52);
    }

    #[test]
    fn nothing_that_concerns_the_pin_is_tried_again() {
        let listed = standard_codes().filter(|code| rows(*code).next().is_some());
        let pins = listed.filter(|code| format!("{code:?}").contains("Pin"));
        assert_eq!(
            pins.inspect(|code| assert_eq!(Row::of(*code).nature, Permanent))
                .count(),
            7
        );
    }

    #[test]
    fn an_unlisted_code_is_unknown() {
        assert_eq!(Row::of(VendorDefined(1)).nature, Unknown);
        assert_eq!(Row::of(SessionExists).advice, UNLISTED.advice);
    }
}

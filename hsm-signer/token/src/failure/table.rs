//! Every code of PKCS#11 that this crate has an answer to: its nature, with the reason,
//! where recovery begins, and what a person should do.

use cryptoki::error::RvError;

use super::Nature::{self, Permanent, Transient, Unknown};
use super::RecoveryStep;

/// One code.
#[derive(Debug)]
pub struct Row {
    /// The code.
    pub code: RvError,
    /// Whether it may pass.
    pub nature: Nature,
    /// Where recovery begins; of no use to a permanent failure.
    pub step: RecoveryStep,
    /// Why it is taken to be of this nature.
    pub reason: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

impl Row {
    /// The row of `code`, or the one for codes that nobody knows.
    pub fn of(code: RvError) -> &'static Self {
        TABLE
            .iter()
            .find(|row| row.code == code)
            .unwrap_or(&UNLISTED)
    }
}

/// Vendors' own codes, and those of the standard that no signature should meet.
static UNLISTED: Row = Row {
    code: RvError::GeneralError,
    nature: Unknown,
    step: RecoveryStep::NewSession,
    reason: "nothing is known of this code",
    advice: "see the HSM's log and its manual for this code",
};

/// The codes.
pub static TABLE: &[Row] = &[
    Row {
        code: RvError::PinIncorrect,
        nature: Permanent,
        step: RecoveryStep::LogIn,
        reason: "a wrong PIN stays wrong, and each try brings the lock nearer",
        advice: "the PIN is wrong. It was tried once and is not tried again; correct it first, because many HSMs lock after a few wrong PINs",
    },
    Row {
        code: RvError::PinLocked,
        nature: Permanent,
        step: RecoveryStep::LogIn,
        reason: "only the security officer can undo it",
        advice: "the PIN is locked; the security officer must set a new one",
    },
    Row {
        code: RvError::PinExpired,
        nature: Permanent,
        step: RecoveryStep::LogIn,
        reason: "only a new PIN helps",
        advice: "the PIN has expired; set a new one with the HSM's own tool",
    },
    Row {
        code: RvError::PinInvalid,
        nature: Permanent,
        step: RecoveryStep::LogIn,
        reason: "the same PIN would be refused again",
        advice: "the token does not take this PIN; choose another",
    },
    Row {
        code: RvError::PinLenRange,
        nature: Permanent,
        step: RecoveryStep::LogIn,
        reason: "the same PIN would be refused again",
        advice: "the token does not take a PIN of this length; choose another",
    },
    Row {
        code: RvError::PinTooWeak,
        nature: Permanent,
        step: RecoveryStep::LogIn,
        reason: "the same PIN would be refused again",
        advice: "the token finds the PIN too weak; choose a longer one",
    },
    Row {
        code: RvError::UserPinNotInitialized,
        nature: Permanent,
        step: RecoveryStep::LogIn,
        reason: "the token must be set up first",
        advice: "the token has no user PIN yet; set one as its security officer",
    },
    Row {
        code: RvError::UserNotLoggedIn,
        nature: Transient,
        step: RecoveryStep::LogIn,
        reason: "another session logged out, or the HSM did",
        advice: "the login was lost; start again",
    },
    Row {
        code: RvError::UserAnotherAlreadyLoggedIn,
        nature: Transient,
        step: RecoveryStep::LogIn,
        reason: "passes when the officer logs out",
        advice: "the security officer is logged in; log out there first",
    },
    Row {
        code: RvError::UserTooManyTypes,
        nature: Transient,
        step: RecoveryStep::LogIn,
        reason: "passes when the others log out",
        advice: "another kind of user is logged in; log out there first",
    },
    Row {
        code: RvError::KeyHandleInvalid,
        nature: Transient,
        step: RecoveryStep::FindKey,
        reason: "handles change when the login is renewed",
        advice: "the key is gone or the login was lost; start again",
    },
    Row {
        code: RvError::ObjectHandleInvalid,
        nature: Transient,
        step: RecoveryStep::FindKey,
        reason: "SoftHSM says so after a logout, and when the token was changed outside",
        advice: "the key is gone or the login was lost; start again",
    },
    Row {
        code: RvError::SessionClosed,
        nature: Transient,
        step: RecoveryStep::NewSession,
        reason: "HSMs close idle sessions",
        advice: "the HSM closed the session; a new one is opened",
    },
    Row {
        code: RvError::SessionHandleInvalid,
        nature: Transient,
        step: RecoveryStep::NewSession,
        reason: "HSMs close idle sessions",
        advice: "the session is gone; a new one is opened",
    },
    Row {
        code: RvError::SessionCount,
        nature: Transient,
        step: RecoveryStep::NewSession,
        reason: "passes when sessions are closed",
        advice: "the token has no session left; raise its limit or close other clients",
    },
    Row {
        code: RvError::OperationActive,
        nature: Transient,
        step: RecoveryStep::NewSession,
        reason: "the session is wedged, others are not",
        advice: "a session was left in the middle of something; it is thrown away",
    },
    Row {
        code: RvError::OperationNotInitialized,
        nature: Transient,
        step: RecoveryStep::NewSession,
        reason: "the session is confused, others are not",
        advice: "the session lost its operation; it is thrown away",
    },
    Row {
        code: RvError::Cancel,
        nature: Transient,
        step: RecoveryStep::NewSession,
        reason: "an operation was cancelled from outside",
        advice: "the HSM cancelled the operation; try again",
    },
    Row {
        code: RvError::FunctionCanceled,
        nature: Transient,
        step: RecoveryStep::NewSession,
        reason: "an operation was cancelled from outside",
        advice: "the HSM cancelled the operation; try again",
    },
    Row {
        code: RvError::CryptokiNotInitialized,
        nature: Transient,
        step: RecoveryStep::Reinitialise,
        reason: "someone finalised the module",
        advice: "the module is not initialised; it is initialised again",
    },
    Row {
        code: RvError::DeviceError,
        nature: Transient,
        step: RecoveryStep::Reinitialise,
        reason: "p11-kit says so for ever once its server died, until finalised",
        advice: "the HSM reports a fault; check its connection and its log",
    },
    Row {
        code: RvError::DeviceRemoved,
        nature: Transient,
        step: RecoveryStep::Reinitialise,
        reason: "the device may come back",
        advice: "the HSM is gone; check its connection",
    },
    Row {
        code: RvError::DeviceMemory,
        nature: Unknown,
        step: RecoveryStep::NewSession,
        reason: "room may be made by closing sessions",
        advice: "the HSM has no room; delete what is not needed",
    },
    Row {
        code: RvError::TokenNotPresent,
        nature: Transient,
        step: RecoveryStep::Reinitialise,
        reason: "the token may come back",
        advice: "no token is in the slot; check the HSM's connection",
    },
    Row {
        code: RvError::TokenNotRecognized,
        nature: Unknown,
        step: RecoveryStep::Reinitialise,
        reason: "seen while a device restarts, and with a wrong device",
        advice: "the token is not initialised or belongs to other hardware",
    },
    Row {
        code: RvError::SlotIdInvalid,
        nature: Transient,
        step: RecoveryStep::Reinitialise,
        reason: "slots are numbered anew when the module starts",
        advice: "there is no such slot; choose the token by label or serial number",
    },
    Row {
        code: RvError::GeneralError,
        nature: Unknown,
        step: RecoveryStep::NewSession,
        reason: "kryoptic says so after a logout; elsewhere it means anything",
        advice: "the module gives no reason; see its log and its configuration file",
    },
    Row {
        code: RvError::FunctionFailed,
        nature: Unknown,
        step: RecoveryStep::NewSession,
        reason: "it means anything",
        advice: "the module gives no reason; see its log",
    },
    Row {
        code: RvError::HostMemory,
        nature: Unknown,
        step: RecoveryStep::NewSession,
        reason: "NSS says so after a logout",
        advice: "the module has no memory, or lost its login (NSS says so then)",
    },
    Row {
        code: RvError::ArgumentsBad,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the same arguments would be refused again",
        advice: "the module rejects the arguments; some modules need configuration first",
    },
    Row {
        code: RvError::MechanismInvalid,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the token does not have the mechanism",
        advice: "the token cannot do this; see: mls-hsm-signer doctor",
    },
    Row {
        code: RvError::MechanismParamInvalid,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the token does not have the mechanism so",
        advice: "the token cannot do this; see: mls-hsm-signer doctor",
    },
    Row {
        code: RvError::CurveNotSupported,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the token does not have the curve",
        advice: "the token does not know this curve",
    },
    Row {
        code: RvError::DomainParamsInvalid,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the token does not have the curve",
        advice: "the token does not know this curve",
    },
    Row {
        code: RvError::TemplateInconsistent,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the same template would be refused again",
        advice: "the token does not take keys with these attributes",
    },
    Row {
        code: RvError::AttributeTypeInvalid,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the same template would be refused again",
        advice: "the token does not know one of the key's attributes",
    },
    Row {
        code: RvError::AttributeValueInvalid,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the same template would be refused again",
        advice: "the token does not take one of the key's attributes",
    },
    Row {
        code: RvError::AttributeReadOnly,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the token decides what may change",
        advice: "the token does not let this attribute change",
    },
    Row {
        code: RvError::AttributeSensitive,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the token decides what it shows",
        advice: "the token keeps this attribute to itself",
    },
    Row {
        code: RvError::ActionProhibited,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the token's policy decides",
        advice: "the token's policy forbids this",
    },
    Row {
        code: RvError::KeyFunctionNotPermitted,
        nature: Permanent,
        step: RecoveryStep::FindKey,
        reason: "the key's attributes decide",
        advice: "the key may not sign (CKA_SIGN is false)",
    },
    Row {
        code: RvError::KeyTypeInconsistent,
        nature: Permanent,
        step: RecoveryStep::FindKey,
        reason: "the key is another than was meant",
        advice: "the key is not of the mechanism's type; find out which key has this label",
    },
    Row {
        code: RvError::KeySizeRange,
        nature: Permanent,
        step: RecoveryStep::FindKey,
        reason: "the token does not take the key",
        advice: "the token does not take keys of this size",
    },
    Row {
        code: RvError::DataInvalid,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the same message would be refused again",
        advice: "the token does not take this message",
    },
    Row {
        code: RvError::DataLenRange,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the same message would be refused again",
        advice: "the token does not take a message of this length",
    },
    Row {
        code: RvError::BufferTooSmall,
        nature: Unknown,
        step: RecoveryStep::NewSession,
        reason: "the length was the module's own answer",
        advice: "the module miscounts; see its manual for a newer version",
    },
    Row {
        code: RvError::SessionReadOnly,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the session was opened for reading",
        advice: "the token allows no changes in this session",
    },
    Row {
        code: RvError::TokenWriteProtected,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the token must be unlocked for writing first",
        advice: "the token is write-protected; keys cannot be made or changed",
    },
    Row {
        code: RvError::FunctionNotSupported,
        nature: Permanent,
        step: RecoveryStep::NewSession,
        reason: "the module does not have the function",
        advice: "the module does not have this function",
    },
    Row {
        code: RvError::LibraryLoadFailed,
        nature: Unknown,
        step: RecoveryStep::Restart,
        reason: "a library may be put right, and only a new process loads it",
        advice: "the module could not load a library that it needs",
    },
    Row {
        code: RvError::CantLock,
        nature: Permanent,
        step: RecoveryStep::Restart,
        reason: "the module is built without threads",
        advice: "the module cannot work with threads; choose another version",
    },
    Row {
        code: RvError::NeedToCreateThreads,
        nature: Permanent,
        step: RecoveryStep::Restart,
        reason: "the module needs threads",
        advice: "the module must be allowed to make threads; choose another version",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_one_row() {
        for (index, row) in TABLE.iter().enumerate() {
            let before = &TABLE[..index];
            assert!(before.iter().all(|other| other.code != row.code), "{row:?}");
        }
    }

    #[test]
    fn nothing_that_concerns_the_pin_is_tried_again() {
        let pins = TABLE
            .iter()
            .filter(|row| format!("{:?}", row.code).contains("Pin"));
        assert_eq!(
            pins.inspect(|row| assert_eq!(row.nature, Permanent))
                .count(),
            7
        );
    }

    #[test]
    fn an_unlisted_code_is_unknown() {
        assert_eq!(Row::of(RvError::VendorDefined(1)).nature, Unknown);
        assert_eq!(Row::of(RvError::SessionExists).reason, UNLISTED.reason);
    }
}

//! The errors of PKCS#11 functions: which function, which code, what to do.

use std::fmt;

use cryptoki::context::Function;
use cryptoki::error::RvError;

/// A PKCS#11 function and the error it returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pkcs11Failure {
    function: String,
    code: RvError,
}

impl Pkcs11Failure {
    pub(crate) fn new(function: Function, code: RvError) -> Self {
        Self {
            function: format!("C_{function:?}"),
            code,
        }
    }

    /// The function, such as `C_Login`.
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The code's name in the standard, such as `CKR_PIN_INCORRECT`.
    pub fn code_name(&self) -> String {
        code_name(self.code)
    }

    /// The code as cryptoki has it.
    pub fn code(&self) -> RvError {
        self.code
    }

    fn advice(&self) -> &'static str {
        ADVICE.iter().find(|(code, _)| *code == self.code).map_or(
            "see the HSM's log and its manual for this code",
            |(_, advice)| advice,
        )
    }
}

impl fmt::Display for Pkcs11Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} returned {}: {}",
            self.function,
            self.code_name(),
            self.advice()
        )
    }
}

impl std::error::Error for Pkcs11Failure {}

/// What to do about a code; codes without a row get a general answer.
static ADVICE: &[(RvError, &str)] = &[
    (
        RvError::PinIncorrect,
        "the PIN is wrong. It was tried once and is not tried again; correct it first, \
         because many HSMs lock after a few wrong PINs",
    ),
    (
        RvError::PinLocked,
        "the PIN is locked; the security officer must set a new one",
    ),
    (
        RvError::PinExpired,
        "the PIN has expired; set a new one with the HSM's own tool",
    ),
    (
        RvError::PinLenRange,
        "the token does not take a PIN of this length; choose another",
    ),
    (
        RvError::PinInvalid,
        "the token does not take this PIN; choose another",
    ),
    (
        RvError::PinTooWeak,
        "the token finds the PIN too weak; choose a longer one",
    ),
    (
        RvError::UserPinNotInitialized,
        "the token has no user PIN yet; set one as its security officer",
    ),
    (RvError::UserNotLoggedIn, "the login was lost; start again"),
    (
        RvError::UserAnotherAlreadyLoggedIn,
        "the security officer is logged in; log out there first",
    ),
    (
        RvError::TokenNotPresent,
        "no token is in the slot; check the HSM's connection",
    ),
    (
        RvError::TokenNotRecognized,
        "the token is not initialised or belongs to other hardware",
    ),
    (
        RvError::TokenWriteProtected,
        "the token is write-protected; keys cannot be made or changed",
    ),
    (
        RvError::SlotIdInvalid,
        "there is no such slot; choose the token by label or serial number",
    ),
    (
        RvError::SessionCount,
        "the token has no session left; raise its limit or close other clients",
    ),
    (
        RvError::DeviceError,
        "the HSM reports a fault; check its connection and its log",
    ),
    (
        RvError::DeviceRemoved,
        "the HSM is gone; check its connection",
    ),
    (
        RvError::DeviceMemory,
        "the HSM has no room; delete what is not needed",
    ),
    (
        RvError::GeneralError,
        "the module gives no reason; see its log and its configuration file",
    ),
    (
        RvError::FunctionFailed,
        "the module gives no reason; see its log",
    ),
    (
        RvError::ArgumentsBad,
        "the module rejects the arguments; some modules need configuration first",
    ),
    (
        RvError::MechanismInvalid,
        "the token cannot do this; see: mls-hsm-signer doctor",
    ),
    (
        RvError::MechanismParamInvalid,
        "the token cannot do this; see: mls-hsm-signer doctor",
    ),
    (
        RvError::CurveNotSupported,
        "the token does not know this curve",
    ),
    (
        RvError::DomainParamsInvalid,
        "the token does not know this curve",
    ),
    (
        RvError::TemplateInconsistent,
        "the token does not take keys with these attributes",
    ),
    (
        RvError::AttributeTypeInvalid,
        "the token does not know one of the key's attributes",
    ),
    (
        RvError::AttributeValueInvalid,
        "the token does not take one of the key's attributes",
    ),
    (RvError::ActionProhibited, "the token's policy forbids this"),
    (
        RvError::KeyFunctionNotPermitted,
        "the key may not sign (CKA_SIGN is false)",
    ),
    (
        RvError::KeyHandleInvalid,
        "the key is gone or the login was lost; start again",
    ),
    (
        RvError::ObjectHandleInvalid,
        "the key is gone or the login was lost; start again",
    ),
    (
        RvError::FunctionNotSupported,
        "the module does not have this function",
    ),
    (
        RvError::LibraryLoadFailed,
        "the module could not load a library that it needs",
    ),
];

/// `PinIncorrect` to `CKR_PIN_INCORRECT`.
fn code_name(code: RvError) -> String {
    match code {
        RvError::VendorDefined(value) => format!("CKR_VENDOR_DEFINED ({value:#x})"),
        RvError::UnknownErrorCode(value) => format!("an unknown code ({value:#x})"),
        named => screaming(&format!("{named:?}")),
    }
}

fn screaming(camel: &str) -> String {
    let mut name = String::from("CKR");
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_named_as_the_standard_names_them() {
        for (code, name) in [
            (RvError::PinIncorrect, "CKR_PIN_INCORRECT"),
            (
                RvError::SessionReadWriteSoExists,
                "CKR_SESSION_READ_WRITE_SO_EXISTS",
            ),
            (RvError::FipsSelfTestFailed, "CKR_FIPS_SELF_TEST_FAILED"),
            (RvError::CantLock, "CKR_CANT_LOCK"),
            (
                RvError::VendorDefined(0x8000_0001),
                "CKR_VENDOR_DEFINED (0x80000001)",
            ),
        ] {
            assert_eq!(code_name(code), name);
        }
    }

    #[test]
    fn the_message_names_function_and_code_and_says_what_to_do() {
        let failure = Pkcs11Failure::new(Function::OpenSession, RvError::SessionCount);
        assert_eq!(
            failure.to_string(),
            "C_OpenSession returned CKR_SESSION_COUNT: the token has no session left; \
             raise its limit or close other clients"
        );
    }

    #[test]
    fn each_code_has_one_advice() {
        for (index, (code, _)) in ADVICE.iter().enumerate() {
            assert!(
                ADVICE[..index].iter().all(|(other, _)| other != code),
                "{code:?}"
            );
        }
    }
}

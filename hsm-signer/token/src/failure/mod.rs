//! The errors of PKCS#11 functions: which function, which code, what to do; and of what
//! nature every failure is.

mod table;

use std::fmt;

use cryptoki::context::Function;
use cryptoki::error::{Rv, RvError};
use serde::Serialize;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

use table::{is_before_the_pin, meaning};

/// Whether a failure may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TlsDeserialize, TlsSerialize, TlsSize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Nature {
    /// It may pass by recovery, and the operation may be tried again.
    Transient,
    /// It stays until a person changes something: no use in trying again.
    Permanent,
    /// The code does not tell. Recovery is tried, a few times.
    Unknown,
}

/// What a failure is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern {
    /// The key, or what was asked of it: another key may sign.
    Key,
    /// The login: the PIN, or that nobody is logged in.
    Login,
    /// The session: another one may sign.
    Session,
    /// The module, or the token behind it.
    Module,
    /// The code does not tell.
    Anything,
}

/// The steps of recovery, from the cheapest to the most drastic. Each includes that the
/// key is found again, because handles change.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    TlsDeserialize,
    TlsSerialize,
    TlsSize,
)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum RecoveryStep {
    /// Find the key again: its handle has changed.
    FindKey,
    /// Close the sessions and open new ones.
    NewSession,
    /// Log in again.
    LogIn,
    /// C_Finalize and C_Initialize, when no operation is under way.
    Reinitialise,
    /// End the process that holds the module and start another.
    Restart,
}

impl RecoveryStep {
    /// All of them, from the cheapest to the most drastic.
    pub const ALL: [Self; 5] = [
        Self::FindKey,
        Self::NewSession,
        Self::LogIn,
        Self::Reinitialise,
        Self::Restart,
    ];

    /// Whether it tries the PIN.
    pub fn logs_in(self) -> bool {
        self >= Self::LogIn
    }
}

impl fmt::Display for RecoveryStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FindKey => "find the key again",
            Self::NewSession => "open new sessions",
            Self::LogIn => "log in again",
            Self::Reinitialise => "finalise and initialise the module",
            Self::Restart => "restart the module's process",
        })
    }
}

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

    /// The failure of `function`, such as `C_Sign`, with the number of its code.
    pub(crate) fn from_parts(function: String, code: u64) -> Option<Self> {
        match Rv::from(code) {
            Rv::Ok => None,
            Rv::Error(code) => Some(Self { function, code }),
        }
    }

    /// The code's number in the standard.
    pub(crate) fn number(&self) -> u64 {
        match self.code {
            RvError::VendorDefined(number) | RvError::UnknownErrorCode(number) => number,
            code => (1..STANDARD_CODES)
                .find(|number| Rv::from(*number) == Rv::Error(code))
                .unwrap_or(GENERAL_ERROR),
        }
    }

    /// The function, such as `C_Login`.
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The code's name in the standard, such as `CKR_PIN_INCORRECT`.
    pub fn code_name(&self) -> String {
        match self.code {
            RvError::VendorDefined(value) => format!("CKR_VENDOR_DEFINED ({value:#x})"),
            RvError::UnknownErrorCode(value) => format!("an unknown code ({value:#x})"),
            named => screaming(&format!("{named:?}")),
        }
    }

    /// The code as cryptoki has it.
    pub fn code(&self) -> RvError {
        self.code
    }

    /// What to do. At the start it is seldom the code that tells what is missing.
    fn advice(&self) -> &'static str {
        match (self.function.as_str(), self.code) {
            ("C_Initialize", RvError::ArgumentsBad) => {
                "the module may want parameters, which its manual names (--module-parameters; \
                 module_parameters in a configuration)"
            }
            (
                "C_Initialize",
                RvError::GeneralError
                | RvError::FunctionFailed
                | RvError::DeviceError
                | RvError::DeviceRemoved
                | RvError::TokenNotPresent
                | RvError::HostMemory
                | RvError::VendorDefined(_)
                | RvError::UnknownErrorCode(_),
            ) => {
                "the module does not start; is its daemon running, its device connected, and its \
                 configuration there and readable for this user?"
            }
            _ => meaning(self.code).advice,
        }
    }

    /// Whether it is of a login, and says neither that the PIN was refused nor that it was not looked at.
    pub fn leaves_login_open(&self) -> bool {
        let login = self.function == "C_Login";
        login && self.nature() != Nature::Permanent && !is_before_the_pin(self.code)
    }

    /// Whether the failure may pass by itself or by recovery.
    pub fn nature(&self) -> Nature {
        meaning(self.code).nature
    }

    /// What the failure is of.
    pub fn concern(&self) -> Concern {
        meaning(self.code).concern
    }

    /// The step of recovery that may help, and those after it.
    pub fn recovery_step(&self) -> RecoveryStep {
        meaning(self.code).step
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

/// All codes of the standard are below this number; vendors' are far above.
const STANDARD_CODES: u64 = 0x1000;

/// CKR_GENERAL_ERROR, which says nothing.
const GENERAL_ERROR: u64 = 5;

/// `PinIncorrect` to `CKR_PIN_INCORRECT`.
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
fn standard_codes() -> impl Iterator<Item = RvError> {
    (1..STANDARD_CODES).filter_map(|number| match Rv::from(number) {
        Rv::Ok | Rv::Error(RvError::UnknownErrorCode(_)) => None,
        Rv::Error(code) => Some(code),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_standard_survives_its_number() {
        for code in standard_codes() {
            let failure = Pkcs11Failure::new(Function::Sign, code);
            let again = Pkcs11Failure::from_parts("C_Sign".into(), failure.number());
            assert_eq!(again, Some(failure));
        }
        let vendor = Pkcs11Failure::from_parts("C_Sign".into(), 0x8000_0001).unwrap();
        assert_eq!(vendor.number(), 0x8000_0001);
        assert_eq!(vendor.nature(), Nature::Unknown);
        assert_eq!(Pkcs11Failure::from_parts("C_Sign".into(), 0), None);
    }

    /// What says nothing of the PIN may be said after a try.
    #[test]
    fn only_known_answers_to_a_login_tell_what_became_of_the_pin() {
        let open = |code| Pkcs11Failure::new(Function::Login, code).leaves_login_open();
        for code in [
            RvError::GeneralError,
            RvError::FunctionFailed,
            RvError::DeviceError,
            // While the function was at work.
            RvError::DeviceRemoved,
            RvError::SessionClosed,
            RvError::FunctionRejected,
            RvError::VendorDefined(0x8000_0001),
        ] {
            assert!(open(code), "{code:?}");
        }
        for code in [
            RvError::PinIncorrect,
            RvError::TokenNotPresent,
            RvError::SessionHandleInvalid,
        ] {
            assert!(!open(code), "{code:?}");
        }
        let of_another = Pkcs11Failure::new(Function::Sign, RvError::GeneralError);
        assert!(!of_another.leaves_login_open());
    }
}

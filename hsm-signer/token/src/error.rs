//! What can go wrong, said so that the reader knows what to do next.

use std::path::PathBuf;

use crate::failure::{Concern, Nature, Pkcs11Failure, RecoveryStep};
use crate::key_class::KeyClass;
use crate::pin::PinError;
pub use crate::process_error::ProcessError;
use cryptoki::error::RvError;
use mls_signer_message::encoding::EncodingError;
use mls_signer_message::scheme::titles;
use mls_signer_message::signature::SignatureError;

/// Any failure of this crate. No variant carries a PIN or a private key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The PKCS#11 module is not there.
    #[error(
        "there is no PKCS#11 module at {0}; install the HSM's library, or correct the path: \
             --module, or module of [[tenants.tokens]] in a configuration"
    )]
    ModuleMissing(PathBuf),
    /// The file is there and cannot be used as a PKCS#11 module.
    #[error("{path} cannot be loaded as a PKCS#11 module: {reason}")]
    ModuleUnusable {
        /// The module.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// A PKCS#11 function answered with an error.
    #[error(transparent)]
    Pkcs11(#[from] Pkcs11Failure),
    /// The module answered something that PKCS#11 does not allow.
    #[error("the PKCS#11 module answered what the standard does not allow: {0}")]
    ModuleMisbehaved(String),
    /// The module answered what cannot be.
    #[error("the PKCS#11 module {module} returned {what}; ask its vendor, or try another version")]
    ModuleLied {
        /// The module.
        module: PathBuf,
        /// What it returned.
        what: String,
    },
    /// No token is as asked for.
    #[error("no token {wanted}; the module shows {present}")]
    TokenNotFound {
        /// What was asked for.
        wanted: String,
        /// The tokens that are there.
        present: String,
    },
    /// More than one token is as asked for.
    #[error("{count} tokens {wanted}; choose one by its serial number: {present}")]
    TokenAmbiguous {
        /// What was asked for.
        wanted: String,
        /// How many there are.
        count: usize,
        /// The tokens that are there.
        present: String,
    },
    /// A token of that label exists and will not be overwritten.
    #[error("a token labelled {0:?} exists and is never overwritten; choose another label")]
    TokenExists(String),
    /// Every slot holds a token that is in use.
    #[error("no slot has room for a new token; remove one with the HSM's own tool")]
    NoFreeSlot,
    /// No slot has a token, new or not.
    #[error(
        "the module shows no slot with a token in it; connect the device, or start its daemon, and \
         check that this user may use it"
    )]
    NoSlot,
    /// The new token has no user's PIN.
    #[error(
        "the token {label:?} (serial {serial}) is made and has no user PIN: {cause}. Go on with the \
         same command and another PIN; it then takes this token"
    )]
    WithoutUserPin {
        /// Its label.
        label: String,
        /// Its serial number.
        serial: String,
        /// Why its PIN could not be set.
        cause: Box<Error>,
    },
    /// A PIN of a length that the token does not take. It was not asked.
    #[error(
        "the token does not take {whose} PIN: it must have {min} to {max} bytes. Nothing was made"
    )]
    PinLength {
        /// Whose it is.
        whose: &'static str,
        /// The fewest bytes that the token takes.
        min: usize,
        /// The most.
        max: usize,
    },
    /// A label that a token cannot keep.
    #[error("a token's label must be 1 to 32 bytes without control characters or outer blanks")]
    TokenLabel,
    /// The token locks the PIN at the next wrong one, or its description cannot be read.
    #[error(
        "the token would lock the PIN at the next wrong one, or does not say that it would not, \
         so it was not tried; log in once with the HSM's own tool and start again"
    )]
    PinFinalTry,
    /// The PIN could not be had.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// No key is as asked for.
    #[error("the token has no {class} {wanted}{}", what_helps(class))]
    KeyNotFound {
        /// Private or public key.
        class: &'static str,
        /// What was asked for.
        wanted: String,
    },
    /// More than one key is as asked for; guessing which is meant would be reckless.
    #[error(
        "the token has {count} objects that are a {class} {wanted}, and exactly one is needed{}",
        which_one(class)
    )]
    KeyAmbiguous {
        /// Private or public key.
        class: &'static str,
        /// What was asked for.
        wanted: String,
        /// How many there are.
        count: usize,
    },
    /// A key of that label or id exists and will not be replaced or doubled.
    #[error(
        "the token already has a key {0}, or half of one; keys rotate makes one of the next generation, or \
         choose another label and id"
    )]
    KeyExists(String),
    /// The very key that is to be imported is in the token.
    #[error(
        "the token has this very key already, {0}: nothing is to be done, and nothing was imported"
    )]
    KeyThere(String),
    /// The token takes no private keys from outside.
    #[error("the token does not take this private key ({failure}). Another route: {route}")]
    ImportRefused {
        /// What C_CreateObject returned.
        failure: Pkcs11Failure,
        /// What to do instead.
        route: &'static str,
    },
    /// What failed could not be undone, and something is in the token now.
    #[error("{cause}. In the token now, to be destroyed with the HSM's own tool: {left}")]
    LeftBehind {
        /// Why it failed.
        cause: Box<Error>,
        /// What is there.
        left: String,
    },
    /// A label or id that makes no sense for a key.
    #[error("a key's label and id must be 1 to 255 bytes, the label without control characters")]
    KeyName,
    /// A new key is not one that was retired.
    #[error(
        "{0:?} is the label of a key that was retired, and nothing signs under it; choose the label of a key \
         in use (keys rotate makes the next), or one that begins otherwise"
    )]
    LabelRetired(String),
    /// A label that begins as a removal key's, and is that of none.
    #[error(
        "{label:?} begins as the label of a removal key, and is that of none; what is meant may be \
         {meant} (the first of a scheme has no number, and those after it have -g2, -g3 and so on). \
         Choose such a label, or one that begins otherwise"
    )]
    KeyLabel {
        /// The label.
        label: String,
        /// Those that may have been meant.
        meant: String,
    },
    /// No generation follows the newest.
    #[error(
        "no generation follows the newest of this scheme, which is number {last}: destroy that key, or \
         relabel it with the HSM's own tool, if it is none of yours; else choose a label yourself",
        last = crate::removal_label::LAST
    )]
    LastGeneration,
    /// It is a key of no scheme of this crate.
    #[error("the key {0} is of none of this program's schemes: {schemes}", schemes = titles())]
    KeyUnsupported(String),
    /// The key is not protected or usable as a removal key must be.
    #[error("the key {wanted} cannot be used so: {reason}")]
    KeyAttributes {
        /// The key.
        wanted: String,
        /// The attribute that is wrong.
        reason: String,
    },
    /// Keys are named as removal keys, and none of them can be one.
    #[error("no removal key of the token can be used. {0}")]
    NoKeyFit(String),
    /// Of a scheme there are removal keys, and none of them can be one; of others there may be.
    #[error("no {scheme} removal key of the token can be used: {reasons}")]
    NoKeyOfScheme {
        /// The scheme.
        scheme: &'static str,
        /// The keys, each with its reason.
        reasons: String,
    },
    /// A key fails, and not the token.
    #[error("the key {wanted} is set aside until it signs again: {reason}")]
    KeySetAside {
        /// The key.
        wanted: String,
        /// How it failed.
        reason: String,
    },
    /// The token has too many keys, or is too slow, to be searched in time.
    #[error(
        "the token took too long to list its keys: {}. Move the removal keys to a token of their \
         own, or find out why the HSM is slow", how_far(*read, *all)
    )]
    ListTooLong {
        /// How many keys were read.
        read: usize,
        /// How many there are.
        all: usize,
    },
    /// The token has no mechanism for the scheme.
    #[error("the token cannot sign with {0}; its mechanism list has nothing for it")]
    SchemeUnsupported(&'static str),
    /// The token has a mechanism for the scheme, and its keys do not sign.
    #[error("of this module, keys for {0} are made and do not sign; use another scheme")]
    SchemeBroken(&'static str),
    /// FIPS mode is required of this process, and refuses to verify the scheme.
    #[error(
        "FIPS mode is required, and {0} is not among what it verifies: no signature of it \
         would be released. Use a key of an ECDSA scheme"
    )]
    SchemeNotApproved(&'static str),
    /// What the token signed does not verify under the public key it gives.
    #[error(
        "the token's signature does not verify under its public key; nothing was released. \
         Check the token with: mls-hsm-signer doctor"
    )]
    SignatureInvalid,
    /// A byte string is not encoded as it must be.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// The operating system's or library's random numbers failed.
    #[error("no random numbers could be had")]
    Random,
    /// OpenMLS could not build the proposal.
    #[error("the proposal could not be built: {0}")]
    Proposal(String),
    /// The session is of a time before the module was initialised anew.
    #[error("the session ended when the module was initialised anew")]
    SessionLost,
    /// The token refused the PIN before, and it is never tried twice.
    #[error(
        "the token refused the PIN and it is not tried again; correct the PIN and start the \
         signer anew"
    )]
    PinRefused,
    /// The token refused the PIN before this process began.
    #[error(
        "the token refused the PIN before, and it is not tried again; correct the PIN, then \
         remove {0} and start the signer, or send SIGHUP to one that runs"
    )]
    PinRefusedBefore(PathBuf),
    /// A process ended while it tried the PIN, or the module did not answer.
    #[error(
        "the PIN was tried, and its outcome is not known: the process was ended meanwhile, or the module did \
         not answer. It is not tried again; see whether the PIN is right and how many tries the token has \
         left, then remove {0} and start the signer, or send SIGHUP to one that runs"
    )]
    PinTryUnfinished(PathBuf),
    /// The module's process has begun to log in, and has not said how that ended: the token may have
    /// refused the PIN.
    #[error("the login had no answer: {0}")]
    LoginUnanswered(Box<ProcessError>),
    /// The process that holds the module failed.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// Something else that the process which holds the module reported.
    #[error("{text}")]
    Reported {
        /// What it said.
        text: String,
        /// Whether it may pass.
        nature: Nature,
        /// Where recovery begins.
        step: RecoveryStep,
    },
    /// The token shows another public key than the one pinned.
    #[error(
        "the token has another public key than the one that was pinned under its label: {wanted}. It is not used \
         until the service starts anew, which pins it then. To be rid of it, where it is a removal key, retire \
         it ({retire}; after keys rotate --server PLACE, where it is the newest of its scheme) and reload the \
         service. If nobody made it on purpose, find out who did before anything is signed"
    )]
    KeyMismatch {
        /// The keys that are there, and not those that were pinned.
        wanted: String,
        /// How to retire them.
        retire: String,
    },
    /// No removal key is as asked for.
    #[error("the signer has no {wanted}; it has {present}")]
    KeyUnknown {
        /// What was asked for.
        wanted: String,
        /// The keys there are.
        present: String,
    },
    /// The deadline passed before the signature was made. None was released.
    #[error("the deadline passed before the signature was made")]
    DeadlinePassed,
    /// A file, a configuration or an answer of the operating system is not as needed.
    #[error("{0}")]
    Setup(String),
    /// A recovery step that this token does not know.
    #[error("this token cannot {0}")]
    StepMissing(RecoveryStep),
}

fn how_far(read: usize, all: usize) -> String {
    match all {
        0 => "it had not named them all in time".into(),
        all => format!("{read} of {all} were read in time"),
    }
}

/// The class of a private key that was there, for [`Error::KeyNotFound`].
pub const LOST: &str = "private key any more that is";

/// Of a key that is not found: a list shows those there are, and not one that was lost; what has no
/// public half needs one.
fn what_helps(class: &str) -> &'static str {
    if class == KeyClass::Public.title() {
        ", so that nobody can know the pair's; give the private key's id to its public key, or make a \
         new pair: mls-hsm-signer keys rotate"
    } else if class == LOST {
        "; bring it back from a backup of the token, or, in the place of a removal key, make the next \
         (mls-hsm-signer keys rotate --server PLACE) and reload the service"
    } else {
        "; see: mls-hsm-signer keys list"
    }
}

/// Of several private keys one can be named; of public keys none, for the private key's id names them.
fn which_one(class: &str) -> &'static str {
    if class == KeyClass::Public.title() {
        ""
    } else {
        "; name one by its id too (--id HEX; mls-hsm-signer keys list shows each), and of two removal keys \
         retire the one that is not needed: mls-hsm-signer keys retire --label LABEL --id HEX"
    }
}

impl Error {
    /// That `label` is almost one of those that are `meant`.
    pub(crate) fn label_of_none(label: &str, meant: &[String]) -> Self {
        let quoted: Vec<_> = meant.iter().map(|label| format!("{label:?}")).collect();
        Self::KeyLabel {
            label: label.into(),
            meant: quoted.join(", "),
        }
    }

    /// Whether the failure may pass: the one place where that is decided, with the table
    /// of codes that it refers to.
    pub fn nature(&self) -> Nature {
        match self {
            Self::Pkcs11(failure) => failure.nature(),
            Self::Reported { nature, .. } => *nature,
            // A new session or a new process helps.
            Self::SessionLost | Self::Process(_) | Self::LoginUnanswered(_) => Nature::Transient,
            // A token that was taken away may come back; one that computes wrongly may be
            // disturbed or broken.
            Self::ModuleMisbehaved(_)
            | Self::ModuleLied { .. }
            | Self::SignatureInvalid
            | Self::Encoding(_)
            | Self::KeyNotFound { .. }
            | Self::TokenNotFound { .. }
            | Self::Random
            | Self::ListTooLong { .. }
            | Self::DeadlinePassed
            | Self::StepMissing(_) => Nature::Unknown,
            // A person must act.
            Self::ImportRefused { .. }
            | Self::LeftBehind { .. }
            | Self::ModuleMissing { .. }
            | Self::ModuleUnusable { .. }
            | Self::TokenAmbiguous { .. }
            | Self::TokenExists { .. }
            | Self::NoFreeSlot
            | Self::NoSlot
            | Self::WithoutUserPin { .. }
            | Self::PinLength { .. }
            | Self::TokenLabel
            | Self::PinFinalTry
            | Self::PinRefused
            | Self::PinRefusedBefore(_)
            | Self::PinTryUnfinished(_)
            | Self::Pin(_)
            | Self::KeyAmbiguous { .. }
            | Self::KeyExists { .. }
            | Self::KeyThere(_)
            | Self::KeyName
            | Self::LabelRetired(_)
            | Self::KeyLabel { .. }
            | Self::LastGeneration
            | Self::KeyUnsupported { .. }
            | Self::KeyAttributes { .. }
            | Self::KeyMismatch { .. }
            | Self::KeySetAside { .. }
            | Self::NoKeyFit(_)
            | Self::NoKeyOfScheme { .. }
            | Self::KeyUnknown { .. }
            | Self::SchemeUnsupported { .. }
            | Self::SchemeBroken { .. }
            | Self::SchemeNotApproved { .. }
            | Self::Proposal(_)
            | Self::Setup(_) => Nature::Permanent,
        }
    }

    /// Where recovery from it begins.
    pub fn recovery_step(&self) -> RecoveryStep {
        match self {
            Self::Pkcs11(failure) => failure.recovery_step(),
            Self::Reported { step, .. } => *step,
            // After a logout, private keys are not there.
            Self::SessionLost | Self::KeyNotFound { .. } => RecoveryStep::LogIn,
            Self::Process(_) | Self::LoginUnanswered(_) => RecoveryStep::Restart,
            Self::TokenNotFound { .. } => RecoveryStep::Reinitialise,
            Self::ModuleMisbehaved(_) | Self::ModuleLied { .. } => RecoveryStep::NewSession,
            _ => RecoveryStep::FindKey,
        }
    }

    /// Whether it is a key's for good: recovery would not help, and others may sign. A module that
    /// misreads its token may show another public key than before, so that is not.
    pub fn is_a_keys_for_good(&self) -> bool {
        let concerns_key = match self {
            Self::Pkcs11(failure) => failure.concern() == Concern::Key,
            Self::KeyAmbiguous { .. }
            | Self::KeyAttributes { .. }
            | Self::KeyLabel { .. }
            | Self::KeySetAside { .. }
            | Self::KeyUnsupported { .. }
            | Self::NoKeyFit(_)
            | Self::NoKeyOfScheme { .. }
            | Self::SchemeNotApproved { .. }
            | Self::SchemeUnsupported { .. } => true,
            _ => false,
        };
        concerns_key && self.nature() == Nature::Permanent
    }

    /// Whether the token has no room for another session (CKR_SESSION_COUNT).
    pub fn is_session_count(&self) -> bool {
        matches!(self, Self::Pkcs11(failure) if failure.code() == RvError::SessionCount)
    }

    /// Whether nothing helps until a person has seen to the PIN: it was refused, or there is none
    /// for a token that wants one.
    pub fn waits_for_a_pin(&self) -> bool {
        self.concerns_pin() || matches!(self, Self::Pin(PinError::Needed))
    }

    /// Whether no key may have the name that it is to have.
    pub fn concerns_name(&self) -> bool {
        matches!(
            self,
            Self::KeyName | Self::KeyLabel { .. } | Self::LabelRetired(_)
        )
    }

    /// Whether a login had no answer, or one that says nothing of the PIN: the token may have refused it.
    pub fn leaves_login_open(&self) -> bool {
        match self {
            Self::LoginUnanswered(_) => true,
            Self::Pkcs11(failure) => failure.leaves_login_open(),
            _ => false,
        }
    }

    /// Whether the token refused the PIN or would lock it.
    pub fn concerns_pin(&self) -> bool {
        match self {
            Self::PinRefused
            | Self::PinRefusedBefore(_)
            | Self::PinTryUnfinished(_)
            | Self::PinFinalTry => true,
            Self::Pkcs11(failure) => {
                failure.function() == "C_Login" && failure.nature() == Nature::Permanent
            }
            _ => false,
        }
    }
}

impl From<SignatureError> for Error {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::Encoding(error) => Self::Encoding(error),
            SignatureError::Invalid => Self::SignatureInvalid,
        }
    }
}

impl From<cryptoki::error::Error> for Error {
    fn from(error: cryptoki::error::Error) -> Self {
        match error {
            cryptoki::error::Error::Pkcs11(code, function) => {
                Self::Pkcs11(Pkcs11Failure::new(function, code))
            }
            other => Self::ModuleMisbehaved(other.to_string()),
        }
    }
}

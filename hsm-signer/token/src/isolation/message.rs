//! What the two processes say to each other: on the control channel, and on one channel
//! for each session. One question, one answer.

use std::borrow::Cow;

use cryptoki::mechanism::MechanismType;
use mls_signer_message::scheme::Scheme;
use openmls_traits::types::SignatureScheme;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};
use zeroize::Zeroizing;

use crate::codec::{self, Wire, opaques, secret};
use crate::error::{Error, ProcessError};
use crate::failure::{Nature, Pkcs11Failure, RecoveryStep};
use crate::identity::{TokenIdentity, TokenSelector};
use crate::mechanism::SigningMechanism;
use crate::pin::PinError;
use crate::token::{Access, KeyClass, KeyObject, KeyPair, KeySelector, KeySpec, ObjectHandle};

/// Raised whenever a message changes: both sides must be of one build.
const PROTOCOL: u32 = 7;

/// What the parent says on the control channel.
#[derive(TlsDeserialize, TlsSerialize, TlsSize)]
#[repr(u8)]
pub(crate) enum Control {
    /// The first message: load the module and log in.
    #[tls_codec(discriminant = 1)]
    Start(Start),
    /// A channel for one session, with this access, comes with this message.
    Channel(Access),
    /// Take a step of recovery.
    Recover {
        step: RecoveryStep,
        milliseconds: u32,
    },
    /// Use the session that holds the login.
    KeepAlive { milliseconds: u32 },
    /// Call C_Login: it is written down that the PIN is tried.
    LogIn,
    /// Do not call it.
    NoLogIn,
}

/// Everything that the child needs to log in.
#[derive(TlsDeserialize, TlsSerialize, TlsSize)]
pub(crate) struct Start {
    /// Before all else, so that it is understood whatever follows.
    #[tls_codec(with = "codec")]
    pub version: Version,
    pub module: Vec<u8>,
    pub parameters: Option<String>,
    pub selector: TokenSelector,
    #[tls_codec(with = "secret")]
    pub pin: Zeroizing<Vec<u8>>,
}

/// [`PROTOCOL`]; no other is read.
pub(crate) struct Version;

/// What the child answers on the control channel.
#[derive(TlsDeserialize, TlsSerialize, TlsSize)]
#[repr(u8)]
pub(crate) enum ControlReply {
    #[tls_codec(discriminant = 1)]
    Started(Box<Started>),
    Done,
    Failed(#[tls_codec(with = "codec")] Error),
    /// C_Login is called next, once the parent says [`Control::LogIn`]; the answer follows.
    LoggingIn,
}

impl ControlReply {
    /// The answer to anything but [`Control::Start`].
    pub(crate) fn done(self) -> Result<(), Error> {
        match self {
            Self::Done => Ok(()),
            Self::Failed(error) => Err(error),
            Self::Started(_) | Self::LoggingIn => Err(ProcessError::OutOfStep.into()),
        }
    }
}

/// What the child knows once it is logged in.
#[derive(TlsDeserialize, TlsSerialize, TlsSize)]
pub(crate) struct Started {
    pub identity: TokenIdentity,
    #[tls_codec(with = "codec")]
    pub mechanisms: Vec<MechanismType>,
    /// What the module says of itself.
    pub module: String,
}

/// What the parent asks of a session, behind the milliseconds that the answer may take.
#[derive(TlsDeserialize, TlsSerialize, TlsSize)]
#[repr(u8)]
pub(crate) enum Question<'a> {
    #[tls_codec(discriminant = 1)]
    Find(KeyClass, KeySelector),
    Read(ObjectHandle),
    Sign {
        key: ObjectHandle,
        mechanism: SigningMechanism,
        #[tls_codec(with = "opaques")]
        items: Vec<Cow<'a, [u8]>>,
    },
    Relabel(ObjectHandle, String),
    Generate(#[tls_codec(with = "codec")] KeySpec),
    Import(
        #[tls_codec(with = "codec")] KeySpec,
        #[tls_codec(with = "secret")] Zeroizing<Vec<u8>>,
    ),
    Destroy(ObjectHandle),
    Label(ObjectHandle),
}

/// What a session answers.
#[derive(TlsDeserialize, TlsSerialize, TlsSize)]
#[repr(u8)]
pub(crate) enum SessionReply {
    #[tls_codec(discriminant = 1)]
    Found(Vec<ObjectHandle>),
    Object(Box<KeyObject>),
    Signed(
        #[tls_codec(with = "opaques")] Vec<Vec<u8>>,
        #[tls_codec(with = "codec")] Option<Error>,
    ),
    Pair(KeyPair),
    Done,
    Failed(#[tls_codec(with = "codec")] Error),
    Label(String),
}

/// A failure in the child. Those that mean something to the parent are told apart; of the
/// others it gets the text and the nature.
#[derive(TlsDeserialize, TlsSerialize, TlsSize)]
#[repr(u8)]
pub(crate) enum WireError {
    Pkcs11 {
        function: String,
        number: u64,
    },
    ModuleMisbehaved(String),
    PinFinalTry,
    PinNeeded,
    PinRefused,
    SessionLost,
    DeadlinePassed,
    Reported {
        text: String,
        nature: Nature,
        step: RecoveryStep,
    },
}

impl Wire for Version {
    type As = u32;

    fn to_wire(&self) -> u32 {
        PROTOCOL
    }

    fn from_wire(number: u32) -> Result<Self, tls_codec::Error> {
        if number == PROTOCOL {
            return Ok(Self);
        }
        let reason = "the two processes are of different versions";
        Err(tls_codec::Error::DecodingError(reason.into()))
    }
}

impl Wire for KeySpec {
    type As = (SignatureScheme, String, Vec<u8>);

    fn to_wire(&self) -> Self::As {
        let scheme = self.scheme().signature_scheme;
        (scheme, self.label().into(), self.id().into())
    }

    fn from_wire((scheme, label, id): Self::As) -> Result<Self, tls_codec::Error> {
        let unknown = tls_codec::Error::UnknownValue(scheme as u64);
        let scheme = Scheme::by_signature_scheme(scheme).ok_or(unknown)?;
        Self::new(scheme, &label, &id)
            .map_err(|error| tls_codec::Error::DecodingError(error.to_string()))
    }
}

impl Wire for Error {
    type As = WireError;

    fn to_wire(&self) -> WireError {
        match self {
            Self::Pkcs11(failure) => WireError::Pkcs11 {
                function: failure.function().into(),
                number: failure.number(),
            },
            Self::ModuleMisbehaved(text) => WireError::ModuleMisbehaved(text.clone()),
            Self::PinFinalTry => WireError::PinFinalTry,
            Self::Pin(PinError::Needed) => WireError::PinNeeded,
            Self::PinRefused => WireError::PinRefused,
            Self::SessionLost => WireError::SessionLost,
            Self::DeadlinePassed => WireError::DeadlinePassed,
            other => WireError::Reported {
                text: other.to_string(),
                nature: other.nature(),
                step: other.recovery_step(),
            },
        }
    }

    fn from_wire(failure: WireError) -> Result<Self, tls_codec::Error> {
        Ok(match failure {
            WireError::Pkcs11 { function, number } => {
                let no_failure = tls_codec::Error::UnknownValue(number);
                Self::Pkcs11(Pkcs11Failure::from_parts(function, number).ok_or(no_failure)?)
            }
            WireError::ModuleMisbehaved(text) => Self::ModuleMisbehaved(text),
            WireError::PinFinalTry => Self::PinFinalTry,
            WireError::PinNeeded => PinError::Needed.into(),
            WireError::PinRefused => Self::PinRefused,
            WireError::SessionLost => Self::SessionLost,
            WireError::DeadlinePassed => Self::DeadlinePassed,
            WireError::Reported { text, nature, step } => Self::Reported { text, nature, step },
        })
    }
}

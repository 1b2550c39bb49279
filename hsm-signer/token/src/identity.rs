//! Which token: what tokens say of themselves, and how one is chosen.

use std::fmt;

use cryptoki::slot::TokenInfo;
use serde::Serialize;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

use crate::codec;
use crate::error::Error;
use mls_signer_message::printable::printable;

/// What CK_TOKEN_INFO says of a token, who made its module, and where it is.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Serialize, TlsDeserialize, TlsSerialize, TlsSize,
)]
pub struct TokenIdentity {
    /// The slot's number, which may change whenever the module starts.
    pub slot: u64,
    /// The label given at initialisation.
    pub label: String,
    /// The serial number.
    pub serial: String,
    /// The manufacturer.
    pub manufacturer: String,
    /// Who made the module, as CK_INFO says: of a TPM the manufacturer is the chip's.
    pub library: String,
    /// The model.
    pub model: String,
    /// The firmware version, major and minor.
    pub firmware: (u8, u8),
    /// Whether the token has been initialised.
    #[tls_codec(with = "codec")]
    pub initialised: bool,
    /// Whether its private keys are there only after a login.
    #[tls_codec(with = "codec")]
    pub login_required: bool,
    /// Whether its user has a PIN.
    #[tls_codec(with = "codec")]
    pub user_pin_set: bool,
    /// Whether the PIN is locked.
    #[tls_codec(with = "codec")]
    pub pin_locked: bool,
    /// Whether the next wrong PIN locks it, or nobody knows that it does not.
    #[tls_codec(with = "codec")]
    pub pin_final_try: bool,
    /// What of the description cannot be read, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

impl TokenIdentity {
    /// A token that does not describe itself. It can be chosen by its slot only, and whether its
    /// PIN has tries left is not known.
    pub fn unknown(slot: u64) -> Self {
        Self {
            slot,
            initialised: true,
            login_required: true,
            user_pin_set: true,
            pin_final_try: true,
            ..Self::default()
        }
    }

    pub(crate) fn new(slot: u64, info: &TokenInfo) -> Self {
        let firmware = info.firmware_version();
        Self {
            slot,
            label: text(info.label()),
            serial: text(info.serial_number()),
            manufacturer: text(info.manufacturer_id()),
            model: text(info.model()),
            library: String::new(),
            firmware: (firmware.major(), firmware.minor()),
            initialised: info.token_initialized(),
            login_required: info.login_required(),
            user_pin_set: info.user_pin_initialized(),
            pin_locked: info.user_pin_locked(),
            pin_final_try: info.user_pin_final_try(),
            unread: None,
        }
    }
}

/// PKCS#11 pads by blanks, and some programs by zero bytes: libp11 and p11-kit did.
fn text(field: &str) -> String {
    field.trim_end_matches(['\0', ' ']).to_owned()
}

impl fmt::Display for TokenIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (label, serial, slot) = (&self.label, printable(&self.serial), self.slot);
        write!(f, "{label:?} (serial {serial}, slot {slot})")
    }
}

/// Which of a module's tokens is meant.
#[derive(Clone, Debug, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize)]
#[repr(u8)]
pub enum TokenSelector {
    /// By the label given at initialisation; exactly one token must have it.
    Label(String),
    /// By serial number, the surest way.
    Serial(String),
    /// By slot number, for modules whose token descriptions cannot be read.
    Slot(u64),
}

impl TokenSelector {
    /// The one token among `tokens` that is meant.
    ///
    /// # Errors
    /// [`Error::TokenNotFound`] and [`Error::TokenAmbiguous`], which list what is there.
    pub fn choose(&self, tokens: Vec<TokenIdentity>) -> Result<TokenIdentity, Error> {
        let none = tokens.is_empty();
        let (matching, others): (Vec<_>, Vec<_>) = tokens
            .into_iter()
            .filter(|token| token.initialised)
            .partition(|t| self.matches(t));
        let wanted = self.to_string();
        match <[_; 1]>::try_from(matching) {
            Ok([token]) => Ok(token),
            Err(matching) if matching.is_empty() => Err(Error::TokenNotFound {
                wanted,
                present: if none {
                    NO_TOKEN.into()
                } else {
                    listed(&others)
                },
            }),
            Err(several) => Err(Error::TokenAmbiguous {
                wanted,
                count: several.len(),
                present: listed(&several),
            }),
        }
    }

    fn matches(&self, token: &TokenIdentity) -> bool {
        match self {
            Self::Label(label) => token.label == *label,
            Self::Serial(serial) => token.serial == *serial,
            Self::Slot(slot) => token.slot == *slot,
        }
    }
}

impl fmt::Display for TokenSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => write!(f, "labelled {label:?}"),
            Self::Serial(serial) => write!(f, "with serial number {serial:?}"),
            Self::Slot(slot) => write!(f, "in slot {slot}"),
        }
    }
}

/// What a module shows whose device or daemon is away.
const NO_TOKEN: &str = "no token at all; connect the device, or start its daemon, and check that this \
                        user may use it";

fn listed(tokens: &[TokenIdentity]) -> String {
    if tokens.is_empty() {
        return "no initialised token; make one with: mls-hsm-signer token init".into();
    }
    let tokens: Vec<_> = tokens.iter().map(ToString::to_string).collect();
    tokens.join(", ")
}

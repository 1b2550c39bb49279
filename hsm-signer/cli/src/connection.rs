//! Arguments that say which module, token and key are meant, and where the PIN is.

use std::path::PathBuf;
use std::sync::Arc;

use base64ct::{Base64, Encoding};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use mls_hsm_signer::encoding::from_hex;
use mls_hsm_signer::isolation::{IsolatedToken, ModuleSetup, Worker};
use mls_hsm_signer::{
    Error, KeySelector, Module, Pin, Pkcs11Token, SCHEMES, Scheme, Token, TokenSelector,
};

/// The PKCS#11 module.
#[derive(Args)]
pub struct ModuleArguments {
    /// The HSM's PKCS#11 library, such as /usr/lib/softhsm/libsofthsm2.so
    #[arg(long, value_name = "PATH", env = "MLS_HSM_MODULE")]
    pub module: PathBuf,
    /// What the library is given when it is initialised, such as NSS's configdir='...'
    #[arg(long, value_name = "TEXT")]
    pub module_parameters: Option<String>,
}

impl ModuleArguments {
    /// Loads the module into this process.
    pub fn load(&self) -> Result<Module, Error> {
        Module::load_with(&self.module, self.module_parameters.as_deref())
    }
}

/// A token and the login to it.
#[derive(Args)]
pub struct TokenArguments {
    #[command(flatten)]
    module: ModuleArguments,
    #[command(flatten)]
    token: TokenChoice,
    #[command(flatten)]
    pin: PinArguments,
    /// Load the library into this process, not into one of its own
    #[arg(long)]
    in_process: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct TokenChoice {
    /// The token with this label
    #[arg(long, value_name = "LABEL")]
    token_label: Option<String>,
    /// The token with this serial number
    #[arg(long, value_name = "SERIAL")]
    token_serial: Option<String>,
    /// The token in this slot
    #[arg(long, value_name = "NUMBER")]
    slot: Option<u64>,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct PinArguments {
    /// A file with the user's PIN, closed to other users
    #[arg(long, value_name = "PATH")]
    pin_file: Option<PathBuf>,
    /// An environment variable with the user's PIN
    #[arg(long, value_name = "NAME")]
    pin_env: Option<String>,
}

impl TokenArguments {
    /// Logs in, in a process of its own unless the arguments say otherwise.
    pub fn open(&self) -> Result<Arc<dyn Token>, Error> {
        let pin = self.pin()?;
        if self.in_process {
            let token = Pkcs11Token::open(&self.module.load()?, &self.selector(), &pin)?;
            return Ok(Arc::new(token));
        }
        let worker = Worker::this_program()?;
        Ok(Arc::new(IsolatedToken::open(self.setup(), worker, &pin)?))
    }

    /// Logs in, in this process, and gives the module too.
    pub fn open_here(&self) -> Result<(Module, Arc<dyn Token>), Error> {
        let pin = self.pin()?;
        let module = self.module.load()?;
        let token = Pkcs11Token::open(&module, &self.selector(), &pin)?;
        Ok((module, Arc::new(token)))
    }

    /// The module and the token.
    pub fn setup(&self) -> ModuleSetup {
        ModuleSetup {
            parameters: self.module.module_parameters.clone(),
            ..ModuleSetup::new(&self.module.module, self.selector())
        }
    }

    /// The module's path.
    pub fn module(&self) -> &PathBuf {
        &self.module.module
    }

    /// The PIN, from where the arguments say.
    pub fn pin(&self) -> Result<Pin, Error> {
        pin(&self.pin.pin_file, &self.pin.pin_env)
    }

    /// The token that is meant; clap sees to it that one of the three is there.
    pub fn selector(&self) -> TokenSelector {
        match &self.token {
            TokenChoice {
                token_label: Some(label),
                ..
            } => TokenSelector::Label(label.clone()),
            TokenChoice {
                token_serial: Some(serial),
                ..
            } => TokenSelector::Serial(serial.clone()),
            TokenChoice { slot, .. } => TokenSelector::Slot(slot.unwrap_or_default()),
        }
    }
}

/// Reads a PIN from a file, else from an environment variable.
pub fn pin(file: &Option<PathBuf>, variable: &Option<String>) -> Result<Pin, Error> {
    Ok(match (file, variable) {
        (Some(path), _) => Pin::from_file(path)?,
        (None, name) => Pin::from_environment(name.as_deref().unwrap_or_default())?,
    })
}

/// Keys that exist, by label or id.
#[derive(Args)]
pub struct KeyArguments {
    /// The key with this label
    #[arg(long)]
    label: Option<String>,
    /// The key with this id, in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = hexadecimal)]
    id: Option<Bytes>,
}

impl KeyArguments {
    /// The keys meant; none if the arguments name none.
    pub fn selector(&self) -> Option<KeySelector> {
        match (&self.label, &self.id) {
            (None, None) => None,
            (Some(label), None) => Some(KeySelector::label(label)),
            (None, Some(id)) => Some(KeySelector::id(id.0.as_slice())),
            (Some(label), Some(id)) => Some(KeySelector::label_and_id(label, id.0.as_slice())),
        }
    }
}

/// A byte string given in hexadecimal.
#[derive(Clone)]
pub struct Bytes(pub Vec<u8>);

/// Parses hexadecimal of even length.
pub fn hexadecimal(text: &str) -> Result<Bytes, String> {
    let bytes = from_hex(text).map(Bytes);
    bytes.ok_or_else(|| "hexadecimal digits are needed, two for each byte".into())
}

/// Parses standard base64.
pub fn base64(text: &str) -> Result<Bytes, String> {
    let decoded = Base64::decode_vec(text).map(Bytes);
    decoded.map_err(|_| "standard base64 is needed".into())
}

/// Parses the name of a signature scheme.
pub fn scheme_parser() -> impl TypedValueParser<Value = &'static Scheme> {
    PossibleValuesParser::new(SCHEMES.iter().map(|scheme| scheme.name))
        .try_map(|name| Scheme::by_name(&name).ok_or("there is no such scheme"))
}

/// The schemes that were named; where none was, the four of Wire's server.
pub fn or_those_of_wire(named: &[&'static Scheme]) -> Vec<&'static Scheme> {
    match named {
        [] => Scheme::all_of_wire().collect(),
        some => some.to_vec(),
    }
}

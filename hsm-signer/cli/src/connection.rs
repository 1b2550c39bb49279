//! Arguments that say which module, token and key are meant, and where the PIN is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use mls_hsm_signer::encoding::{from_base64, from_hex};
use mls_hsm_signer::isolation::{IsolatedToken, ModuleSetup, Worker};
use mls_hsm_signer::token::{KeyRules, KeyUse};
use mls_hsm_signer::{
    Error, KeySelector, Module, Pin, Pkcs11Token, SCHEMES, Scheme, Token, TokenSelector,
};

use crate::failure::Failure;
use crate::output::Output;

/// The name of the argument that loads the module into the process of the command.
pub const IN_PROCESS: &str = "in_process";

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
    pub fn load(&self, output: &Output) -> Result<Module, Error> {
        output.loading(&self.module);
        Module::load_with(&self.module, self.module_parameters.as_deref())
    }
}

/// A token and the login to it.
#[derive(Args)]
pub struct TokenArguments {
    #[command(flatten)]
    pub module: ModuleArguments,
    #[command(flatten)]
    token: TokenChoice,
    #[command(flatten)]
    pub pin: PinArguments,
    /// Load the library into the process of this command, not into one of its own
    #[arg(long, id = IN_PROCESS)]
    in_process: bool,
    /// Use removal keys that may do this beside signing, as often as needed
    #[arg(long, value_name = "USE", value_parser = use_parser())]
    admit_use: Vec<KeyUse>,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct TokenChoice {
    /// The token with this label
    #[arg(long, value_name = "LABEL", allow_hyphen_values = true)]
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
pub struct PinArguments {
    /// A file with the user's PIN, closed to other users
    #[arg(long, value_name = "PATH")]
    pin_file: Option<PathBuf>,
    /// An environment variable with the user's PIN
    #[arg(long, value_name = "NAME")]
    pin_env: Option<String>,
}

impl TokenArguments {
    /// Logs in, in a process of its own unless the arguments say otherwise.
    pub fn open(&self, output: &Output) -> Result<Arc<dyn Token>, Error> {
        if self.in_process {
            return Ok(self.open_here(output)?.1);
        }
        let (pin, worker) = (self.pin.read()?, Worker::this_program()?);
        let mut setup = self.setup();
        if let Some(limit) = output.module_limit {
            (setup.start_limit, setup.patience) = (limit, limit);
            setup.login_limit = limit;
        }
        Ok(Arc::new(IsolatedToken::open(setup, worker, &pin)?))
    }

    /// The module, with its parameters, and the token.
    pub fn setup(&self) -> ModuleSetup {
        ModuleSetup {
            parameters: self.module.module_parameters.clone(),
            rules: self.rules(),
            ..ModuleSetup::new(&self.module.module, self.selector())
        }
    }

    /// Logs in, in this process, and gives the module too.
    pub fn open_here(&self, output: &Output) -> Result<(Module, Arc<dyn Token>), Error> {
        let pin = self.pin.read()?;
        let module = self.module.load(output)?;
        let token = Pkcs11Token::open(&module, &self.selector(), &pin)?;
        Ok((module, Arc::new(token.with_rules(self.rules()))))
    }

    /// What removal keys must be.
    pub fn rules(&self) -> KeyRules {
        KeyRules::admitting(self.admit_use.iter().copied())
    }

    /// The token that is meant; clap sees to it that one of the three is there.
    pub fn selector(&self) -> TokenSelector {
        let choice = &self.token;
        match (&choice.token_label, &choice.token_serial) {
            (Some(label), _) => TokenSelector::Label(label.clone()),
            (None, Some(serial)) => TokenSelector::Serial(serial.clone()),
            (None, None) => TokenSelector::Slot(choice.slot.unwrap_or_default()),
        }
    }
}

impl PinArguments {
    pub fn read(&self) -> Result<Pin, Error> {
        pin(self.pin_file.as_deref(), self.pin_env.as_deref())
    }
}

/// Reads a PIN from a file, else from an environment variable.
pub fn pin(file: Option<&Path>, variable: Option<&str>) -> Result<Pin, Error> {
    Ok(match file {
        Some(path) => Pin::from_file(path)?,
        None => Pin::from_environment(variable.unwrap_or_default())?,
    })
}

/// Keys that exist, by label or id.
#[derive(Args)]
pub struct KeyArguments {
    /// The key with this label
    #[arg(long, allow_hyphen_values = true)]
    label: Option<String>,
    /// The key with this id, in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = hexadecimal)]
    id: Option<Bytes>,
}

impl KeyArguments {
    /// The label by which a key is meant.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// The keys meant; none if the arguments name none.
    pub fn selector(&self) -> Option<KeySelector> {
        match (&self.label, &self.id) {
            (None, None) => None,
            (Some(label), None) => Some(KeySelector::label(label)),
            (None, Some(id)) => Some(KeySelector::id(id.clone())),
            (Some(label), Some(id)) => Some(KeySelector::label_and_id(label, id.clone())),
        }
    }
}

/// A byte string that is one argument: clap takes a `Vec` for several arguments.
pub type Bytes = Box<[u8]>;

/// Parses hexadecimal of even length.
pub fn hexadecimal(text: &str) -> Result<Bytes, String> {
    let bytes = from_hex(text).map(Bytes::from);
    bytes.ok_or_else(|| "hexadecimal digits are needed, two for each byte".into())
}

/// Parses standard base64.
pub fn base64(text: &str) -> Result<Bytes, String> {
    let bytes = from_base64(text).map(Bytes::from);
    bytes.ok_or_else(|| "standard base64 is needed".into())
}

/// Parses the name of a signature scheme.
pub fn scheme_parser() -> impl TypedValueParser<Value = &'static Scheme> {
    PossibleValuesParser::new(SCHEMES.iter().map(|scheme| scheme.name))
        .try_map(|name| Scheme::by_name(&name).ok_or("there is no such scheme"))
}

/// Parses the name of a use that is admitted.
fn use_parser() -> impl TypedValueParser<Value = KeyUse> {
    PossibleValuesParser::new(KeyUse::ALL.map(KeyUse::name))
        .try_map(|name| KeyUse::by_name(&name).ok_or("there is no such use"))
}

/// The schemes that were named, each once; where none was, the four of Wire's server.
pub fn or_those_of_wire(named: &[&'static Scheme]) -> Result<Vec<&'static Scheme>, Failure> {
    let is_again = |(place, scheme): &(usize, &&'static Scheme)| {
        let mut before = named.iter().take(*place);
        before.any(|other| other.name == scheme.name)
    };
    match named.iter().enumerate().find(is_again) {
        Some((_, scheme)) => {
            let name = scheme.name;
            Err(Failure::Usage(format!("--scheme {name} is given twice")))
        }
        None if named.is_empty() => Ok(Scheme::all_of_wire().collect()),
        None => Ok(named.to_vec()),
    }
}

//! The token, and the four removal keys generated in it.

use std::path::Path;
use std::sync::Arc;

use mls_hsm_signer::encoding::hex;
use mls_hsm_signer::token::{SOFTHSM_PATHS, initialise};
use mls_hsm_signer::{
    HsmSigner, KeySpec, Module, Pin, Pkcs11Token, Scheme, Token, TokenSelector, keys,
};
use openmls_hw_crypto::HwCrypto;
use openmls_traits::random::OpenMlsRand;

use crate::narration::Step;
use crate::state::State;
use crate::{Result, narration};

/// The token's label.
const LABEL: &str = "removal";

/// Makes the token and a key for each scheme of Wire's server.
pub fn make(state: &State) -> Result<Vec<HsmSigner>> {
    let token = make_token(state)?;
    narration::token(token.identity(), state.directory());
    narration::heading("The removal keys are generated in the token");
    let keys = Scheme::all_of_wire()
        .map(|scheme| generate(&token, scheme))
        .collect::<Result<_>>()?;
    narration::remark("each has made a signature that verifies under its public key");
    Ok(keys)
}

fn make_token(state: &State) -> Result<Arc<dyn Token>> {
    let module = Module::load(softhsm()?)?;
    let officer = Pin::from_file(&state.write_secret("so-pin", &random_pin()?)?)?;
    let user = Pin::from_file(&state.write_secret("pin", &random_pin()?)?)?;
    let identity = initialise(&module, LABEL, &officer, &user)?;
    let selector = TokenSelector::Serial(identity.serial);
    Ok(Arc::new(Pkcs11Token::open(&module, &selector, &user)?))
}

fn softhsm() -> Result<&'static Path> {
    let found = SOFTHSM_PATHS
        .iter()
        .map(Path::new)
        .find(|path| path.exists());
    found.ok_or_else(|| "SoftHSM is not installed; on Debian: apt-get install softhsm2".into())
}

fn random_pin() -> Result<String> {
    let bytes: [u8; 16] = HwCrypto::default().random_array()?;
    Ok(hex(&bytes))
}

fn generate(token: &Arc<dyn Token>, scheme: &'static Scheme) -> Result<HsmSigner> {
    let step = Step::begin();
    let spec = KeySpec::with_random_id(scheme, &scheme.default_label())?;
    let signer = keys::generate(token, &spec)?;
    let protection = signer.object().protection();
    step.end(
        scheme.title,
        &format!("{}  {protection}", short(signer.public_key())),
    );
    Ok(signer)
}

/// The beginning of a public key, to tell keys apart.
fn short(public_key: &[u8]) -> String {
    format!("{}…", hex(&public_key[..6]))
}

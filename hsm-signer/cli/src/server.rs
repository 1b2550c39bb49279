//! Arguments that say where a service is; `status`, which asks it how it is.

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use mls_hsm_signer::client::tls::TlsFiles;
use mls_hsm_signer::client::{ClientError, Endpoint, SignerClient};
use serde_json::json;

use super::Outcome;
use super::voice::{Failure, Voice};

/// Where a service is.
#[derive(Args, Clone)]
pub struct ServerArguments {
    /// The service: unix:PATH, https://HOST:PORT or, on this machine, http://ADDRESS:PORT
    #[arg(long, value_name = "PLACE")]
    pub server: Option<String>,
    /// For https: this caller's certificate, in PEM
    #[arg(long, value_name = "PATH", requires_all = ["server", "key", "roots"])]
    certificate: Option<PathBuf>,
    /// For https: the certificate's key, in PEM, closed to other users
    #[arg(long, value_name = "PATH", requires = "certificate")]
    key: Option<PathBuf>,
    /// For https: the roots by which the service's certificate is checked, in PEM
    #[arg(long, value_name = "PATH", requires = "certificate")]
    roots: Option<PathBuf>,
}

#[derive(Args)]
pub struct StatusArguments {
    #[command(flatten)]
    server: ServerArguments,
    /// Ask only whether the process serves, for a supervisor that would restart it
    #[arg(long)]
    alive: bool,
}

impl ServerArguments {
    /// A client of the service.
    pub fn client(&self) -> Result<SignerClient, Failure> {
        let place = self.server.as_deref();
        let place = place.ok_or_else(|| Failure::Message("--server is needed".into()))?;
        let files = match (&self.certificate, &self.key, &self.roots) {
            (Some(certificate), Some(key), Some(roots)) => Some(TlsFiles {
                certificate: certificate.clone(),
                key: key.clone(),
                roots: roots.clone(),
                revocation_lists: Vec::new(),
            }),
            _ => None,
        };
        let endpoint = Endpoint::parse(place, files).map_err(Failure::Client)?;
        SignerClient::new(endpoint).map_err(Failure::Client)
    }
}

/// Waits for an answer of the service.
pub fn wait<T>(answer: impl Future<Output = Result<T, ClientError>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Message(format!("no runtime: {error}")))?;
    runtime.block_on(answer).map_err(Failure::Client)
}

/// Asks the service whether it can sign and record.
pub fn status(arguments: &StatusArguments, voice: &Voice) -> Outcome {
    let client = arguments.server.client()?;
    if arguments.alive {
        wait(client.alive())?;
        voice.result(&json!({ "alive": true }), "alive")?;
    } else {
        let readiness = wait(client.ready())?;
        let text = format!("ready; FIPS 140-3: {:?}", readiness.fips.status);
        voice.result(&json!(readiness), &text)?;
    }
    Ok(ExitCode::SUCCESS)
}

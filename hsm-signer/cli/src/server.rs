//! Arguments that say where a service is.

use std::path::PathBuf;

use clap::Args;
use mls_hsm_signer::client::tls::TlsFiles;
use mls_hsm_signer::client::{Endpoint, Patience, SignerClient};

use crate::failure::Failure;

/// Where a service is.
#[derive(Args, Clone)]
pub struct ServerArguments {
    /// The service: unix:PATH, https://HOST:PORT or, on this machine, http://ADDRESS:PORT
    #[arg(long, value_name = "PLACE")]
    server: Option<String>,
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

impl ServerArguments {
    /// Whether a service is named.
    pub fn is_given(&self) -> bool {
        self.server.is_some()
    }

    /// A client of the service, which tries for a while.
    pub fn client(&self) -> Result<SignerClient, Failure> {
        self.client_with(Patience::default())
    }

    /// A client of the service with this patience.
    pub fn client_with(&self, patience: Patience) -> Result<SignerClient, Failure> {
        let place = self.server.as_deref();
        let place = place.ok_or_else(|| Failure::Usage("--server PLACE is needed".into()))?;
        let files = match (&self.certificate, &self.key, &self.roots) {
            (Some(certificate), Some(key), Some(roots)) => Some(TlsFiles {
                certificate: certificate.clone(),
                key: key.clone(),
                roots: roots.clone(),
                revocation_lists: Vec::new(),
            }),
            _ => None,
        };
        let endpoint = Endpoint::parse(place, files);
        let endpoint = endpoint.map_err(|error| Failure::Usage(format!("--server: {error}")))?;
        Ok(SignerClient::with_patience(endpoint, patience)?)
    }
}

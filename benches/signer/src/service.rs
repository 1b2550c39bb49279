//! The service in a process of its own, and the load on it: batches of removals over mutual TLS
//! and over its Unix socket. No removal is asked for twice.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64ct::{Base64, Encoding};
use clap::Args;
use mls_hsm_signer::Scheme;
use mls_hsm_signer::api::{RemovalItem, RemovalResult, RemovalsRequest};
use mls_hsm_signer::client::tls::TlsFiles;
use mls_hsm_signer::client::{Endpoint, SignerClient};
use tokio::runtime::{Builder, Runtime};

use crate::Failure;
use crate::contest::{Contender, Contest};
use crate::sandbox::{LABEL, PIN, Sandbox};
use crate::verification::{GROUP, LEAF, Signed};

#[derive(Args)]
pub struct Load {
    /// Removals in a request
    #[arg(long, default_value_t = 100)]
    pub batch: usize,
    /// Requests that are under way at a time
    #[arg(long, default_value_t = 6)]
    connections: usize,
    /// The program that serves, such as target/release/mls-hsm-signer [default: this one, with the
    /// same library]
    #[arg(long, value_name = "PATH")]
    signer: Option<PathBuf>,
}

/// The service and what its callers run on. The service ends when this is dropped.
struct Host {
    process: Child,
    runtime: Runtime,
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts the service, and calls it in both ways.
pub fn contenders(
    sandbox: &Sandbox,
    module: &Path,
    contest: &Contest,
    load: &Load,
) -> Result<[Contender; 2], Failure> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let directory = sandbox.new_directory(&format!("service-{port}"))?;
    write_files(&directory, port, module, contest.sessions)?;
    let program = load.signer.clone().map_or_else(std::env::current_exe, Ok)?;
    let mut command = Command::new(program);
    command
        .arg("serve")
        .arg("--config")
        .arg(directory.join("signer.toml"));
    let host = Arc::new(Host {
        process: command
            .env("RUST_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()?,
        runtime: Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?,
    });
    let unix = SignerClient::new(Endpoint::unix(directory.join("signer.sock")))?;
    let files = TlsFiles {
        certificate: directory.join("caller.pem"),
        key: directory.join("caller.key"),
        roots: directory.join("server.pem"),
        revocation_lists: Vec::new(),
    };
    let tls = SignerClient::new(Endpoint::tls("localhost", port, files))?;
    // The client asks again until the service is there.
    host.runtime.block_on(unix.keys(None))?;
    let contender = |(name, client)| {
        let (host, scheme, batch) = (Arc::clone(&host), contest.scheme, contest.batch);
        Contender {
            name,
            sessions: contest.sessions,
            batch,
            callers: load.connections,
            call: Box::new(move |_| host.runtime.block_on(propose(&client, scheme, batch))),
        }
    };
    Ok([("mutual-tls", tls), ("unix", unix)].map(contender))
}

/// Asks for removals, each of which must be signed.
async fn propose(
    client: &SignerClient,
    scheme: &Scheme,
    batch: usize,
) -> Result<Vec<Signed>, Failure> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let first = NEXT.fetch_add(batch as u64, Ordering::Relaxed);
    let epochs = first..first + batch as u64;
    let removal = |epoch| RemovalItem {
        group_id: Base64::encode_string(GROUP),
        epoch,
        leaf_index: LEAF,
        signature_scheme: Some(scheme.name.into()),
        ..RemovalItem::default()
    };
    let request = RemovalsRequest {
        removals: epochs.clone().map(removal).collect(),
        ..RemovalsRequest::default()
    };
    let response = client.propose_removals(request).await?;
    let signed = |(epoch, result)| match result {
        RemovalResult::Signed(proposal) => Ok(Signed::Proposal(epoch, proposal.message)),
        RemovalResult::Refused { problem } => Err(problem.title.into()),
    };
    epochs.zip(response.results).map(signed).collect()
}

/// Certificates that are their own roots, the PIN, and the service's configuration.
fn write_files(directory: &Path, port: u16, module: &Path, sessions: usize) -> Result<(), Failure> {
    // Files that other users could read are refused.
    let write = |name: &str, content: &str| {
        let mut options = OpenOptions::new();
        let options = options.write(true).create_new(true).mode(0o600);
        options
            .open(directory.join(name))?
            .write_all(content.as_bytes())
    };
    for (name, host) in [("server", "localhost"), ("caller", "caller")] {
        let made = rcgen::generate_simple_self_signed([host.into()])?;
        write(&format!("{name}.pem"), &made.cert.pem())?;
        write(&format!("{name}.key"), &made.signing_key.serialize_pem())?;
    }
    write("pin", PIN)?;
    let uid = fs::metadata(directory)?.uid();
    let directory = directory.display();
    let configuration = format!(
        r#"
[process]
allow_root = true
[listen.unix]
path = "{directory}/signer.sock"
[listen.tls]
address = "127.0.0.1:{port}"
certificate = "{directory}/server.pem"
key = "{directory}/server.key"
client_roots = "{directory}/caller.pem"
[store]
url = "sqlite:{directory}/store.db"
[[tenants]]
name = "bench"
[[tenants.tokens]]
name = "bench"
module = {module:?}
token_label = {LABEL:?}
pin_file = "{directory}/pin"
sessions = {sessions}
[[callers]]
name = "bench"
sans = ["dns:caller"]
unix_uids = [{uid}]
tenants = ["bench"]
may = ["propose-removals", "read-keys"]
"#
    );
    Ok(write("signer.toml", &configuration)?)
}

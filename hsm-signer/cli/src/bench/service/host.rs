//! The service under load: its files, and its process.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mls_hsm_signer::client::tls::TlsFiles;
use mls_hsm_signer::client::{Endpoint, Patience, SignerClient};

use super::super::sandbox::Sandbox;
use crate::server::wait;
use crate::voice::Failure;

/// How long the service may take to be ready.
const LIMIT: Duration = Duration::from_secs(60);

/// The callers: one sends batches, the other single removals.
const CALLERS: [&str; 2] = ["batches", "singles"];

/// A service that ends when this is dropped.
pub struct Host {
    child: Child,
    directory: PathBuf,
    port: u16,
}

impl Host {
    /// Starts the service on a module, in a directory that is gone with the sandbox.
    pub fn start(sandbox: &Sandbox, module: &Path, sessions: usize) -> Result<Self, Failure> {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(unusable)?
            .port();
        let directory = sandbox.path(&format!("service-{port}"));
        std::fs::create_dir(&directory).map_err(unusable)?;
        for name in ["server", CALLERS[0], CALLERS[1]] {
            certificate(&directory, name)?;
        }
        let roots =
            CALLERS.map(|name| std::fs::read_to_string(directory.join(format!("{name}.pem"))));
        let roots: Result<String, _> = roots.into_iter().collect();
        std::fs::write(directory.join("callers.pem"), roots.map_err(unusable)?)
            .map_err(unusable)?;
        let text = configuration(sandbox, &directory, module, sessions, port);
        let path = sandbox
            .write_secret(&directory.join("signer.toml"), &text)
            .map_err(unusable)?;
        let mut command = sandbox.command()?;
        command
            .args(["serve", "--config"])
            .arg(path)
            .env("RUST_LOG", "warn");
        let child = command.stdout(Stdio::null()).spawn().map_err(unusable)?;
        let mut host = Self {
            child,
            directory,
            port,
        };
        host.wait_until_ready()?;
        Ok(host)
    }

    fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let began = Instant::now();
        loop {
            let client = self.unix()?;
            if wait(client.ready()).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(Failure::Message(format!("the service ended: {status}")));
            }
            if began.elapsed() > LIMIT {
                return Err(Failure::Message("the service is not ready".into()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A client over the Unix socket.
    pub fn unix(&self) -> Result<SignerClient, Failure> {
        client(Endpoint::unix(self.directory.join("signer.sock")))
    }

    /// A client over mutual TLS: the one that sends batches, or the other.
    pub fn tls(&self, caller: usize) -> Result<SignerClient, Failure> {
        let name = CALLERS[caller];
        let file = |name: &str| self.directory.join(name);
        let files = TlsFiles {
            certificate: file(&format!("{name}.pem")),
            key: file(&format!("{name}.key")),
            roots: file("server.pem"),
            revocation_lists: Vec::new(),
        };
        client(Endpoint::tls("localhost", self.port, files))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client(endpoint: Endpoint) -> Result<SignerClient, Failure> {
    let patience = Patience {
        attempt: LIMIT,
        total: LIMIT,
        ..Patience::default()
    };
    SignerClient::with_patience(endpoint, patience).map_err(Failure::Client)
}

/// A certificate of its own, which is its own root.
fn certificate(directory: &Path, name: &str) -> Result<(), Failure> {
    let host = if name == "server" { "localhost" } else { name };
    let output = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args(["-days", "2", "-subj", &format!("/CN={name}")])
        .args(["-addext", &format!("subjectAltName=DNS:{host}")])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(directory.join(format!("{name}.key")))
        .arg("-out")
        .arg(directory.join(format!("{name}.pem")))
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(Failure::Message(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )),
        Err(error) => Err(Failure::Message(format!("openssl is needed: {error}"))),
    }
}

fn configuration(
    sandbox: &Sandbox,
    directory: &Path,
    module: &Path,
    sessions: usize,
    port: u16,
) -> String {
    let place = |name: &str| directory.join(name).display().to_string();
    let uid = rustix::process::geteuid().as_raw();
    let (label, pin) = (sandbox.label(), sandbox.pin_file());
    let callers: String = CALLERS
        .iter()
        .map(|name| {
            let uids = if *name == "singles" {
                uid.to_string()
            } else {
                String::new()
            };
            format!(
                "[[callers]]\nname = {name:?}\nsans = [\"dns:{name}\"]\nunix_uids = [{uids}]\n\
                 tenants = [\"bench\"]\nmay = [\"propose-removals\", \"read-keys\"]\n"
            )
        })
        .collect();
    format!(
        "[process]\nallow_root = true\n[listen.unix]\npath = {:?}\n[listen.tls]\naddress = \
         \"127.0.0.1:{port}\"\ncertificate = {:?}\nkey = {:?}\nclient_roots = {:?}\n[limits]\n\
         request_ms = 60000\n[store]\nurl = \"sqlite:{}\"\n[[tenants]]\nname = \"bench\"\n\
         [[tenants.tokens]]\nname = \"bench\"\nmodule = {module:?}\ntoken_label = {label:?}\npin_file \
         = {pin:?}\nsessions = {sessions}\n{callers}",
        place("signer.sock"),
        place("server.pem"),
        place("server.key"),
        place("callers.pem"),
        place("store.db"),
    )
}

fn unusable(error: std::io::Error) -> Failure {
    Failure::Message(format!("the service under load cannot be set up: {error}"))
}

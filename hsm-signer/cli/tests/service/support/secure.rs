//! A service over mutual TLS, before and while it runs.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_hsm_signer::client::tls::{self, TlsFiles};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use super::http::Wire;
use super::http2::Heedless;
use super::{Authority, Leaf, PATIENCE, Setup};

/// How long a connection is read from in vain.
const SILENCE: Duration = Duration::from_secs(20);

/// A connection over mutual TLS.
pub type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// What the service is set up with: files that a test replaces.
pub struct Secured {
    pub setup: Setup,
    pub port: u16,
    pub callers: Authority,
    pub roots: PathBuf,
    pub servers: Authority,
    /// By which its clients check the service's certificate, which has the serial number 1.
    pub client_lists: Vec<PathBuf>,
    server_roots: PathBuf,
    own: Leaf,
    lists: Vec<PathBuf>,
}

impl Secured {
    /// With one root for callers and its list of revocations, which is empty.
    pub fn new() -> Self {
        let setup = Setup::new();
        let (servers, callers) = (Authority::new("servers"), Authority::new("callers"));
        let list = callers.list(&[], 2096).pem().unwrap();
        Self {
            port: free_port(),
            roots: callers.write(&setup.sandbox, "callers.pem"),
            server_roots: servers.write(&setup.sandbox, "servers.pem"),
            own: servers.issue(&setup.sandbox, "server", &["dns:localhost"]),
            lists: vec![setup.sandbox.write("callers.crl", &list, 0o600)],
            client_lists: Vec::new(),
            servers,
            callers,
            setup,
        }
    }

    /// Writes the listener into the configuration, with these lists of revocations, and this
    /// user as a caller.
    pub fn listen(&mut self, lists: &[PathBuf]) {
        let (own, roots) = (&self.own, &self.roots);
        let lines = format!(
            "address = \"127.0.0.1:{}\"\ncertificate = {:?}\nkey = {:?}\nclient_roots = \
             {roots:?}\nrevocation_lists = {lists:?}",
            self.port, own.certificate, own.key,
        );
        self.setup.listen("tls", &lines);
        let everything = self.setup.everything();
        self.setup.caller(&everything);
    }

    /// The same with the lists that [`new`](Self::new) made.
    pub fn listen_as_usual(&mut self) {
        let lists = self.lists.clone();
        self.listen(&lists);
    }

    /// Adds a caller that may do everything with the first tenant.
    pub fn caller(&mut self, name: &str, san: &str, more: &str) {
        self.setup.caller(&format!(
            "name = {name:?}\nsans = [{san:?}]\ntenants = [\"example.com\"]\nmay = \
             [\"propose-removals\", \"read-keys\"]\n{more}"
        ));
    }

    /// Replaces the list of what the callers' root has revoked.
    pub fn revoke(&self, serials: &[u64]) {
        self.revoke_until(serials, 2096);
    }

    /// The same with a list that is good until that year.
    pub fn revoke_until(&self, serials: &[u64], year: i32) {
        let list = self.callers.list(serials, year).pem().unwrap();
        replace(&self.lists[0], list.as_bytes());
    }

    /// A connection with this certificate, by HTTP/1.1 or HTTP/2.
    fn stream(&self, leaf: &Leaf, protocol: &[u8]) -> TlsStream {
        let mut config = tls::client(&TlsFiles {
            certificate: leaf.certificate.clone(),
            key: leaf.key.clone(),
            roots: self.server_roots.clone(),
            revocation_lists: self.client_lists.clone(),
        })
        .unwrap();
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(SILENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        StreamOwned::new(connection, stream)
    }

    /// One connection by HTTP/1.1.
    pub fn wire(&self, leaf: &Leaf) -> Wire<TlsStream> {
        Wire(self.stream(leaf, b"http/1.1"))
    }

    /// One connection by HTTP/2 whose client heeds nothing.
    pub fn heedless(&self, leaf: &Leaf) -> Heedless<TlsStream> {
        Heedless::new(self.stream(leaf, b"h2")).unwrap()
    }

    /// Why the service does not start.
    pub fn refusal(&self) -> String {
        refusal(&self.setup)
    }
}

/// Why the service does not start.
pub fn refusal(setup: &Setup) -> String {
    let output = not_started(setup);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// What a service says that does not start.
pub fn not_started(setup: &Setup) -> Output {
    let mut command = setup.command();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let until = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the service started");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().unwrap()
}

/// Replaces a file at once.
fn replace(path: &std::path::Path, content: &[u8]) {
    let draft = path.with_extension("draft");
    std::fs::write(&draft, content).unwrap();
    std::fs::rename(&draft, path).unwrap();
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

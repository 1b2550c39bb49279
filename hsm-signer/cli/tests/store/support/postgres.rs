//! A PostgreSQL server for tests: a cluster of its own in a temporary directory, reached over a
//! Unix socket only, and gone with the test, however the test ends.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use mls_hsm_signer::audit::store::StoreConfig;
use tempfile::TempDir;

const PASSWORD: &str = "correct horse";

/// The server's certificate and key, where it has TLS.
const TLS_FILES: [&str; 2] = ["tls.crt", "tls.key"];

/// A running server.
pub struct Cluster {
    directory: TempDir,
    port: u16,
    server: Mutex<Child>,
    databases: AtomicU32,
}

/// A database on it.
pub struct Database {
    cluster: Arc<Cluster>,
    name: String,
}

impl Database {
    /// How a store reaches it, the password in a file.
    pub fn config(&self) -> StoreConfig {
        let socket = self.cluster.path().display().to_string();
        let host = socket.replace('/', "%2F");
        let mut config = StoreConfig::new(format!("postgres://signer@{host}/{}", self.name));
        config.password_file = Some(self.cluster.password_file());
        config
    }

    /// How a store reaches it as `host`, with these parameters.
    pub fn config_at(&self, host: &str, parameters: &str) -> StoreConfig {
        let (port, name) = (self.cluster.port, &self.name);
        let url = format!("postgres://signer@{host}:{port}/{name}?{parameters}");
        StoreConfig {
            url,
            ..self.config()
        }
    }

    /// Runs SQL by psql.
    pub fn sql(&self, sql: &str) -> String {
        self.cluster.sql(&self.name, sql)
    }
}

impl Cluster {
    /// The server that the tests of this process share while any of them runs.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        let mut shared = locked(&SHARED);
        shared.upgrade().unwrap_or_else(|| {
            let cluster = Self::start();
            *shared = Arc::downgrade(&cluster);
            cluster
        })
    }

    /// A server of its own.
    pub fn start() -> Arc<Self> {
        Self::start_with(5432, None)
    }

    /// One that listens on a loopback address too, with this certificate and its key, in PEM.
    pub fn start_with_tls(certificate: &str, key: &str) -> Arc<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        Self::start_with(port, Some([certificate, key]))
    }

    fn start_with(port: u16, tls: Option<[&str; 2]>) -> Arc<Self> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        std::fs::write(path.join("password"), PASSWORD).unwrap();
        private(&path.join("password"));
        std::fs::create_dir(path.join("data")).unwrap();
        for (name, pem) in TLS_FILES.iter().zip(tls.into_iter().flatten()) {
            std::fs::write(path.join(name), pem).unwrap();
            private(&path.join(name));
        }
        give_away(path);
        let mut initdb = as_server("initdb");
        initdb.arg("--pgdata").arg(path.join("data"));
        initdb.args(["--username=signer", "--auth=scram-sha-256", "--no-sync"]);
        initdb.arg("--pwfile").arg(path.join("password"));
        succeeded(&mut initdb);
        let server = launched(path, port);
        let cluster = Arc::new(Self {
            port,
            server: Mutex::new(server),
            directory,
            databases: AtomicU32::new(0),
        });
        cluster.wait();
        cluster
    }

    /// A new database.
    pub fn database(self: &Arc<Self>) -> Database {
        let number = self.databases.fetch_add(1, Ordering::SeqCst);
        let name = format!("audit{number}");
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        Database {
            cluster: Arc::clone(self),
            name,
        }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn password_file(&self) -> PathBuf {
        self.path().join("password")
    }

    fn sql(&self, database: &str, sql: &str) -> String {
        let output = self.psql(database, sql).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn psql(&self, database: &str, sql: &str) -> Command {
        let mut psql = Command::new(program("psql"));
        psql.arg("--host").arg(self.path());
        psql.arg(format!("--port={}", self.port));
        psql.args([
            "--username=signer",
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
        ]);
        psql.args(["--dbname", database, "--command", sql]);
        psql.env("PGPASSWORD", PASSWORD);
        psql
    }

    fn wait(&self) {
        let begun = Instant::now();
        while !self
            .psql("postgres", "SELECT 1")
            .output()
            .unwrap()
            .status
            .success()
        {
            let waited = begun.elapsed() < Duration::from_secs(60);
            assert!(waited, "PostgreSQL does not answer: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path().join("log")).unwrap_or_default()
    }

    /// Kills the server with SIGKILL.
    pub fn kill(&self) {
        self.signal("KILL");
        // The shell above it ends with it.
        let _ = locked(&self.server).wait();
    }

    /// Starts it again after a kill; returns when it answers.
    pub fn restart(&self) {
        let begun = Instant::now();
        let mut server = locked(&self.server);
        loop {
            *server = launched(self.path(), self.port);
            // The old one's children may still be there, and then the new one gives up.
            while server.try_wait().unwrap().is_none() {
                if self.answers() {
                    return;
                }
                let waited = begun.elapsed() < Duration::from_secs(60);
                assert!(waited, "PostgreSQL does not start again: {}", self.log());
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }

    fn answers(&self) -> bool {
        let asked = self.psql("postgres", "SELECT 1").output();
        asked.unwrap().status.success()
    }

    /// Kills the server and copies what it has on the disk, as a standby has it that lags behind.
    pub fn keep_copy(&self) {
        self.kill();
        self.copy("data", "standby");
        self.restart();
    }

    /// Kills the server and goes on with the copy.
    pub fn fail_over(&self) {
        self.kill();
        std::fs::remove_dir_all(self.path().join("data")).unwrap();
        self.copy("standby", "data");
        self.restart();
    }

    fn copy(&self, from: &str, to: &str) {
        let mut copy = Command::new("cp");
        copy.arg("-a").arg(self.path().join(from));
        succeeded(copy.arg(self.path().join(to)));
        // What the killed server left, by which another would believe that it runs.
        let _ = std::fs::remove_file(self.path().join(to).join("postmaster.pid"));
    }

    /// A pooler before the server, in transaction mode.
    pub fn pooler(self: &Arc<Self>) -> Pooler {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let server = self.path().display();
        let configuration = format!(
            "[databases]\n* = host={server} port=5432 user=signer password='{PASSWORD}'\n\
             [pgbouncer]\nlisten_port = 6432\nunix_socket_dir = {}\nauth_type = any\n\
             pool_mode = transaction\nignore_startup_parameters = extra_float_digits,options\n",
            path.display()
        );
        std::fs::write(path.join("pgbouncer.ini"), configuration).unwrap();
        give_away(path);
        let mut command = as_server("pgbouncer");
        command.arg("--quiet").arg(path.join("pgbouncer.ini"));
        let child = command.spawn().unwrap();
        let begun = Instant::now();
        // Its socket is there a moment before it listens.
        while UnixStream::connect(path.join(".s.PGSQL.6432")).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no pooler");
            std::thread::sleep(Duration::from_millis(20));
        }
        Pooler { child, directory }
    }

    /// Sends the server's first process a signal.
    fn signal(&self, signal: &str) {
        let file = std::fs::read_to_string(self.path().join("data/postmaster.pid")).unwrap();
        let process = file.lines().next().unwrap().trim().to_owned();
        succeeded(Command::new("kill").args(["-s", signal, &process]));
    }
}

/// PgBouncer.
pub struct Pooler {
    child: Child,
    directory: TempDir,
}

impl Pooler {
    /// How a store reaches this database through the pooler.
    pub fn config(&self, database: &Database) -> StoreConfig {
        let host = self.directory.path().display().to_string();
        let host = host.replace('/', "%2F");
        StoreConfig::new(format!("postgres://signer@{host}:6432/{}", database.name))
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let server = self
            .server
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        drop(server.stdin.take());
        let _ = server.wait();
    }
}

/// Starts the server below a shell that ends it when this process closes the shell's standard
/// input, which it does even when it is killed.
fn launched(path: &Path, port: u16) -> Child {
    let script = r#"log=$1; shift; exec 3<&0
        "$@" >>"$log" 2>&1 </dev/null 3<&- & server=$!
        { read -r _ <&3; kill -s QUIT $server; } 2>/dev/null &
        wait $server"#;
    let postgres = as_server("postgres");
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).arg(path.join("log"));
    command
        .arg(postgres.get_program())
        .args(postgres.get_args());
    command.arg("-D").arg(path.join("data")).arg("-k").arg(path);
    command.args(["-c", "max_connections=40", "-c", &format!("port={port}")]);
    let [certificate, key] = TLS_FILES.map(|name| path.join(name));
    if certificate.exists() {
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "ssl=on", "-c"]);
        command.arg(format!("ssl_cert_file={}", certificate.display()));
        command
            .arg("-c")
            .arg(format!("ssl_key_file={}", key.display()));
    } else {
        command.args(["-c", "listen_addresses="]);
    }
    command.stdin(Stdio::piped()).spawn().unwrap()
}

/// PostgreSQL refuses to run as root.
fn as_server(name: &str) -> Command {
    if !root() {
        return Command::new(program(name));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    command.arg(program(name));
    command
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn root() -> bool {
    rustix::process::geteuid().is_root()
}

fn give_away(path: &Path) {
    if root() {
        succeeded(Command::new("chown").args(["-R", "postgres"]).arg(path));
    }
}

fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Debian keeps the server's programs outside of the path. Without them the test fails.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let mut found: Vec<PathBuf> = versions
        .filter_map(|version| Some(version.ok()?.path().join("bin").join(name)))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let elsewhere = folders.map(|folder| folder.join(name));
    let found = found
        .pop()
        .or_else(|| elsewhere.into_iter().find(|path| path.is_file()));
    found
        .unwrap_or_else(|| panic!("{name} is not installed (apt-get install postgresql pgbouncer)"))
}

fn succeeded(command: &mut Command) {
    let output = command.output();
    let output = output.unwrap_or_else(|error| {
        panic!("{command:?}: {error} (apt-get install postgresql procps util-linux)")
    });
    assert!(output.status.success(), "{command:?}: {output:?}");
}

//! The command line and the service over a module, as an operator and a delivery service use
//! them, with keys of every scheme.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding};
use mls_hsm_signer::api::{
    REMOVALS_PATH, RemovalItem, RemovalResult, RemovalsRequest, RemovalsResponse,
};
use mls_hsm_signer::encoding::{base64, from_base64};
use mls_hsm_signer::{SCHEMES, Scheme};
use openmls_hw_crypto::{OpenMlsHwCrypto, SUITES};
use serde_json::{Value, json};

use crate::group::Group;
use crate::http::{Reply, Wire};
use crate::modules::{Case, OFFICER_PIN, PIN};

/// Enough for a service to start on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// More signatures of ML-DSA-87 than a frame between the two processes takes.
const MANY: u32 = 100;

/// Runs every check, and says so at the end.
pub fn run(case: &Case) {
    let desk = Desk::new(&case.module);
    desk.make_keys();
    desk.public_keys();
    desk.generations();
    println!("  the command line: every key made, examined, listed, shown, rotated, retired");
    let service = desk.serve();
    let keys = service.keys();
    service.is_wires_answer(&keys);
    let removed = service.removes_from_groups(&keys);
    println!("  the service: removals from groups of {removed} suites");
    service.many_at_once();
    drop(service);
    desk.audit(removed + MANY as usize);
    println!("  every check was made");
}

/// The command line, and the files that it uses.
struct Desk {
    directory: tempfile::TempDir,
    module: PathBuf,
}

impl Desk {
    fn new(module: &Path) -> Self {
        let desk = Self {
            directory: tempfile::tempdir().unwrap(),
            module: module.into(),
        };
        desk.write("pin", PIN);
        desk.write("so-pin", OFFICER_PIN);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn program() -> Command {
        Command::new(env!("CARGO_BIN_EXE_mls-hsm-signer"))
    }

    fn token(&self, arguments: &[&str]) -> Command {
        let mut command = Self::program();
        command.args(arguments).arg("--module").arg(&self.module);
        command.args(["--token-label", "served"]);
        command.arg("--pin-file").arg(self.path("pin"));
        command
    }

    fn say(&self, arguments: &[&str]) -> String {
        said(&mut self.token(arguments))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        serde_json::from_str(&self.say(&arguments)).unwrap()
    }

    /// Four keys without being told of which schemes, and then the others.
    fn make_keys(&self) {
        let mut init = Self::program();
        init.args(["token", "init", "--label", "served", "--module"]);
        init.arg(&self.module);
        init.arg("--so-pin-file").arg(self.path("so-pin"));
        init.arg("--pin-file").arg(self.path("pin"));
        said(&mut init);
        assert_eq!(
            self.json(&["keys", "generate"]).as_array().unwrap().len(),
            4
        );
        for scheme in SCHEMES.iter().filter(|scheme| !scheme.of_wire) {
            self.json(&["keys", "generate", "--scheme", scheme.name]);
        }
        let report = self.json(&["doctor"]);
        let checks = report["checks"].as_array().unwrap();
        let signs = |check: &&Value| {
            let name = check["name"].as_str().unwrap();
            name.starts_with("signature of") && check["verdict"] == "good"
        };
        assert_eq!(checks.iter().filter(signs).count(), SCHEMES.len());
        let listed = self.json(&["keys", "list"]);
        let usable = |key: &&Value| key["protection"] == "made-in-token";
        let listed = listed.as_array().unwrap();
        assert_eq!(listed.iter().filter(usable).count(), SCHEMES.len());
    }

    /// Wire's four, or those that are named, in each format.
    fn public_keys(&self) {
        let wire: Value = serde_json::from_str(&self.say(&["keys", "public"])).unwrap();
        assert_eq!(wire["removal"].as_object().unwrap().len(), 4);
        for scheme in SCHEMES {
            let named = ["keys", "public", "--scheme", scheme.name];
            let pem = self.say(&[&named[..], &["--format", "pem"]].concat());
            assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{pem}");
            let jwk = self.say(&[&named[..], &["--format", "jwk"]].concat());
            let jwk: Value = serde_json::from_str(&jwk).unwrap();
            let kty = &jwk["removal"][scheme.name]["kty"];
            let expected = match scheme.name {
                "ed25519" | "ed448" => "OKP",
                name if name.starts_with("mldsa") => "AKP",
                _ => "EC",
            };
            assert_eq!(kty, expected, "{jwk}");
        }
    }

    /// The next generation of each scheme; the first is retired and destroyed.
    fn generations(&self) {
        for scheme in SCHEMES {
            let first = self.json(&["keys", "list", "--label", &scheme.default_label()]);
            let key = first[0]["public_key"].as_str().unwrap();
            self.json(&["keys", "rotate", "--scheme", scheme.name]);
            self.json(&["keys", "retire", "--public-key", key]);
            self.json(&["keys", "destroy", "--public-key", key]);
        }
        let left = self.json(&["keys", "list"]);
        assert_eq!(left.as_array().unwrap().len(), SCHEMES.len());
    }

    fn serve(&self) -> Service {
        let (socket, pin) = (self.path("socket"), self.path("pin"));
        let uid = rustix::process::geteuid().as_raw();
        let (store, module) = (self.store(), &self.module);
        let configuration = format!(
            "[process]\nallow_root = true\n[store]\nurl = {store:?}\n[listen.unix]\npath = \
             {socket:?}\n[[tenants]]\nname = \"example.com\"\n[[tenants.tokens]]\nname = \"hsm\"\n\
             module = {module:?}\ntoken_label = \"served\"\npin_file = {pin:?}\nsessions = 4\n\
             [[callers]]\nname = \"tester\"\nunix_uids = [{uid}]\ntenants = [\"example.com\"]\n\
             may = [\"propose-removals\", \"read-keys\"]\n"
        );
        let mut command = Self::program();
        command.args(["serve", "--config"]);
        command.arg(self.write("signer.toml", &configuration));
        let child = command.stderr(Stdio::inherit()).spawn().unwrap();
        let mut service = Service { child, socket };
        service.wait_until_ready();
        service
    }

    fn store(&self) -> String {
        format!("sqlite:{}", self.path("audit.db").display())
    }

    /// The log has a sound record of each signature.
    fn audit(&self, records: usize) {
        let mut command = Self::program();
        command.args(["audit", "verify", "--json", "--store", &self.store()]);
        let report: Value = serde_json::from_str(&said(&mut command)).unwrap();
        assert_eq!(report["chains"][0]["records"], records, "{report}");
    }
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The running service, until it is dropped.
struct Service {
    child: Child,
    socket: PathBuf,
}

impl Service {
    fn wait_until_ready(&mut self) {
        let until = Instant::now() + PATIENCE;
        loop {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the service ended: {ended:?}");
            let ready = Wire::unix(&self.socket).map(|wire| wire.get("/readyz"));
            if matches!(ready, Ok(Reply { status: 200, .. })) {
                return;
            }
            assert!(Instant::now() < until, "not ready within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn get(&self, path: &str) -> Value {
        let reply = Wire::unix(&self.socket).unwrap().get(path);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    fn propose(&self, removals: Vec<RemovalItem>) -> Vec<RemovalResult> {
        let request = RemovalsRequest {
            removals,
            ..RemovalsRequest::default()
        };
        let body = serde_json::to_vec(&request).unwrap();
        let reply = Wire::unix(&self.socket).unwrap().post(REMOVALS_PATH, &body);
        assert_eq!(reply.status, 200, "{reply:?}");
        let response: RemovalsResponse = serde_json::from_slice(&reply.body).unwrap();
        response.results
    }

    /// The current key of each scheme, in the order of SCHEMES.
    fn keys(&self) -> Vec<Vec<u8>> {
        let listed = self.get("/v1/keys");
        let listed = listed["keys"].as_array().unwrap();
        let of_scheme = |scheme: &Scheme| {
            let mut keys = listed.iter();
            let key = keys.find(|key| key["signature_scheme"] == scheme.name);
            let key = from_base64(key.unwrap()["public_key"].as_str().unwrap()).unwrap();
            assert_eq!(key.len(), scheme.public_key_length, "{}", scheme.name);
            key
        };
        SCHEMES.iter().map(of_scheme).collect()
    }

    /// Whatever keys there are, Wire's four and nothing else; all of them where that is asked.
    fn is_wires_answer(&self, keys: &[Vec<u8>]) {
        let raw = |wanted: fn(&Scheme) -> bool| {
            let rows = SCHEMES.iter().zip(keys);
            let rows = rows.filter(|(scheme, _)| wanted(scheme));
            let rows = rows.map(|(s, key)| (s.name.to_owned(), Base64::encode_string(key).into()));
            json!({ "removal": rows.collect::<serde_json::Map<_, Value>>() })
        };
        assert_eq!(self.get("/mls/public-keys"), raw(|scheme| scheme.of_wire));
        assert_eq!(self.get("/mls/public-keys?schemes=all"), raw(|_| true));
        let jwk = self.get("/mls/public-keys?schemes=all&format=jwk");
        assert_eq!(jwk["removal"].as_object().unwrap().len(), SCHEMES.len());
        for scheme in SCHEMES.iter().filter(|scheme| !scheme.of_wire) {
            let jwk = &jwk["removal"][scheme.name];
            let curve = jwk == &json!({"kty": "OKP", "crv": scheme.title, "x": jwk["x"]});
            let lattice = jwk == &json!({"kty": "AKP", "alg": scheme.title, "pub": jwk["pub"]});
            assert!(curve || lattice, "{jwk}");
        }
    }

    /// One removal from a group of each suite, in one batch, half of them by the key that the
    /// group names; then the same batch, which is answered with the same bytes.
    fn removes_from_groups(&self, keys: &[Vec<u8>]) -> usize {
        let suites = SUITES.iter().map(|suite| suite.ciphersuite);
        let mut groups: Vec<Group<OpenMlsHwCrypto>> =
            suites.map(|suite| Group::new(suite, keys)).collect();
        let wanted = |(number, group): (usize, &Group<_>)| {
            let (id, epoch, leaf_index) = group.position();
            let mut rows = SCHEMES.iter();
            let place = rows.position(|scheme| scheme.name == group.scheme().name);
            let place = place.unwrap();
            RemovalItem {
                group_id: base64(&id),
                epoch,
                leaf_index,
                sender_index: place as u32,
                ciphersuite: Some(SUITES[number].ciphersuite.into()),
                sender_public_key: (number % 2 == 0).then(|| base64(&keys[place])),
                ..RemovalItem::default()
            }
        };
        let batch: Vec<_> = groups.iter().enumerate().map(wanted).collect();
        let results = self.propose(batch.clone());
        for (group, result) in groups.iter_mut().zip(&results) {
            let RemovalResult::Signed(signed) = result else {
                panic!("{result:?}");
            };
            assert_eq!(signed.signature_scheme, group.scheme().name);
            let message = from_base64(&signed.message).unwrap();
            group.accept(&message, &from_base64(&signed.proposal_ref).unwrap());
        }
        assert_eq!(self.propose(batch), results);
        results.len()
    }

    /// A batch of the scheme with the longest signatures.
    fn many_at_once(&self) {
        let scheme = SCHEMES.iter().max_by_key(|scheme| scheme.signature_length);
        let scheme = scheme.unwrap();
        let item = |leaf_index| RemovalItem {
            group_id: base64(b"many at once"),
            epoch: 7,
            leaf_index,
            signature_scheme: Some(scheme.name.into()),
            ..RemovalItem::default()
        };
        let results = self.propose((0..MANY).map(item).collect());
        let signed = |result: &&RemovalResult| matches!(result, RemovalResult::Signed(_));
        assert_eq!(results.iter().filter(signed).count(), MANY as usize);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

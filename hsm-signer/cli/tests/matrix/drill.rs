//! What an operator does with a module, from `token init` to an outage of its daemon: what of it
//! the module can do, and what it says where it cannot.

use std::collections::BTreeMap;
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use mls_hsm_signer::Scheme;
use mls_hsm_signer::api::{RemovalItem, RemovalResult};
use mls_hsm_signer::encoding::{base64, from_base64};
use serde_json::Value;

use crate::checks;
use crate::daemon::{self, Daemon};
use crate::desk::{Desk, PATIENCE, Service};
use crate::judge::removal_verified;
use crate::modules::{Case, PIN, Setup};
use crate::results::{Outcome, Results};

const CALLERS: u32 = 4;

/// How long the daemon is away.
const OUTAGE: Duration = Duration::from_secs(1);

/// Does everything, and has the results compared with those that are published.
pub fn run(case: &Case) {
    if case.setup == Setup::SetPin {
        checks::set_first_pin(case);
    }
    let mut drill = Drill {
        daemon: Daemon::of(case),
        desk: Desk::new(case, case.label()),
        results: Results::default(),
    };
    drill.token(case);
    for scheme in Scheme::all_of_wire() {
        drill.key(scheme);
    }
    drill.doctor();
    drill.service(case.sessions);
    if case.wrong_pins {
        drill.wrong_pins();
    }
    drop(drill.daemon);
    drill.results.are_published(&case.name);
    println!("  every check was made");
}

struct Drill {
    daemon: Option<Daemon>,
    desk: Desk,
    results: Results,
}

impl Drill {
    /// `token init`, and `keys list` of what is there.
    fn token(&mut self, case: &Case) {
        let made = outcome(self.desk.init());
        self.results.add("token init", made);
        if let Some(after) = &case.after_init {
            assert!(daemon::shell(after).status().unwrap().success(), "{after}");
        }
        let listed = outcome(self.desk.run(&["keys", "list"]));
        assert_eq!(listed, Outcome::Done, "keys list");
    }

    /// All that is done with a key of one scheme; the last one made is left for the service.
    fn key(&mut self, scheme: &'static Scheme) {
        let generated = outcome(
            self.desk
                .run(&["keys", "generate", "--scheme", scheme.name]),
        );
        let imported = self.import(scheme);
        self.results.of_scheme("keys import", scheme, imported);
        let has = generated == Outcome::Done;
        self.results.of_scheme("keys generate", scheme, generated);
        if !has {
            return;
        }
        let first = self.public_key(&scheme.default_label());
        for (step, arguments) in [
            ("keys rotate", ["keys", "rotate", "--scheme", scheme.name]),
            ("keys retire", ["keys", "retire", "--public-key", &first]),
            ("keys destroy", ["keys", "destroy", "--public-key", &first]),
        ] {
            let done = outcome(self.desk.run(&arguments));
            self.results.of_scheme(step, scheme, done);
        }
        let proposed = self.propose(scheme);
        self.results.of_scheme("propose-remove", scheme, proposed);
    }

    /// The only key of this label, in base64.
    fn public_key(&self, label: &str) -> String {
        let listed = self.desk.json(&["keys", "list", "--label", label]);
        let keys = listed.as_array().unwrap();
        assert_eq!(keys.len(), 1, "{listed}");
        keys[0]["public_key"].as_str().unwrap().to_owned()
    }

    /// A key of openssl's, by a label that no service uses.
    fn import(&self, scheme: &'static Scheme) -> Outcome {
        let file = self.desk.write("key.pem", &checks::openssl_pem(scheme));
        let file = file.to_str().unwrap().to_owned();
        let label = format!("imported {}", scheme.name);
        let arguments = ["keys", "import", "--pkcs8", &file, "--label", &label];
        outcome(self.desk.run(&arguments))
    }

    /// The key of the second generation signs, and an independent judge agrees.
    fn propose(&self, scheme: &'static Scheme) -> Outcome {
        let label = mls_hsm_signer::keys::generation::label(scheme, 2);
        let removal = ["--group-id", "00ff", "--epoch", "7", "--leaf-index", "3"];
        let output = self
            .desk
            .run(&[&["propose-remove", "--label", &label], &removal[..]].concat());
        if output.status.success() {
            let message = std::str::from_utf8(&output.stdout).unwrap().trim();
            let key = from_base64(&self.public_key(&label)).unwrap();
            let message = from_base64(message).unwrap();
            assert!(removal_verified(scheme, &key, &message));
        }
        outcome(output)
    }

    /// That it is healthy, if it has a key; what it says of the token.
    fn doctor(&mut self) {
        let output = self.desk.run(&["doctor", "--json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        let detail = |name: &str| {
            let check = checks.iter().find(|check| check["name"] == name);
            check.map(|check| check["detail"].as_str().unwrap().to_owned())
        };
        self.results.module = detail("module").unwrap();
        self.results.quirks = detail("quirks").unwrap();
        let bad = checks.iter().find(|check| check["verdict"] == "bad");
        let outcome = match bad {
            None => Outcome::Done,
            Some(check) => Outcome::refused(check["detail"].as_str().unwrap()),
        };
        self.results.add("doctor", outcome);
    }

    /// Serves callers at once; then while the daemon is killed and comes back.
    fn service(&mut self, sessions: usize) {
        let mut service = self.desk.start(sessions);
        if !service.becomes_ready() {
            let log = self.desk.log();
            let said = log.lines().rev().find(|line| line.starts_with("error: "));
            let refused = Outcome::refused(said.unwrap_or(&log));
            self.results.add("serve", refused);
            self.outage_without_service();
            return;
        }
        let load = Load::over(&service);
        load.during(|| load.waits_for_more());
        self.results.add("serve", Outcome::Done);
        let daemon = self.daemon.as_mut();
        let came_back = match daemon {
            None => Outcome::NotThere,
            Some(daemon) => {
                load.during(|| {
                    daemon.kill();
                    std::thread::sleep(OUTAGE);
                    daemon.start_again();
                    load.waits_for_more();
                });
                Outcome::Done
            }
        };
        self.results.add("daemon killed and back", came_back);
        drop(load);
        assert!(service.stop(), "{}", self.desk.log());
    }

    /// The command line fails while the daemon is away, and is well again after.
    fn outage_without_service(&mut self) {
        let Some(daemon) = self.daemon.as_mut() else {
            return;
        };
        daemon.kill();
        let away = outcome(self.desk.run(&["keys", "list"]));
        assert!(matches!(away, Outcome::Refused(_)), "{away:?}");
        daemon.start_again();
        let back = outcome(self.desk.run(&["keys", "list"]));
        self.results.add("daemon killed and back", back);
    }

    /// Three wrong PINs: whether the signer leaves the last try alone.
    fn wrong_pins(&mut self) {
        self.desk.write("wrong-pin", &PIN.replace('8', "9"));
        let tries = (0..3).map(|_| self.desk.with_pin("wrong-pin", &["keys", "list"]));
        let tries: Vec<_> = tries.map(outcome).collect();
        let third = match &tries[2] {
            Outcome::Refused(why) if why.starts_with("C_Login") => Outcome::Done,
            other => other.clone(),
        };
        self.results.add("third wrong PIN tried", third);
    }
}

/// What a command came to.
fn outcome(output: Output) -> Outcome {
    if output.status.success() {
        return Outcome::Done;
    }
    let said = String::from_utf8(output.stderr).unwrap();
    let line = said.lines().find(|line| line.starts_with("error: "));
    Outcome::refused(line.unwrap_or(&said))
}

/// Callers, and the messages that they got.
struct Load<'a> {
    service: &'a Service,
    keys: BTreeMap<String, Vec<u8>>,
    next: AtomicU32,
    verified: AtomicU32,
    failures: Mutex<BTreeMap<String, u32>>,
}

impl<'a> Load<'a> {
    /// With the current key of each scheme.
    fn over(service: &'a Service) -> Self {
        let listed = service.get("/v1/keys");
        let listed = listed["keys"].as_array().unwrap().iter();
        let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
        let named = |key: &Value| {
            let public = from_base64(&text(key, "public_key")).unwrap();
            (text(key, "signature_scheme"), public)
        };
        Self {
            service,
            keys: listed.map(named).collect(),
            next: AtomicU32::new(0),
            verified: AtomicU32::new(0),
            failures: Mutex::default(),
        }
    }

    /// Has removals proposed until `work` returns.
    fn during(&self, work: impl FnOnce()) {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..CALLERS {
                scope.spawn(|| {
                    while !over.load(Ordering::SeqCst) {
                        self.propose();
                    }
                });
            }
            let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            over.store(true, Ordering::SeqCst);
            if let Err(reason) = worked {
                println!("failures: {:?}", self.failures.lock().unwrap());
                std::panic::resume_unwind(reason);
            }
        });
    }

    /// One removal of each scheme. None that is released is wrong, whatever else happens.
    fn propose(&self) {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        let item = |name: &String| RemovalItem {
            group_id: base64(b"under load"),
            epoch: 7,
            leaf_index: number,
            signature_scheme: Some(name.clone()),
            ..RemovalItem::default()
        };
        let failed = |code: String| {
            *self.failures.lock().unwrap().entry(code).or_default() += 1;
            std::thread::sleep(Duration::from_millis(50));
        };
        match self
            .service
            .try_propose(self.keys.keys().map(item).collect())
        {
            Err(code) => failed(code),
            Ok(results) => {
                for ((name, key), result) in self.keys.iter().zip(results) {
                    match result {
                        RemovalResult::Signed(signed) => {
                            let message = from_base64(&signed.message).unwrap();
                            let scheme = Scheme::by_name(name).unwrap();
                            assert!(removal_verified(scheme, key, &message), "{name}");
                            self.verified.fetch_add(1, Ordering::SeqCst);
                        }
                        RemovalResult::Refused { problem } => failed(problem.code),
                    }
                }
            }
        }
    }

    /// Until so many more were released that each caller has had some.
    fn waits_for_more(&self) {
        let schemes = u32::try_from(self.keys.len()).unwrap();
        let enough = self.verified.load(Ordering::SeqCst) + 8 * CALLERS * schemes;
        let until = Instant::now() + 2 * PATIENCE;
        while self.verified.load(Ordering::SeqCst) < enough {
            assert!(Instant::now() < until, "nothing is signed any more");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

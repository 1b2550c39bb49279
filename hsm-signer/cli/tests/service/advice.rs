//! What an operator is told of keys that are gone, replaced or pinned: what is said is what helps.

use mls_hsm_signer::api::RemovalItem;
use mls_hsm_signer::client::ClientError;
use rustix::process::{Signal, kill_process};
use serde_json::Value;

use crate::rotation::{reload, rotate};
use crate::support::odd_keys::Tool;
use crate::support::operator::stderr;
use crate::support::programs::openssl;
use crate::support::{Service, Setup, eventually, item, module_path, not_started};

const TENANT: &str = "example.com";
const P384: &str = "ecdsa_secp384r1_sha384";
const ED25519: &str = "mls-removal-ed25519";

/// Runs a command of `keys` with the tenant's token: its exit code, what it printed, and what it said
/// beside.
fn keys(setup: &Setup, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = setup.sandbox.command(&["keys"]);
    command.args(arguments).args(["--token-label", TENANT]);
    command.arg("--module").arg(module_path());
    command.arg("--pin-file").arg(setup.sandbox.path("pin"));
    let output = command.output().unwrap();
    let printed = String::from_utf8(output.stdout.clone()).unwrap();
    (output.status.code(), printed, stderr(&output))
}

fn done(setup: &Setup, arguments: &[&str]) -> String {
    let (code, printed, said) = keys(setup, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {said}");
    printed
}

/// The keys in the token that are named so, as `keys list` has them.
fn listed(setup: &Setup, label: &str) -> Value {
    let printed = done(setup, &["list", "--json", "--label", label]);
    serde_json::from_str(&printed).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    let text = value[name].as_str();
    text.unwrap_or_else(|| panic!("{name}: {value}"))
}

fn gone(setup: &Setup, label: &str) {
    let tool = Tool {
        sandbox: &setup.sandbox,
        token: TENANT,
    };
    for class in ["privkey", "pubkey"] {
        tool.run(&["--delete-object", "--type", class, "--label", label]);
    }
}

fn refused(service: &Service, label: &str) -> Value {
    let keys = service.wire().get("/v1/keys").json();
    let mut refused = keys["refused"].as_array().unwrap().iter();
    let found = refused.find(|key| key["label"] == label);
    found.unwrap_or_else(|| panic!("{keys}")).clone()
}

/// A reload takes no other key of its label over, and nothing may say that it did.
#[test]
fn an_audit_key_that_was_replaced_is_said_to_need_a_restart() {
    let mut setup = Setup::new();
    let label = "mls-audit";
    let generate = ["generate", "--scheme", "ed25519", "--label", label];
    done(&setup, &generate);
    setup.of_tenants(&format!("audit_key_label = {label:?}"));
    setup.more("[audit]\ncheckpoint_seconds = 1");
    let mut service = setup.start();
    assert_eq!(reload(&service).0, Some(0));
    gone(&service.setup, label);
    let said = done(&service.setup, &generate);
    assert!(said.contains("audit_key_label"), "{said}");
    assert!(
        said.contains("restart") && !said.contains("SIGHUP"),
        "{said}"
    );
    let (code, said) = reload(&service);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("audit key of example.com"), "{said}");
    assert!(said.contains(label) && said.contains("restart"), "{said}");
    service.propose(vec![item("ed25519", "group", 1)]).unwrap();
    let alarm = |log: String| {
        let mut lines = log.lines();
        let line = lines.find(|line| line.contains("ALARM"));
        line.map(str::to_owned)
    };
    eventually("no checkpoint is made", || alarm(service.log()).is_some());
    let line = alarm(service.log()).unwrap();
    assert!(line.contains(label) && line.contains("restart"), "{line}");
    // Which takes it over.
    service.signal(Signal::TERM);
    service.wait();
    service.start_again();
    let (code, said) = reload(&service);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_lost_audit_key_is_said_by_a_reload() {
    let mut setup = Setup::new();
    let label = "mls-audit";
    done(
        &setup,
        &["generate", "--scheme", "ed25519", "--label", label],
    );
    setup.of_tenants(&format!("audit_key_label = {label:?}"));
    let service = setup.start();
    gone(&service.setup, label);
    let (code, said) = reload(&service);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("audit key of example.com"), "{said}");
    assert!(said.contains(label) && said.contains("restart"), "{said}");
    service.propose(vec![item("ed25519", "group", 1)]).unwrap();
}

/// The public keys of the token's keys, as the configuration has them.
fn pinned(setup: &mut Setup) {
    let printed = done(setup, &["list", "--json"]);
    let listed: Value = serde_json::from_str(&printed).unwrap();
    let keys = listed.as_array().unwrap().iter();
    let keys: Vec<_> = keys.map(|key| text(key, "public_key")).collect();
    setup.of_tenants(&format!("pinned_public_keys = {keys:?}"));
}

/// Nothing was pinned under its label.
#[test]
fn a_new_key_beside_pinned_ones_is_said_to_belong_in_the_list() {
    let mut setup = Setup::new();
    pinned(&mut setup);
    let service = setup.start();
    let (_, made, _) = rotate(&service, &[]);
    let (code, said) = reload(&service);
    assert_eq!(code, Some(1), "{said}");
    assert!(!said.contains("has another public key"), "{said}");
    assert!(said.contains(text(&made, "label")), "{said}");
    assert!(said.contains(text(&made, "public_key")), "{said}");
    assert!(said.contains("add its public key"), "{said}");
    // So it is at a start.
    let started = stderr(&not_started(&service.setup));
    assert!(started.contains("add its public key"), "{started}");
}

#[test]
fn a_retired_key_that_is_pinned_is_said_to_be_retired() {
    let mut setup = Setup::new();
    done(&setup, &["rotate", "--scheme", "ed25519"]);
    pinned(&mut setup);
    let old = text(&listed(&setup, ED25519)[0], "public_key").to_owned();
    let service = setup.start();
    done(&service.setup, &["retire", "--label", ED25519]);
    let (code, said) = reload(&service);
    assert_eq!(code, Some(1), "{said}");
    let started = stderr(&not_started(&service.setup));
    for said in [said, started] {
        assert!(said.contains(&old), "{said}");
        assert!(said.contains(&format!("retired-{ED25519}")), "{said}");
        assert!(said.contains("pinned_public_keys"), "{said}");
    }
    says_retired(&service);
}

/// What is retired is not said to be lost.
fn says_retired(service: &Service) {
    let key = refused(service, ED25519);
    let reason = text(&key, "reason");
    assert!(reason.contains("is retired"), "{reason}");
    assert!(!reason.contains("backup"), "{reason}");
}

/// The module looks for its keys when it starts anew.
#[test]
fn a_retired_key_is_said_to_be_retired_before_a_reload() {
    let setup = Setup::new();
    done(&setup, &["rotate", "--scheme", "ed25519"]);
    let service = setup.start();
    done(&service.setup, &["retire", "--label", ED25519]);
    for process in service.children() {
        kill_process(process, Signal::KILL).unwrap();
    }
    let is_refused = || {
        let keys = service.wire().get("/v1/keys").json();
        let refused = keys["refused"].as_array();
        refused.is_some_and(|refused| !refused.is_empty())
    };
    eventually("it is refused", is_refused);
    says_retired(&service);
    assert_eq!(reload(&service).0, Some(0));
    assert!(!is_refused());
}

/// The tenant has two tokens with the same Ed25519 keys, of the generations 2 and 3.
fn of_two_tokens() -> Setup {
    let mut setup = Setup::new();
    assert!(setup.sandbox.init("second").status.success());
    let module = module_path();
    let pin = setup.sandbox.path("pin");
    for number in [2, 3] {
        let path = setup.sandbox.path(&format!("key{number}"));
        let made = openssl()
            .args(["genpkey", "-algorithm", "ed25519", "-out"])
            .arg(&path)
            .status();
        assert!(made.unwrap().success());
        for token in [TENANT, "second"] {
            let label = format!("{ED25519}-g{number}");
            let import = ["keys", "import", "--label", &label, "--pkcs8"];
            let mut command = setup.sandbox.command(&import);
            command.arg(&path).args(["--token-label", token]);
            command.arg("--module").arg(module);
            let output = command.arg("--pin-file").arg(&pin).output().unwrap();
            assert!(output.status.success(), "{}", stderr(&output));
        }
    }
    setup.of_tokens(&format!(
        "[[tenants.tokens]]\nname = \"second\"\nmodule = {module:?}\ntoken_label = \"second\"\n\
         pin_file = {pin:?}\n"
    ));
    setup
}

/// A removal by generation 2, which both tokens have.
fn by_second(setup: &Setup, leaf: u32) -> RemovalItem {
    let key = listed(setup, &format!("{ED25519}-g2"))[0].clone();
    let mut removal = item("ed25519", "group", leaf);
    removal.sender_public_key = Some(text(&key, "public_key").into());
    removal
}

/// Nothing signs with generation 2 any more, and who asks is told why.
fn is_retired(service: &Service, removal: &RemovalItem) {
    let key = refused(service, &format!("{ED25519}-g2"));
    let reason = text(&key, "reason");
    assert!(reason.contains("retired in the token hsm-"), "{reason}");
    let ClientError::Refused(problem) = service.propose(vec![removal.clone()]).unwrap_err() else {
        panic!("it is another error");
    };
    let codes = ["key-unknown", "signing-failed"];
    assert!(codes.contains(&problem.code.as_str()), "{problem:?}");
}

/// The first token is away: its process ends, and another cannot begin.
fn away(service: &Service) {
    let faults = service.setup.faults(TENANT);
    faults.set(&["C_Initialize return 0x30"]).unwrap();
    for process in service.children() {
        kill_process(process, Signal::KILL).unwrap();
    }
}

#[test]
fn a_key_that_is_retired_in_one_token_signs_in_none() {
    let service = of_two_tokens().start();
    service.propose(vec![by_second(&service.setup, 1)]).unwrap();
    let removal = by_second(&service.setup, 2);
    done(
        &service.setup,
        &["retire", "--label", &format!("{ED25519}-g2")],
    );
    assert_eq!(reload(&service).0, Some(0));
    is_retired(&service, &removal);
    // Nor while its token is away.
    away(&service);
    assert_eq!(reload(&service).0, Some(1));
    is_retired(&service, &removal);
    service.setup.faults(TENANT).clear().unwrap();
    eventually("it is back", || reload(&service).0 == Some(0));
    // What is destroyed leaves nothing in its token, and the service knows it still.
    let retired = format!("retired-{ED25519}-g2");
    done(&service.setup, &["destroy", "--label", &retired]);
    assert_eq!(reload(&service).0, Some(0));
    is_retired(&service, &removal);
}

#[test]
fn a_key_that_was_retired_in_a_token_that_comes_back_signs_in_none() {
    let setup = of_two_tokens();
    let removal = by_second(&setup, 1);
    done(&setup, &["retire", "--label", &format!("{ED25519}-g2")]);
    setup
        .faults(TENANT)
        .set(&["C_Initialize return 0x30"])
        .unwrap();
    let service = setup.start();
    service.setup.faults(TENANT).clear().unwrap();
    let is_refused = || {
        let keys = service.wire().get("/v1/keys").json();
        let mut refused = keys["refused"].as_array().unwrap().iter();
        refused.any(|key| key["label"] == format!("{ED25519}-g2"))
    };
    eventually("the token is back", is_refused);
    is_retired(&service, &removal);
}

/// A reload that takes nothing over knows it too.
#[test]
fn a_pinned_key_that_is_retired_in_one_token_signs_in_none() {
    let mut setup = of_two_tokens();
    let removal = by_second(&setup, 1);
    pinned(&mut setup);
    let service = setup.start();
    done(
        &service.setup,
        &["retire", "--label", &format!("{ED25519}-g2")],
    );
    assert_eq!(reload(&service).0, Some(1));
    is_retired(&service, &removal);
}

/// One key is gone, another has its label: neither the next generation nor another reload clears that,
/// and what is said does.
#[test]
fn what_clears_a_key_in_the_place_of_another_is_said_and_clears_it() {
    let service = Setup::new().start();
    let setup = &service.setup;
    gone(setup, ED25519);
    done(setup, &["generate", "--scheme", "ed25519"]);
    let new = listed(setup, ED25519)[0].clone();
    let (code, said) = reload(&service);
    assert_eq!(code, Some(1), "{said}");
    let advice = format!("keys retire --public-key {}", text(&new, "public_key"));
    assert!(said.contains(&advice), "{said}");
    assert!(!said.contains("taken over beside"), "{said}");
    // What is refused is named so that the key in the token can be retired.
    let reason = refused(&service, ED25519);
    let reason = text(&reason, "reason");
    assert!(reason.contains(text(&new, "id")), "{reason}");
    assert!(reason.contains("keys retire"), "{reason}");
    let place = format!("unix:{}", setup.socket().display());
    let (_, made, _) = rotate(&service, &["--server", &place]);
    let (code, said) = reload(&service);
    assert_eq!(code, Some(1), "{said}");
    let next = text(&made, "label");
    assert!(
        said.contains("taken over beside") && said.contains(next),
        "{said}"
    );
    service.propose(vec![item("ed25519", "group", 1)]).unwrap();
    done(setup, &["retire", "--public-key", text(&new, "public_key")]);
    let (code, said) = reload(&service);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_key_that_is_gone_is_refused_with_what_helps() {
    let service = Setup::new().start();
    let label = format!("mls-removal-{P384}");
    gone(&service.setup, &label);
    let error = service.propose(vec![item(P384, "group", 1)]).unwrap_err();
    assert!(matches!(error, ClientError::Refused(_)), "{error}");
    let says = || {
        let key = refused(&service, &label);
        let reason = text(&key, "reason");
        assert!(reason.contains("the token has no private key"), "{reason}");
        assert!(reason.contains("bring it back"), "{reason}");
        assert!(
            reason.contains("keys rotate") && reason.contains("reload"),
            "{reason}"
        );
        assert!(!reason.contains("keys list"), "{reason}");
    };
    says();
    assert_eq!(reload(&service).0, Some(0));
    says();
}

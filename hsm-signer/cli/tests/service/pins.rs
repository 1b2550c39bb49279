//! A PIN that a token refuses is tried once for each word of a person.

use mls_fault_module::{Faults, library};
use mls_hsm_signer::api::RemovalResult;
use rustix::process::{Signal, kill_process};

use crate::support::operator::{PIN_REFUSED, checked, marker, stderr};
use crate::support::{Service, Setup, eventually, item, module_path, not_started};

pub fn logins(setup: &Setup) -> usize {
    let log = setup.faults("example.com").log();
    log.iter().filter(|line| line.contains("C_Login")).count()
}

/// Two tenants with one token and one PIN.
pub fn of_two_tenants() -> Setup {
    let mut setup = Setup::new();
    let module = setup.faults("example.com").module();
    let pin = setup.sandbox.path("pin");
    setup.more(&format!(
        "[[tenants]]\nname = \"other\"\n[[tenants.tokens]]\nname = \"same\"\nmodule = {module:?}\n\
         token_label = \"example.com\"\npin_file = {pin:?}\n"
    ));
    setup
}

#[test]
fn a_refused_pin_is_tried_once_however_often_the_service_is_started() {
    let setup = Setup::new();
    let faults = setup.faults("example.com");
    faults.set(&["C_Login log", "C_Login return 0xA0"]).unwrap();
    for start in 1..=3 {
        let output = not_started(&setup);
        assert_eq!(output.status.code(), PIN_REFUSED, "{}", stderr(&output));
        assert_eq!(logins(&setup), 1, "start {start}");
    }
    let marker = marker(&setup).unwrap();
    let said = stderr(&not_started(&setup));
    assert!(said.contains(&marker.display().to_string()), "{said}");
    let told = std::fs::read_to_string(&marker).unwrap();
    assert!(
        told.contains("hsm-example.com") && told.contains("CKR_PIN_INCORRECT"),
        "{told}"
    );
    // The operator corrects the PIN; only the file's removal says so.
    faults.clear().unwrap();
    let output = not_started(&setup);
    assert_eq!(output.status.code(), PIN_REFUSED, "{}", stderr(&output));
    std::fs::remove_file(marker).unwrap();
    setup.start();
}

/// The supervisor must not start again, whatever the tokens before the one that refused lack.
#[test]
fn a_refusal_beside_a_missing_token_is_said_by_the_exit_code() {
    let mut setup = Setup::new();
    let faults = setup.faults("example.com");
    faults.set(&["C_Login log", "C_Login return 0xA0"]).unwrap();
    setup.missing_first = true;
    let output = not_started(&setup);
    assert_eq!(output.status.code(), PIN_REFUSED, "{}", stderr(&output));
    assert_eq!(logins(&setup), 1);
}

/// Whoever reads the log of the refusal knows which file to correct, and which to remove.
#[test]
fn the_refusal_of_a_pin_names_its_file_and_the_mark() {
    let setup = Setup::new();
    let faults = setup.faults("example.com");
    let pin = setup.sandbox.path("pin").display().to_string();
    let named = |log: &str| {
        let marker = marker(&setup).unwrap().display().to_string();
        let lines = log.lines();
        let line = lines.filter(|line| line.contains(&marker) && line.contains(&pin));
        line.count()
    };
    faults.set(&["C_Login return 0xA0"]).unwrap();
    let said = stderr(&not_started(&setup));
    assert_eq!(named(&said), 1, "{said}");
    std::fs::remove_file(marker(&setup).unwrap()).unwrap();
    // Also where it is refused later.
    faults.clear().unwrap();
    let service = setup.clone().start();
    faults.set(&["C_Login return 0xA0"]).unwrap();
    for process in service.children() {
        kill_process(process, Signal::KILL).unwrap();
    }
    eventually("the marker", || marker(&setup).is_some());
    eventually("it is named", || named(&service.log()) == 1);
}

/// As Kubernetes replaces the files of a secret, whose bytes may be the same as before.
#[test]
fn a_refused_pin_is_not_tried_again_because_a_link_leads_elsewhere() {
    use std::os::unix::fs::symlink;
    let setup = Setup::new();
    let path = |name: &str| setup.sandbox.path(name);
    let pin = std::fs::read_to_string(path("pin")).unwrap();
    std::fs::remove_file(path("pin")).unwrap();
    symlink(path("..data/pin"), path("pin")).unwrap();
    let mount = |version: &str| {
        std::fs::create_dir(path(version)).unwrap();
        setup.sandbox.write(&format!("{version}/pin"), &pin, 0o600);
        let _ = std::fs::remove_file(path("..data"));
        symlink(path(version), path("..data")).unwrap();
    };
    let faults = setup.faults("example.com");
    faults.set(&["C_Login log", "C_Login return 0xA0"]).unwrap();
    for version in ["first", "second"] {
        mount(version);
        let output = not_started(&setup);
        assert_eq!(output.status.code(), PIN_REFUSED, "{}", stderr(&output));
        assert_eq!(logins(&setup), 1, "{version}");
    }
}

/// Otherwise each start would try it.
#[test]
fn a_pin_is_not_tried_where_its_refusal_cannot_be_kept() {
    let mut setup = Setup::new();
    let directory = setup.sandbox.path("no-directory");
    setup.process = format!("state_directory = {directory:?}");
    let faults = setup.faults("example.com");
    faults.set(&["C_Login log", "C_Login return 0xA0"]).unwrap();
    let output = not_started(&setup);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&directory.display().to_string()), "{said}");
    assert!(said.contains("the PIN was not tried"), "{said}");
    assert_eq!(logins(&setup), 0);
}

#[test]
fn a_try_of_the_pin_whose_outcome_nobody_knows_is_not_repeated() {
    let setup = Setup::new();
    let faults = setup.faults("example.com");
    faults
        .set(&["C_Login log", "C_Login delay 5000000"])
        .unwrap();
    let mut start = setup.command().spawn().unwrap();
    eventually("the login has begun", || logins(&setup) == 1);
    start.kill().unwrap();
    start.wait().unwrap();
    let output = not_started(&setup);
    let said = stderr(&output);
    assert_eq!(output.status.code(), PIN_REFUSED, "{said}");
    let marker = marker(&setup).unwrap();
    assert!(said.contains(&marker.display().to_string()), "{said}");
    assert!(said.contains("its outcome is not known"), "{said}");
    assert_eq!(logins(&setup), 1);
    let (code, said) = checked(&setup, &setup.configuration());
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("its outcome is not known"), "{said}");
    faults.clear().unwrap();
    std::fs::remove_file(&marker).unwrap();
    let service = setup.start();
    assert!(!marker.exists(), "it is gone once the PIN was taken");
    drop(service);
}

#[test]
fn a_token_of_two_tenants_is_asked_once() {
    let setup = of_two_tenants();
    let faults = setup.faults("example.com");
    faults.set(&["C_Login log", "C_Login return 0xA0"]).unwrap();
    let output = not_started(&setup);
    assert_eq!(output.status.code(), PIN_REFUSED, "{}", stderr(&output));
    assert_eq!(logins(&setup), 1);
}

/// One tenant names the token by its label, the other by its slot.
#[test]
fn a_token_of_two_names_is_asked_once() {
    let mut setup = Setup::new();
    let none = setup
        .configuration()
        .replace("token_label = \"example.com\"", "token_label = \"none\"");
    let said = checked(&setup, &none).1;
    let (_, slot) = said
        .split_once(", slot ")
        .unwrap_or_else(|| panic!("{said}"));
    let slot: String = slot.chars().take_while(char::is_ascii_digit).collect();
    let faults = setup.faults("example.com");
    faults.set(&["C_Login log", "C_Login return 0xA0"]).unwrap();
    let (module, pin) = (faults.module(), setup.sandbox.path("pin"));
    setup.more(&format!(
        "[[tenants]]\nname = \"other\"\n[[tenants.tokens]]\nname = \"same\"\nmodule = {module:?}\n\
         slot = {slot}\npin_file = {pin:?}\n"
    ));
    let output = not_started(&setup);
    assert_eq!(output.status.code(), PIN_REFUSED, "{}", stderr(&output));
    assert_eq!(logins(&setup), 1);
}

#[test]
fn starts_at_once_ask_a_token_once() {
    let setup = Setup::new();
    let faults = setup.faults("example.com");
    let rules = ["C_Login log", "C_Login delay 500000", "C_Login return 0xA0"];
    faults.set(&rules).unwrap();
    // Each writes the configuration, so all are made before the first begins.
    let commands = [setup.command(), setup.command(), setup.command()];
    let starts = commands.map(|mut command| {
        command
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    });
    for start in starts {
        let output = start.wait_with_output().unwrap();
        assert_eq!(output.status.code(), PIN_REFUSED, "{}", stderr(&output));
    }
    assert_eq!(logins(&setup), 1);
}

#[test]
fn a_pin_refused_while_the_service_runs_is_not_tried_by_the_next_start() {
    let mut service = Setup::new().start();
    let faults = service.setup.faults("example.com");
    // The login is lost, and logging in again is refused.
    faults
        .set(&["C_Login log", "C_Sign return 0x101", "C_Login return 0xA0"])
        .unwrap();
    let _ = service.propose(vec![item("ed25519", "group", 1)]);
    eventually("the marker", || marker(&service.setup).is_some());
    let tried = logins(&service.setup);
    assert_eq!(tried, 1);
    service.kill();
    let output = not_started(&service.setup);
    assert_eq!(output.status.code(), PIN_REFUSED, "{}", stderr(&output));
    assert_eq!(logins(&service.setup), tried);
}

#[test]
fn a_reading_of_the_keys_says_that_the_pin_was_refused() {
    let service = Setup::new().start();
    let faults = service.setup.faults("example.com");
    faults.set(&["C_Login return 0xA0"]).unwrap();
    for process in service.children() {
        kill_process(process, Signal::KILL).unwrap();
    }
    eventually("the marker", || marker(&service.setup).is_some());
    service.signal(Signal::HUP);
    let keys = |log: String| {
        let mut lines = log.lines();
        let line = lines.find(|line| line.contains("keys of example.com"));
        line.map(str::to_owned)
    };
    eventually("the keys' part", || keys(service.log()).is_some());
    let line = keys(service.log()).unwrap();
    assert!(line.contains("C_Login") || line.contains("PIN"), "{line}");
    assert!(!service.log().contains("started anew"), "{}", service.log());
}

/// The operator corrects the PIN, or has it unlocked, and sends SIGHUP: it is read again and tried
/// once for each word of a person, and everything says meanwhile that a person must act.
#[test]
fn what_was_refused_is_tried_once_more_at_each_hangup() {
    let setup = Setup::new();
    let pin = std::fs::read_to_string(setup.sandbox.path("pin")).unwrap();
    let service = setup.start();
    let setup = &service.setup;
    let faults = setup.faults("example.com");
    faults.set(&["C_Login log"]).unwrap();
    // Somebody has written another PIN into the file, and the module starts anew with the old one,
    // which the token does not take any more.
    faults.set(&["C_Login log", "C_Login return 0xA4"]).unwrap();
    for process in service.children() {
        kill_process(process, Signal::KILL).unwrap();
    }
    let refused = || service.wire().get("/readyz").code() == "token-refused";
    eventually("it is refused", || {
        service.wire().get("/readyz").status == 503 && refused()
    });
    assert_eq!(logins(setup), 1);
    let problem = service
        .propose(vec![item("ed25519", "group", 1)])
        .unwrap_err();
    let mls_hsm_signer::client::ClientError::Refused(problem) = problem else {
        panic!("{problem}");
    };
    assert_eq!(problem.code, "token-refused");
    assert!(problem.action.contains("SIGHUP"), "{problem:?}");
    // A client with patience waits for no person.
    let asked = requests_answered(&service, 503);
    let patient = service.propose_patiently(vec![item("ed25519", "group", 1)]);
    assert!(patient.is_err(), "{patient:?}");
    assert_eq!(requests_answered(&service, 503), asked + 1);
    let labels = "{tenant=\"example.com\",token=\"hsm-example.com\"}";
    assert_eq!(
        service.counted(&format!("mls_hsm_signer_token_refused{labels}")),
        1
    );
    assert!(
        service.log().contains("until a person has acted"),
        "{}",
        service.log()
    );
    let hangup = |tried: usize| {
        service.signal(Signal::HUP);
        eventually("it is tried", || logins(setup) == tried);
        // And not again.
        std::thread::sleep(std::time::Duration::from_secs(2));
        assert_eq!(logins(setup), tried, "{}", service.log());
    };
    // Not mended: once for each word, and whoever gives it by the command hears it.
    let place = format!("unix:{}", setup.socket().display());
    let reload = || {
        let command = setup
            .sandbox
            .command(&["reload", "--server", &place])
            .output();
        let output = command.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let (code, said) = reload();
    assert_eq!((code, logins(setup)), (Some(1), 2), "{said}");
    assert!(
        said.contains("not taken over: keys of example.com"),
        "{said}"
    );
    assert!(refused() && marker(setup).is_some());
    // The PIN of the file is read: it is wrong now.
    faults.set(&["C_Login log"]).unwrap();
    setup.sandbox.write("pin", "000000", 0o600);
    hangup(3);
    assert!(refused() && marker(setup).is_some());
    // A file that is no PIN costs no try.
    setup.sandbox.write("pin", "12\n34\n", 0o600);
    let (code, said) = reload();
    assert_eq!((code, logins(setup)), (Some(1), 3), "{said}");
    assert!(said.contains("PIN of example.com"), "{said}");
    hangup(3);
    assert!(marker(setup).is_some());
    // An empty one costs no try: the token wants one.
    setup.sandbox.write("pin", "", 0o600);
    let (code, said) = reload();
    assert_eq!((code, logins(setup)), (Some(1), 3), "{said}");
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(refused(), "{}", service.log());
    // Mended.
    setup.sandbox.write("pin", &pin, 0o600);
    hangup(4);
    eventually("it signs", || service.wire().get("/readyz").status == 200);
    assert!(marker(setup).is_none());
    service.propose(vec![item("ed25519", "group", 2)]).unwrap();
    assert_eq!(
        service.counted(&format!("mls_hsm_signer_token_refused{labels}")),
        0
    );
    // A reload of a service that signs tries nothing; a PIN that it could not use later is said.
    hangup(4);
    assert_eq!(reload().0, Some(0));
    setup.sandbox.write("pin", "12\n34\n", 0o600);
    let (code, said) = reload();
    assert_eq!((code, logins(setup)), (Some(1), 4), "{said}");
    assert!(said.contains("PIN of example.com"), "{said}");
    setup.sandbox.write("pin", &pin, 0o600);
}

/// Two tenants with one token and one PIN have one try for one word.
#[test]
fn a_hangup_tries_a_shared_pin_once() {
    let service = of_two_tenants().start();
    let faults = service.setup.faults("example.com");
    faults.set(&["C_Login log", "C_Login return 0xA0"]).unwrap();
    for process in service.children() {
        kill_process(process, Signal::KILL).unwrap();
    }
    let refusals = |log: String| log.matches("recovery ends").count();
    eventually("both are refused", || refusals(service.log()) == 2);
    assert_eq!(logins(&service.setup), 1);
    service.signal(Signal::HUP);
    eventually("both are refused again", || refusals(service.log()) == 4);
    assert_eq!(logins(&service.setup), 2);
}

/// What is still logged in goes on; once it has to log in as well, it does not try what was refused.
#[test]
fn a_pin_that_another_tenant_had_refused_is_not_tried() {
    let service = of_two_tenants().start();
    let faults = service.setup.faults("example.com");
    faults.set(&["C_Login log", "C_Login return 0xA0"]).unwrap();
    let refusals = |log: String| log.matches("recovery ends").count();
    for (number, process) in service.children().into_iter().enumerate() {
        kill_process(process, Signal::KILL).unwrap();
        eventually("it is refused", || refusals(service.log()) == number + 1);
        assert_eq!(logins(&service.setup), 1);
    }
}

/// One token refuses the login while another signs: only what the first alone has waits for a person.
#[test]
fn a_key_of_a_token_that_refuses_is_said_to_wait_and_no_other() {
    let mut setup = Setup::new();
    assert!(setup.sandbox.init("second").status.success());
    let own = setup.generate(
        "second",
        &["--scheme", "ed25519", "--label", "mls-removal-ed25519-g5"],
    );
    let directory = setup.sandbox.path("faults-second");
    std::fs::create_dir(&directory).unwrap();
    let faults = Faults::install(&library().unwrap(), &directory, module_path()).unwrap();
    let pin = setup.sandbox.path("pin-of-second");
    std::fs::copy(setup.sandbox.path("pin"), &pin).unwrap();
    setup.of_tokens(&format!(
        "[[tenants.tokens]]\nname = \"second\"\nmodule = {:?}\ntoken_label = \"second\"\npin_file = {pin:?}\n",
        faults.module()
    ));
    let service = setup.start();
    let mut named = item("ed25519", "group", 1);
    named.sender_public_key = Some(own[0]["public_key"].as_str().unwrap().into());
    service.propose(vec![named.clone()]).unwrap();
    faults.set(&["C_Login return 0xA0"]).unwrap();
    for process in service.children() {
        kill_process(process, Signal::KILL).unwrap();
    }
    eventually("it is refused", || marker(&service.setup).is_some());
    let signs = || {
        let signed = service.propose(vec![item("ecdsa_secp256r1_sha256", "group", 2)]);
        signed.is_ok()
    };
    eventually("the other token signs", signs);
    named.leaf_index = 3;
    let refused = service.propose(vec![named.clone()]).unwrap_err();
    let mls_hsm_signer::client::ClientError::Refused(problem) = refused else {
        panic!("{refused}");
    };
    assert_eq!(problem.code, "token-refused");
    let said = format!("{} {}", problem.title, problem.detail);
    assert!(said.contains("no other token can sign"), "{said}");
    assert!(!said.contains("nothing is signed"), "{said}");
    let asked = requests_answered(&service, 200);
    let other = item("ecdsa_secp256r1_sha256", "group", 4);
    let results = service.propose_patiently(vec![named, other]).unwrap();
    let RemovalResult::Refused { problem } = &results[0] else {
        panic!("{results:?}");
    };
    assert_eq!(problem.code, "token-refused");
    assert!(matches!(results[1], RemovalResult::Signed(_)));
    assert_eq!(requests_answered(&service, 200), asked + 1);
}

/// How many batches of removals were answered with this HTTP status.
fn requests_answered(service: &Service, status: u16) -> u64 {
    let route = "/v1/external-proposals/remove";
    service.counted(&format!(
        "mls_hsm_signer_requests_total{{route=\"{route}\",status=\"{status}\"}}"
    ))
}

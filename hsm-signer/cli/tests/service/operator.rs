//! What whoever runs the service sees: a check before the start, a wrong PIN that is tried once,
//! a log that says what began and that it is over.

use std::process::Output;

use serde_json::Value;

use rustix::process::{Signal, kill_process};

use crate::support::{Authority, Setup, eventually, item, not_started, on_terminal};

/// The exit code of a program whose token refused the PIN.
const PIN_REFUSED: Option<i32> = Some(4);

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn logins(setup: &Setup) -> usize {
    let log = setup.faults("example.com").log();
    log.iter().filter(|line| line.contains("C_Login")).count()
}

/// The file that says that a PIN was refused.
fn marker(setup: &Setup) -> Option<std::path::PathBuf> {
    let files = std::fs::read_dir(setup.sandbox.path("store")).unwrap();
    let mut paths = files.map(|file| file.unwrap().path());
    paths.find(|path| path.display().to_string().contains("pin-refused-"))
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
    let mut setup = Setup::new();
    let faults = setup.faults("example.com");
    faults.set(&["C_Login log", "C_Login return 0xA0"]).unwrap();
    let (module, pin) = (faults.module(), setup.sandbox.path("pin"));
    setup.more(&format!(
        "[[tenants]]\nname = \"other\"\n[[tenants.tokens]]\nname = \"same\"\nmodule = {module:?}\n\
         token_label = \"example.com\"\npin_file = {pin:?}\n"
    ));
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
    service.kill();
    let output = not_started(&service.setup);
    assert_eq!(output.status.code(), PIN_REFUSED, "{}", stderr(&output));
    assert_eq!(logins(&service.setup), tried);
}

#[test]
fn the_log_says_why_recovery_began_and_that_it_is_over() {
    let service = Setup::new().start();
    let faults = service.setup.faults("example.com");
    faults.set(&["C_Sign return 0x30 times 8"]).unwrap();
    let removals = (0..4).map(|leaf| item("ed25519", "group", leaf)).collect();
    let _ = service.propose(removals);
    eventually("ready", || service.wire().get("/readyz").status == 200);
    let log = service.log();
    let line = |what: &str| {
        let line = log.lines().find(|line| line.contains(what));
        line.unwrap_or_else(|| panic!("no {what:?} in {log}"))
    };
    for line in [line("recovery begins"), line("all is well again")] {
        assert!(line.contains("CKR_DEVICE_ERROR"), "{line}");
        assert!(line.contains("example.com"), "{line}");
    }
    assert!(!log.contains("failure=\"\""), "{log}");
    let serving = line("serving");
    let socket = service.setup.socket().display().to_string();
    assert!(
        serving.contains(&socket) && serving.contains("signer.toml"),
        "{serving}"
    );
    assert!(!log.contains('\u{1b}'), "colours where no terminal is");
}

#[test]
fn the_log_says_for_how_long_an_outage_took_and_nothing_of_keys() {
    let service = Setup::new().start();
    let faults = service.setup.faults("example.com");
    // CKR_DEVICE_ERROR, also to a process that is started anew.
    faults.set(&["* return 0x30"]).unwrap();
    for process in service.children() {
        kill_process(process, Signal::KILL).unwrap();
    }
    let attempts = |log: &str| log.matches("it begins anew later").count();
    eventually("three attempts", || attempts(&service.log()) >= 3);
    faults.clear().unwrap();
    eventually("the end", || service.log().contains("all is well again"));
    let log = service.log();
    assert!(!log.contains("a key cannot be used"), "{log}");
    let (_, after) = log.split_once("all is well again").unwrap();
    let (_, after) = after.split_once("after=").unwrap();
    let after = after.split_whitespace().next().unwrap();
    let (number, unit) = after.split_at(after.find(char::is_alphabetic).unwrap());
    let seconds = number.parse::<f64>().unwrap() * if unit == "s" { 1.0 } else { 0.001 };
    // The pauses after the first two attempts, of 100 and 200 ms, are part of it.
    assert!(seconds >= 0.3, "{after}");
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
    let mut setup = Setup::new();
    let faults = setup.faults("example.com");
    let (module, pin) = (faults.module(), setup.sandbox.path("pin"));
    setup.more(&format!(
        "[[tenants]]\nname = \"other\"\n[[tenants.tokens]]\nname = \"same\"\nmodule = {module:?}\n\
         token_label = \"example.com\"\npin_file = {pin:?}\n"
    ));
    let service = setup.start();
    let faults = service.setup.faults("example.com");
    faults.set(&["C_Login log", "C_Login return 0xA0"]).unwrap();
    for process in service.children() {
        kill_process(process, Signal::KILL).unwrap();
    }
    let refusals = |log: String| log.matches("recovery ends").count();
    eventually("both are refused", || refusals(service.log()) == 2);
    let tried = logins(&service.setup);
    service.signal(Signal::HUP);
    eventually("both are refused again", || refusals(service.log()) == 4);
    assert_eq!(logins(&service.setup), tried + 1);
}

/// By the service's own socket, without its process id.
#[test]
fn a_command_has_the_service_read_everything_again() {
    let service = Setup::new().start();
    let place = format!("unix:{}", service.setup.socket().display());
    let arguments = ["reload", "--json", "--server", &place];
    let output = service.setup.sandbox.command(&arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["process"], service.pid().as_raw_nonzero().get());
    eventually("it reads", || service.log().contains("keys of example.com"));
    for place in ["unix:/nowhere", "https://signer.example.com:8443"] {
        let arguments = ["reload", "--server", place];
        let output = service.setup.sandbox.command(&arguments).output().unwrap();
        assert!(!output.status.success(), "{output:?}");
    }
}

#[test]
fn the_log_is_json_that_names_the_tenant_and_has_no_colours_where_none_are_wanted() {
    let setup = Setup::new();
    let faults = setup.faults("example.com");
    faults.set(&["C_Login return 0xA0"]).unwrap();
    let coloured = |command| stderr(&on_terminal(command)).contains('\u{1b}');
    assert!(coloured(setup.command()));
    std::fs::remove_file(marker(&setup).unwrap()).unwrap();
    let mut command = setup.command();
    command.env("NO_COLOR", "1");
    assert!(!coloured(command));
    let output = setup.command().arg("--json").output().unwrap();
    let said = stderr(&output);
    let line = said
        .lines()
        .find(|line| line.contains("a token was not opened"));
    let line = line.unwrap_or_else(|| panic!("{said}"));
    let value: Value = serde_json::from_str(line).unwrap();
    assert_eq!(value["span"]["tenant"], "example.com", "{line}");
    assert_eq!(line.matches(r#""name":"#).count(), 2, "{line}");
}

#[test]
fn refusals_are_not_a_line_each() {
    let mut setup = Setup::new();
    setup.sessions = 2;
    let service = setup.start();
    let faults = service.setup.faults("example.com");
    // CKR_KEY_FUNCTION_NOT_PERMITTED: permanent, and no reason to recover.
    faults.set(&["C_Sign return 0x68"]).unwrap();
    for batch in 0..4 {
        let leaves = batch * 100..batch * 100 + 100;
        let removals = leaves.map(|leaf| item("ed25519", "group", leaf)).collect();
        let error = service.propose(removals).unwrap_err();
        assert!(error.to_string().contains("signature"), "{error}");
    }
    let log = service.log();
    let lines = log
        .lines()
        .filter(|line| line.contains("not signed"))
        .count();
    assert!((1..50).contains(&lines), "{lines} lines for 400 refusals");
}

/// What a check says of a configuration: its exit code, and what it prints.
fn checked(setup: &Setup, configuration: &str) -> (Option<i32>, String) {
    let path = setup.sandbox.write("checked.toml", configuration, 0o600);
    let path = path.display().to_string();
    let arguments = ["serve", "--check", "--config", &path];
    let output = setup.sandbox.command(&arguments).output().unwrap();
    let said = String::from_utf8(output.stdout.clone()).unwrap() + &stderr(&output);
    (output.status.code(), said)
}

#[test]
fn a_check_finds_what_stands_in_the_way_of_a_start() {
    let mut setup = Setup::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let plain = "address = \"127.0.0.1:0\"\ncaller = \"tester\"\ndevelopment = true";
    setup.listen("plain", plain);
    let good = setup.configuration();
    let (code, said) = checked(&setup, &good);
    assert_eq!((code, said.lines().count()), (Some(0), 1), "{said}");
    let directory = setup.sandbox.path("a-directory");
    std::fs::create_dir(&directory).unwrap();
    let directory = directory.display().to_string();
    let file = setup.sandbox.write("a-file", "no database at all", 0o600);
    let file = file.display().to_string();
    let store = setup.sandbox.path("store/audit.db").display().to_string();
    let socket = setup.socket().display().to_string();
    let sink = |sink: &str| format!("[audit]\ncheckpoint_sink = {sink:?}\n[listen.plain]");
    let patience = "patience_ms = 0\n[listen.unix]".to_owned();
    let future = "name = \"example.com\"\naccepted_loss = 9000000000000000000\n".to_owned();
    for (old, new, named) in [
        (
            "[listen.plain]",
            sink(&format!("file:{directory}")),
            "a-directory",
        ),
        (
            "[listen.plain]",
            sink("syslog:/nowhere/log"),
            "/nowhere/log",
        ),
        (&store, directory.clone(), "a-directory"),
        (&store, file.clone(), "a-file"),
        ("[listen.unix]", patience, "patience_ms"),
        (&socket, file.clone(), "a-file"),
        (&socket, directory.clone(), "a-directory"),
        ("name = \"example.com\"\n", future, "accepted_loss"),
    ] {
        assert!(good.contains(old), "{old}");
        let (code, said) = checked(&setup, &good.replacen(old, &new, 1));
        assert_eq!(code, Some(1), "{old} -> {new}: {said}");
        assert!(said.contains(named), "{named}: {said}");
    }
    // A service that runs has them.
    let (code, said) = checked(&setup, &good.replace("127.0.0.1:0", &address));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("in use") && said.contains(&address), "{said}");
    // What a sink will make is not made.
    let made = setup.sandbox.path("made");
    let (code, said) = checked(
        &setup,
        &good.replace("[listen.plain]", &sink(&format!("file:{}", made.display()))),
    );
    assert_eq!((code, made.exists()), (Some(0), false), "{said}");
    setup
        .faults("example.com")
        .set(&["C_Login return 0xA0"])
        .unwrap();
    let output = not_started(&setup);
    assert_eq!(output.status.code(), PIN_REFUSED, "{}", stderr(&output));
    let (code, said) = checked(&setup, &good);
    let path = marker(&setup).unwrap().display().to_string();
    assert!(code == Some(1) && said.contains(&path), "{said}");
}

#[test]
fn a_check_finds_what_a_start_would_find() {
    let mut setup = Setup::new();
    let authority = Authority::new("root");
    let root = authority.write(&setup.sandbox, "root.pem");
    let leaf = authority.issue(&setup.sandbox, "server", &["dns:localhost"]);
    setup.listen(
        "tls",
        &format!(
            "address = \"127.0.0.1:0\"\ncertificate = {:?}\nkey = {:?}\nclient_roots = {root:?}",
            leaf.certificate, leaf.key
        ),
    );
    let good = setup.configuration();
    let run = |configuration: &str| {
        let path = setup.sandbox.write("checked.toml", configuration, 0o600);
        let path = path.display().to_string();
        let arguments = ["serve", "--check", "--json", "--config", &path];
        setup.sandbox.command(&arguments).output().unwrap()
    };
    let output = run(&good);
    assert!(output.status.success(), "{}", stderr(&output));
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["valid"], true);
    let path = |name: &str| setup.sandbox.path(name).display().to_string();
    let no_certificate = setup.sandbox.write("no-certificate", "nothing", 0o600);
    let wrong = [
        (path("pin"), path("no-pin"), "no-pin"),
        (path("pin"), no_certificate.display().to_string(), ""),
        (path("store/audit.db"), path("nowhere/audit.db"), "nowhere"),
        (
            path("signer.sock"),
            "/nowhere/signer.sock".into(),
            "/nowhere",
        ),
        (
            "token_label = \"example.com\"".into(),
            "token_label = \"none\"".into(),
            "none",
        ),
    ];
    let empty = setup
        .sandbox
        .write("empty", "", 0o600)
        .display()
        .to_string();
    let files = [&root, &leaf.certificate, &leaf.key]
        .map(|file| (file.display().to_string(), empty.clone(), "empty"));
    let mut found = 0;
    for (old, new, named) in wrong.into_iter().chain(files) {
        assert!(good.contains(&old), "{old}");
        let output = run(&good.replace(&old, &new));
        let said = String::from_utf8(output.stdout.clone()).unwrap() + &stderr(&output);
        if new.ends_with("no-certificate") {
            // A PIN file with another PIN: no PIN is tried.
            assert!(output.status.success(), "{said}");
            continue;
        }
        assert_eq!(output.status.code(), Some(1), "{old} -> {new}: {said}");
        assert!(said.contains(named), "{named}: {said}");
        found += 1;
    }
    assert_eq!(found, 7);
}

//! What whoever runs the service sees: a check before the start, a log that says what began and
//! that it is over, a command that has everything read again.

use serde_json::Value;

use rustix::process::{Signal, kill_process};

use crate::support::operator::{PIN_REFUSED, checked, marker, stderr};
use crate::support::{Authority, Setup, eventually, item, not_started, on_terminal};

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

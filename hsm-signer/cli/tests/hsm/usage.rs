//! Arguments that make no sense: each is refused with exit code 2, and all that is possible is named.

use crate::support::{PIN, Sandbox, module_path};

const REMOVAL: [&str; 6] = ["--group-id", "00", "--epoch", "1", "--leaf-index", "1"];

/// What a run without any further argument says, which ends with code 2.
fn usage(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let output = sandbox.command(arguments).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    said
}

#[test]
fn a_service_and_a_token_are_not_asked_together() {
    let sandbox = Sandbox::new();
    let module = module_path().to_str().unwrap();
    let server = [
        "propose-remove",
        "--server",
        "unix:/nowhere",
        "--scheme",
        "ed25519",
    ];
    let server = [&server[..], &REMOVAL].concat();
    for token in [
        ["--module", module],
        ["--token-label", "removal"],
        ["--pin-file", "pin"],
        ["--admit-use", "derive"],
    ] {
        let said = usage(&sandbox, &[&server[..], &token].concat());
        assert!(
            said.contains("--server") && said.contains(token[0]),
            "{said}"
        );
    }
    let said = usage(&sandbox, &[&server[..], &["--in-process"]].concat());
    assert!(said.contains("--in-process"), "{said}");
    // A variable that is set for other commands is no choice.
    let mut command = sandbox.command(&server);
    let output = command.env("MLS_HSM_MODULE", module).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let by_name = [
        "propose-remove",
        "--server",
        "unix:/nowhere",
        "--label",
        "one",
    ];
    let said = usage(&sandbox, &[&by_name[..], &REMOVAL].concat());
    assert!(said.contains("--scheme or --public-key"), "{said}");
}

#[test]
fn what_is_missing_is_named_with_all_that_would_do() {
    let sandbox = Sandbox::new();
    let said = usage(
        &sandbox,
        &[
            &[
                "propose-remove",
                "--module",
                "m",
                "--slot",
                "0",
                "--pin-env",
                "P",
            ],
            &REMOVAL[..],
        ]
        .concat(),
    );
    for choice in ["--label", "--id", "--scheme", "--public-key"] {
        assert!(said.contains(choice), "{choice}: {said}");
    }
    let said = usage(
        &sandbox,
        &[&["propose-remove", "--scheme", "ed25519"], &REMOVAL[..]].concat(),
    );
    for choice in [
        "--server",
        "--module",
        "--token-label",
        "--token-serial",
        "--slot",
        "--pin-file",
        "--pin-env",
    ] {
        assert!(said.contains(choice), "{choice}: {said}");
    }
    for command in ["retire", "destroy"] {
        let said = usage(
            &sandbox,
            &[
                "keys",
                command,
                "--module",
                "m",
                "--slot",
                "0",
                "--pin-env",
                "P",
            ],
        );
        for choice in ["--label", "--id", "--public-key"] {
            assert!(said.contains(choice), "{choice}: {said}");
        }
    }
    assert!(usage(&sandbox, &["status"]).contains("--server"));
    let said = usage(&sandbox, &["audit", "verify"]);
    assert!(said.contains("FILE") && said.contains("--store"), "{said}");
    assert!(usage(&sandbox, &["audit", "export"]).contains("--store"));
}

#[test]
fn arguments_that_contradict_each_other_end_with_code_2() {
    let sandbox = Sandbox::new();
    let mut token = vec![
        "--module",
        "m",
        "--token-label",
        "removal",
        "--pin-env",
        "P",
    ];
    let of_two = ["keys", "generate", "--label", "one label"];
    assert!(usage(&sandbox, &[&of_two[..], &token].concat()).contains("--scheme"));
    token.extend(["--scheme", "ed25519", "--leaf-index", "2", "--out", "file"]);
    let out = [&["propose-remove"], &REMOVAL[..], &token].concat();
    assert!(usage(&sandbox, &out).contains("--out"));
    let none = ["keys", "list", "--module-limit", "0"];
    assert!(usage(&sandbox, &none).contains("--module-limit"));
}

#[test]
fn a_service_that_is_not_there_is_named() {
    let sandbox = Sandbox::new();
    let place = format!("unix:{}", sandbox.path("signer.sock").display());
    for command in ["status", "reload"] {
        let output = sandbox
            .command(&[command, "--server", &place])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("signer.sock"), "{said}");
    }
}

/// What closes a file closes it to strangers alone: a service reads its own by its group.
#[test]
fn advice_about_a_file_fits_commands_and_services() {
    let sandbox = Sandbox::new();
    sandbox.write("pin", PIN, 0o644);
    let said = sandbox.fail(&["keys", "list"]);
    assert!(said.contains("chmod o= "), "{said}");
    sandbox.write("pin", PIN, 0o600);
    let absent = std::path::Path::new("/nonexistent/module.so");
    let output = sandbox
        .command_through(absent, &["keys", "list"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("--module") && said.contains("[[tenants.tokens]]"),
        "{said}"
    );
}

/// Whoever makes or ends a key is told how a service that runs learns of it.
#[test]
fn what_changes_keys_says_how_a_service_learns_of_it() {
    let sandbox = Sandbox::new();
    let scheme = ["--scheme", "ed25519"];
    let said = [
        sandbox.succeed(&[&["keys", "generate"], &scheme[..]].concat()),
        sandbox.succeed(&[&["keys", "rotate"], &scheme[..]].concat()),
        sandbox.succeed(&["keys", "retire", "--label", "mls-removal-ed25519"]),
    ];
    for said in said {
        assert!(said.contains("systemctl reload"), "{said}");
    }
}

/// A place that is none is an argument that makes no sense, not a service that does not answer.
#[test]
fn a_service_is_named_by_a_place() {
    let sandbox = Sandbox::new();
    for place in [
        "",
        "unix:",
        "foo:x",
        "http://1.2.3.4:5",
        "http://localhost",
        "https://signer.example.com:443",
    ] {
        assert!(usage(&sandbox, &["status", "--server", place]).contains("--server"));
        let token = ["--module", "m", "--slot", "0", "--pin-env", "P"];
        let rotate = ["keys", "rotate", "--scheme", "ed25519", "--server", place];
        usage(&sandbox, &[&rotate[..], &token].concat());
        usage(
            &sandbox,
            &[
                &["propose-remove", "--scheme", "ed25519", "--server", place],
                &REMOVAL[..],
            ]
            .concat(),
        );
    }
    usage(&sandbox, &["reload", "--server", "unix:"]);
}

/// A key of a scheme is made once, and a second of the same label never.
#[test]
fn a_scheme_is_named_once() {
    let sandbox = Sandbox::new();
    let twice = ["--scheme", "ed25519", "--scheme", "ed25519"];
    let token = [
        "--token-label",
        "removal",
        "--pin-env",
        "P",
        "--module",
        "m",
    ];
    let plan = sandbox.path("plan.json");
    let plan = ["--witness", "W", "--out", plan.to_str().unwrap()];
    let prepare = [&["ceremony", "prepare"], &plan[..]].concat();
    for command in [&["keys", "generate"][..], &["keys", "public"], &prepare] {
        let said = usage(&sandbox, &[command, &twice, &token].concat());
        assert!(said.contains("ed25519") && said.contains("twice"), "{said}");
    }
}

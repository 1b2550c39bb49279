//! The command line, run as a program with a SoftHSM directory of its own.

use std::path::{Path, PathBuf};

use mls_fault_module::{Faults, library};
use openmls::prelude::tls_codec::Deserialize;
use openmls::prelude::{MlsMessageBodyIn, MlsMessageIn};
use serde_json::{Value, json};

use crate::support::programs::program;
use crate::support::{Sandbox, failed, module_path, succeeded};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn four_keys_are_generated_listed_and_exported() {
    let sandbox = Sandbox::new();
    let made = parsed(&sandbox.succeed(&["keys", "generate", "--json"]));
    let listed = parsed(&sandbox.succeed(&["keys", "list", "--json"]));
    assert_eq!(made.as_array().unwrap().len(), 4);
    for key in made.as_array().unwrap() {
        assert_eq!(key["protection"], "made-in-token");
        assert!(listed.as_array().unwrap().contains(key), "{key}");
    }
    let raw = parsed(&sandbox.succeed(&["keys", "public"]));
    for key in made.as_array().unwrap() {
        let scheme = key["scheme"].as_str().unwrap();
        assert_eq!(raw["removal"][scheme], key["public_key"]);
    }
    assert_eq!(raw["removal"].as_object().unwrap().len(), 4);
    let jwk = parsed(&sandbox.succeed(&["keys", "public", "--format", "jwk"]));
    let curves = ["P-256", "P-384", "P-521"].map(Value::from);
    let of = |scheme: &str| jwk["removal"][scheme]["crv"].clone();
    assert_eq!(
        [
            "ecdsa_secp256r1_sha256",
            "ecdsa_secp384r1_sha384",
            "ecdsa_secp521r1_sha512"
        ]
        .map(of),
        curves
    );
    assert_eq!(jwk["removal"]["ed25519"]["kty"], "OKP");
}

#[test]
fn generating_twice_changes_nothing() {
    let sandbox = Sandbox::new();
    let p384 = ["keys", "generate", "--scheme", "ecdsa_secp384r1_sha384"];
    sandbox.succeed(&p384);
    let list = || parsed(&sandbox.succeed(&["keys", "list", "--json"]));
    let first = list();
    // Those that are missing are made, and the one that is there is named.
    let output = sandbox.run(&["keys", "generate"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("already has a key") && said.contains("secp384r1"),
        "{said}"
    );
    let all = list();
    assert_eq!(all.as_array().unwrap().len(), 4, "{all}");
    assert!(all.as_array().unwrap().contains(&first[0]), "{all}");
    for arguments in [&["keys", "generate"][..], &p384] {
        let error = sandbox.fail(arguments);
        assert!(error.contains("already has a key"), "{error}");
        assert_eq!(list(), all);
    }
}

#[test]
fn an_openssl_key_is_imported_and_exported_as_pem() {
    let sandbox = Sandbox::new();
    let (key, public) = (sandbox.path("key.pem"), sandbox.path("public.pem"));
    let openssl = |arguments: &[&str], out: &Path| {
        let status = program("openssl", "openssl")
            .args(arguments)
            .arg("-out")
            .arg(out)
            .status();
        assert!(status.unwrap().success());
    };
    openssl(
        &[
            "genpkey",
            "-algorithm",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-521",
        ],
        &key,
    );
    openssl(&["pkey", "-in", key.to_str().unwrap(), "-pubout"], &public);
    let said = sandbox.succeed(&["keys", "import", "--pkcs8", key.to_str().unwrap()]);
    assert!(
        said.contains("imported") && said.contains("destroy"),
        "{said}"
    );
    let exported = sandbox.succeed(&["keys", "public", "--format", "pem"]);
    assert_eq!(exported, std::fs::read_to_string(public).unwrap());
}

#[test]
fn a_proposal_is_printed_written_and_parsed_by_openmls() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate", "--scheme", "ed25519"]);
    let arguments = [
        "propose-remove",
        "--scheme",
        "ed25519",
        "--group-id",
        "0a0b0c",
        "--epoch",
        "5",
        "--leaf-index",
        "2",
        "--sender-index",
        "1",
    ];
    let said = parsed(&sandbox.succeed(&[&arguments[..], &["--json"]].concat()));
    assert_eq!(
        (&said["epoch"], &said["group_id"]),
        (&json!(5), &json!("0a0b0c"))
    );
    let out = sandbox.path("proposal.bin");
    sandbox.succeed(&[&arguments[..], &["--out", out.to_str().unwrap()]].concat());
    let message = MlsMessageIn::tls_deserialize_exact(std::fs::read(out).unwrap()).unwrap();
    let MlsMessageBodyIn::PublicMessage(message) = message.extract() else {
        panic!("not a PublicMessage");
    };
    assert_eq!(message.group_id().as_slice(), [0x0a, 0x0b, 0x0c]);
    assert_eq!(message.epoch().as_u64(), 5);
}

#[test]
fn the_doctor_finds_a_healthy_token_healthy() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate"]);
    let report = parsed(&sandbox.succeed(&["doctor", "--json"]));
    assert_eq!(report["healthy"], true);
    let checks = report["checks"].as_array().unwrap();
    let signatures = checks.iter().filter(|check| {
        check["name"].as_str().unwrap().starts_with("signature of") && check["verdict"] == "good"
    });
    assert_eq!(signatures.count(), 4);
    assert!(sandbox.succeed(&["doctor"]).ends_with("healthy\n"));
}

#[test]
fn the_doctor_fails_where_there_is_nothing_to_sign_with() {
    let sandbox = Sandbox::new();
    let output = sandbox.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("FAILED") && said.ends_with("not healthy\n"),
        "{said}"
    );
}

/// A vendor's library that crashes or hangs ends a process of its own, and the command
/// line says what happened.
#[test]
fn the_doctor_survives_the_module() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate"]);
    let directory = tempfile::tempdir().unwrap();
    let faults = Faults::install(&library().unwrap(), directory.path(), module_path()).unwrap();
    for (rule, limit, said) in [
        ("C_GetTokenInfo crash", "60", "crashed (signal 11)"),
        ("C_GetTokenInfo hang", "2", "did not answer within 2 s"),
    ] {
        faults.set(&[rule]).unwrap();
        let mut command = sandbox.command_through(&faults.module(), &["doctor"]);
        let output = command.args(["--module-limit", limit]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(said), "{stderr}");
    }
    faults.set(&[]).unwrap();
    let output = sandbox
        .command_through(&faults.module(), &["doctor"])
        .output()
        .unwrap();
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("signature")
    );
}

/// What a process has in a TPM and does not give back is lost to those after it.
#[test]
fn every_command_ends_with_the_module_finalised() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate"]);
    let directory = tempfile::tempdir().unwrap();
    let faults = Faults::install(&library().unwrap(), directory.path(), module_path()).unwrap();
    faults.set(&["C_Finalize log"]).unwrap();
    let removal = ["--group-id", "00", "--epoch", "1", "--leaf-index", "1"];
    let propose = [&["propose-remove", "--scheme", "ed25519"], &removal[..]].concat();
    let commands: [(&[&str], i32); 5] = [
        (&["doctor"], 0),
        (&["keys", "list"], 0),
        (&["keys", "public", "--in-process"], 0),
        (&["keys", "generate", "--scheme", "ed25519"], 1),
        (&propose, 0),
    ];
    for (number, (arguments, code)) in commands.into_iter().enumerate() {
        let mut command = sandbox.command_through(&faults.module(), arguments);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert_eq!(faults.log().len(), number + 1, "{arguments:?}");
    }
}

/// Whether the token would lock the PIN is what it does not say.
#[test]
fn a_token_that_does_not_describe_itself_is_given_no_pin() {
    let sandbox = Sandbox::new();
    let by = |module: &Path, choice: [&str; 2]| {
        let mut command = sandbox.command(&["keys", "list", "--module"]);
        command.arg(module).args(choice);
        command.arg("--pin-file").arg(sandbox.path("pin"));
        let output = command.output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (_, others) = by(module_path(), ["--token-label", "none"]);
    let (_, slot) = others.split_once(", slot ").unwrap();
    let (slot, _) = slot.split_once(')').unwrap();
    let directory = tempfile::tempdir().unwrap();
    let faults = Faults::install(&library().unwrap(), directory.path(), module_path()).unwrap();
    let rules = ["C_GetTokenInfo return 0x30", "C_Login log"];
    faults.set(&rules).unwrap();
    let (code, error) = by(&faults.module(), ["--slot", slot]);
    assert_eq!(code, Some(4));
    assert!(error.contains("does not say that it would not"), "{error}");
    assert!(faults.log().is_empty());
}

/// pkcs11-spy stands between the program and SoftHSM and writes down every call.
#[test]
fn a_wrong_pin_is_tried_once() {
    let sandbox = Sandbox::new();
    sandbox.write("pin", "000000", 0o600);
    let log = sandbox.path("spy.log");
    for (arguments, code) in [(["keys", "list"].as_slice(), 4), (&["doctor"], 1)] {
        let _ = std::fs::remove_file(&log);
        let output = sandbox
            .command_through(&spy(), arguments)
            .env("PKCS11SPY", module_path())
            .env("PKCS11SPY_OUTPUT", &log)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code));
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(
            said.contains("C_Login returned CKR_PIN_INCORRECT"),
            "{said}"
        );
        let calls = std::fs::read_to_string(&log).unwrap();
        assert_eq!(calls.matches("C_Login").count(), 1, "{calls}");
    }
}

/// pkcs11-spy, from the Debian package opensc.
fn spy() -> PathBuf {
    let directories = ["x86_64-linux-gnu/", "aarch64-linux-gnu/", "", "pkcs11/"];
    let paths = directories.map(|place| PathBuf::from(format!("/usr/lib/{place}pkcs11-spy.so")));
    let paths = paths.into_iter().chain(["/usr/lib64/pkcs11-spy.so".into()]);
    paths
        .into_iter()
        .find(|path| path.exists())
        .expect("pkcs11-spy (apt-get install opensc)")
}

#[test]
fn failures_name_function_and_code_for_programs() {
    let sandbox = Sandbox::new();
    sandbox.write("pin", "000000", 0o600);
    let output = sandbox.run(&["keys", "list", "--json"]);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let error = parsed(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(
        (&error["function"], &error["code"]),
        (&json!("C_Login"), &json!("CKR_PIN_INCORRECT"))
    );
}

#[test]
fn a_pin_file_that_others_can_read_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("pin", crate::support::PIN, 0o644);
    let error = sandbox.fail(&["keys", "list"]);
    assert!(error.contains("chmod o="), "{error}");
}

#[test]
fn the_pin_may_come_from_the_environment_and_never_from_an_argument() {
    let sandbox = Sandbox::new();
    let run = |arguments: &[&str]| {
        let mut command = sandbox.command(arguments);
        command
            .arg("--module")
            .arg(module_path())
            .env("THE_PIN", crate::support::PIN);
        command.args(["--token-label", "removal"]).output().unwrap()
    };
    succeeded(&run(&["keys", "list", "--pin-env", "THE_PIN"]));
    assert!(failed(&run(&["keys", "list", "--pin-env", "NO_PIN"])).contains("NO_PIN"));
    for unknown in [
        ["keys", "list", "--pin", "1234"].as_slice(),
        &["keys", "list"],
    ] {
        assert_eq!(run(unknown).status.code(), Some(2));
    }
}

#[test]
fn a_missing_token_and_a_missing_module_are_named() {
    let sandbox = Sandbox::empty();
    let error = sandbox.fail(&["keys", "list"]);
    assert!(error.contains("no token labelled \"removal\""), "{error}");
    let absent = Path::new("/nonexistent/module.so");
    let error = failed(
        &sandbox
            .command_through(absent, &["keys", "list"])
            .output()
            .unwrap(),
    );
    assert!(error.contains("/nonexistent/module.so"), "{error}");
}

#[test]
fn a_token_is_made_once() {
    let sandbox = Sandbox::new();
    let error = failed(&sandbox.init("removal"));
    assert!(error.contains("never overwritten"), "{error}");
    succeeded(&sandbox.init("another"));
}

#[test]
fn arguments_that_make_no_sense_end_with_code_2() {
    let sandbox = Sandbox::new();
    for arguments in [
        ["keys", "generate", "--scheme", "rsa"].as_slice(),
        &["keys", "list", "--id", "abc"],
        &[
            "propose-remove",
            "--group-id",
            "00",
            "--epoch",
            "1",
            "--leaf-index",
            "1",
        ],
        &["keys", "public", "--format", "der"],
    ] {
        assert_eq!(
            sandbox.run(arguments).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
}

//! Files with keys and PINs as they come: through pipes, in Helm values of every form, and none.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use mls_hsm_signer::{PrivateKey, Scheme};

use crate::support::engine::openssl_key;
use crate::support::programs::{openssl, program};
use crate::support::{PIN, Sandbox, failed, module_path, succeeded};

const PLACE: &str = "galley.secrets.mlsPrivateKeys.removal";

/// A run of the command with `input` in a pipe to it.
fn fed(mut command: Command, input: &[u8]) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // What does not read it is done before it is written.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[test]
fn keys_and_values_come_through_pipes() {
    let sandbox = Sandbox::new();
    let pem = openssl_key(&mls_hsm_signer::SCHEMES[0]);
    let import = ["keys", "import", "--label", "one", "--pkcs8", "/dev/stdin"];
    succeeded(&fed(
        sandbox.command_through(module_path(), &import),
        pem.as_bytes(),
    ));
    let values = values(&keys());
    let import = ["keys", "import", "--wire-values", "/dev/stdin"];
    succeeded(&fed(
        sandbox.command_through(module_path(), &import),
        values.as_bytes(),
    ));
    let refused = fed(sandbox.command_through(module_path(), &import), b"");
    assert!(failed(&refused).contains("there is no galley in it"));
}

#[test]
fn pins_come_through_pipes_and_process_substitution() {
    let sandbox = Sandbox::new();
    let with = |arguments: &[&str]| {
        let mut command = sandbox.command(arguments);
        command.arg("--module").arg(module_path());
        command.args(["--token-label", "removal", "--pin-file", "/dev/stdin"]);
        command
    };
    succeeded(&fed(with(&["keys", "generate"]), PIN.as_bytes()));
    // The process that is supervised reads it, and so does one that has the module in it.
    succeeded(&fed(with(&["doctor"]), PIN.as_bytes()));
    succeeded(&fed(
        with(&["keys", "list", "--in-process"]),
        PIN.as_bytes(),
    ));
    for arguments in ["keys list", "doctor"] {
        let script = format!(
            "exec {} {arguments} --module {} --token-label removal --pin-file <(printf %s {PIN})",
            env!("CARGO_BIN_EXE_mls-hsm-signer"),
            module_path().display(),
        );
        let mut bash = program("bash", "bash");
        bash.args(["-c", &script])
            .env("SOFTHSM2_CONF", sandbox.path("softhsm2.conf"));
        succeeded(&bash.output().unwrap());
    }
}

/// Another user's pipe cannot be opened, though this process has it.
#[test]
fn a_pipe_of_another_user_is_said_to_be_one() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65_534;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(directory.path(), open).unwrap();
    let copy = directory.path().join("mls-hsm-signer");
    std::fs::copy(env!("CARGO_BIN_EXE_mls-hsm-signer"), &copy).unwrap();
    let mut command = Command::new(copy);
    command.args(["keys", "list", "--module", "m", "--slot", "0"]);
    command.args(["--pin-file", "/dev/stdin"]).uid(NOBODY);
    let said = failed(&fed(command, PIN.as_bytes()));
    assert!(
        said.contains("/dev/stdin is a pipe of another user"),
        "{said}"
    );
}

/// pkcs11-spy would show a login; nothing is tried with what is no PIN.
#[test]
fn what_is_no_pin_is_refused_before_it_is_tried() {
    let sandbox = Sandbox::new();
    let content = |bytes: &[u8]| std::fs::write(sandbox.path("pin"), bytes).unwrap();
    for (bytes, reason) in [
        (format!("\u{feff}{PIN}").as_bytes(), "byte order mark"),
        (format!("{PIN} \n").as_bytes(), "a blank"),
        (format!("{PIN}\n\n").as_bytes(), "a line break"),
        (b"", "the PIN is empty, and the token needs a login"),
    ] {
        content(bytes);
        for arguments in [
            ["keys", "list"].as_slice(),
            &["doctor"],
            &["keys", "generate"],
        ] {
            let output = sandbox.run(arguments);
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8(said).unwrap();
            assert!(said.contains(reason), "{said}");
            assert!(said.to_lowercase().contains("nothing was tried"), "{said}");
            assert!(!said.contains("C_Login"), "{said}");
        }
    }
    content(format!("{PIN}\r\n").as_bytes());
    sandbox.succeed(&["keys", "list"]);
}

/// NSS's slot for public operations never wants a login.
#[test]
fn a_token_that_needs_no_login_takes_an_empty_pin() {
    let places = ["x86_64-linux-gnu/", "aarch64-linux-gnu/", ""];
    let nss = places.map(|place| format!("/usr/lib/{place}libsoftokn3.so"));
    let nss_in_folder = places.map(|place| format!("/usr/lib/{place}nss/libsoftokn3.so"));
    let mut paths = nss.iter().chain(&nss_in_folder);
    let module = paths.find(|path| Path::new(path).exists());
    let module = module.expect("NSS softokn (apt-get install libnss3)");
    let sandbox = Sandbox::empty();
    sandbox.write("pin", "", 0o600);
    let directory = tempfile::tempdir().unwrap();
    let parameters = format!(
        "configdir='sql:{}' certPrefix='' keyPrefix='' secmod='' flags=",
        directory.path().display()
    );
    let run = |arguments: &[&str]| {
        let mut command = sandbox.command(arguments);
        command.args(["--module", module, "--module-parameters", &parameters]);
        command.args(["--slot", "1"]);
        command.arg("--pin-file").arg(sandbox.path("pin"));
        command.output().unwrap()
    };
    let listed = succeeded(&run(&["keys", "list"]));
    assert_eq!(listed, "no private key of any label\n");
    // There is nothing to sign with; the module has had its parameters, without which it does not
    // start.
    let doctor = run(&["doctor"]);
    let said = String::from_utf8(doctor.stdout).unwrap();
    assert!(said.contains("login: the token needs none"), "{said}");
}

/// A key for each name of Wire's, in PEM.
fn keys() -> Vec<(&'static str, String)> {
    let schemes = Scheme::all_of_wire();
    schemes
        .map(|scheme| (scheme.name, openssl_key(scheme)))
        .collect()
}

/// The lines, each behind `blanks` blanks.
fn indented(text: &str, blanks: usize) -> String {
    let line = |line: &str| format!("{:blanks$}{line}\n", "");
    text.lines().map(line).collect()
}

fn styled(keys: &[(&str, String)], style: &str) -> String {
    let key =
        |(name, pem): &(&str, String)| format!("        {name}: {style}\n{}", indented(pem, 12));
    let keys: String = keys.iter().map(key).collect();
    format!("galley:\n  secrets:\n    mlsPrivateKeys:\n      removal:\n{keys}")
}

fn values(keys: &[(&str, String)]) -> String {
    styled(keys, "|")
}

/// One line for each key.
fn in_lines(keys: &[(&str, String)], value: impl Fn(&str) -> String) -> String {
    let key = |(name, pem): &(&str, String)| format!("        {name}: {}\n", value(pem));
    let keys: String = keys.iter().map(key).collect();
    format!("galley:\n  secrets:\n    mlsPrivateKeys:\n      removal:\n{keys}")
}

/// Every form that Helm takes, and what else may be in the file.
#[test]
fn values_that_helm_takes_are_imported() {
    let keys = keys();
    let plain = values(&keys);
    let mark = "\u{feff}";
    let utf16 = format!("{mark}{plain}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("literal", plain.clone().into()),
        ("stripped", styled(&keys, "|-").into()),
        (
            "kept",
            styled(&keys, "|+")
                .replace("KEY-----\n", "KEY-----\n\n")
                .into(),
        ),
        ("quoted", in_lines(&keys, |pem| format!("{pem:?}")).into()),
        (
            "blanks at the ends",
            plain.replace("KEY-----\n", "KEY-----  \n").into(),
        ),
        (
            "an entry that is none of the four",
            format!("{plain}        ed448: |\n          x\n").into(),
        ),
        (
            "nested deep",
            format!("a: {}{}\n{plain}", "[".repeat(5_000), "]".repeat(5_000)).into(),
        ),
        (
            "nested deep in blocks",
            format!("a:\n{} x\n{plain}", "- ".repeat(2_000)).into(),
        ),
        ("CRLF", plain.replace('\n', "\r\n").into()),
        ("a byte order mark", format!("{mark}{plain}").into()),
        ("UTF-16", utf16),
        (
            "names twice elsewhere",
            format!("brig:\n  a: 1\n  a: 2\n{plain}").into(),
        ),
        (
            "twice, as Helm takes the last",
            format!("{plain}{plain}").into(),
        ),
        (
            "a document before",
            format!("brig:\n  x: 1\n---\n{plain}").into(),
        ),
        (
            "a document after",
            format!("{plain}---\nbrig:\n  x: 1\n").into(),
        ),
        (
            "an empty document",
            format!("---\n---\n{plain}...\n").into(),
        ),
        (
            "a template elsewhere",
            format!("brig:\n  x: {{{{ .Values.x }}}}\n{plain}").into(),
        ),
        (
            "tags elsewhere",
            format!("brig:\n  x: !!binary aGk=\n  y: !own z\n{plain}").into(),
        ),
    ];
    for (name, content) in forms {
        let sandbox = Sandbox::new();
        let file = sandbox.path("values.yaml");
        std::fs::write(&file, content).unwrap();
        let output = sandbox.run(&["keys", "import", "--wire-values", file.to_str().unwrap()]);
        assert!(output.status.success(), "{name}: {output:?}");
        let public = sandbox.succeed(&["keys", "public"]);
        for (scheme, pem) in &keys {
            let key = PrivateKey::from_pem(pem).unwrap();
            let wanted = mls_hsm_signer::encoding::base64(key.public_key());
            assert!(public.contains(&wanted), "{name}: {scheme}");
        }
    }
}

/// `openssl` with the key on its input.
fn converted(arguments: &[&str], pem: &str) -> String {
    let mut command = openssl();
    command.args(arguments);
    let output = fed(command, pem.as_bytes());
    String::from_utf8(output.stdout).unwrap()
}

/// Each list has nine times what the one before it has.
fn bombs() -> String {
    let lists = "abcdefgh".chars().zip("bcdefghi".chars());
    let line = |(inner, outer): (char, char)| {
        let nine = vec![format!("*{inner}"); 9].join(",");
        format!("{outer}: &{outer} [{nine}]\n")
    };
    lists.map(line).collect()
}

#[test]
fn values_without_the_four_keys_say_what_is_there() {
    let sandbox = Sandbox::empty();
    let keys = keys();
    let plain = values(&keys);
    let with = |index: usize, pem: String| {
        let mut keys = keys.clone();
        keys[index].1 = pem;
        values(&keys)
    };
    let p256 = &keys[1].1;
    let sec1 = converted(&["ec"], p256);
    let public = converted(&["pkey", "-pubout"], p256);
    let encrypted = converted(&["pkcs8", "-topk8", "-passout", "pass:x"], p256);
    let base64 = |pem: &str| mls_hsm_signer::encoding::base64(pem.as_bytes());
    let moved = |head: &str| plain.replace("galley:\n  secrets:\n    mlsPrivateKeys:\n", head);
    let sops = |_: &str| "ENC[AES256_GCM,data:Zm9v,iv:aXY=,tag:dGFn,type:str]".into();
    let cases: Vec<(String, &str)> = vec![
        (String::new(), "there is no galley in it"),
        ("brig: {}\n".into(), "there is no galley in it"),
        ("galley:\n  config: {}\n".into(), "no galley.secrets in it"),
        (
            plain.replace("mlsPrivateKeys", "mlsprivatekeys"),
            "no galley.secrets.mlsPrivateKeys in it",
        ),
        (
            "galley:\n  secrets:\n    mlsPrivateKeys:\n      removal:\n".into(),
            "no galley.secrets.mlsPrivateKeys.removal in it",
        ),
        (
            values(&keys[1..]),
            "removal.ed25519 is missing, and all four",
        ),
        (
            in_lines(&keys, |_| String::new()),
            "removal.ed25519 is empty",
        ),
        (
            in_lines(&keys, |_| "\"\"".into()),
            "removal.ed25519 is empty",
        ),
        (
            with(2, p256.clone()),
            "secp384r1_sha384 holds a key of ECDSA P-256",
        ),
        (styled(&keys, ">"), "write | after the name, not >"),
        (
            in_lines(&keys, |pem| format!("'{}'", pem.replace('\n', "\\n"))),
            "use double quotes, or |",
        ),
        (in_lines(&keys, base64), "base64 once more"),
        (in_lines(&keys, sops), "sops -d"),
        (
            "$ANSIBLE_VAULT;1.1;AES256\n3336\n".into(),
            "ansible-vault view",
        ),
        (
            with(0, "$ANSIBLE_VAULT;1.1;AES256\n3336\n".into()).replacen(
                "ed25519: |",
                "ed25519: !vault |",
                1,
            ),
            "ansible localhost -m ansible.builtin.copy",
        ),
        (with(1, sec1), "openssl pkcs8 -topk8 -nocrypt"),
        (with(1, public), "a public key and no private key"),
        (
            with(1, encrypted),
            "secp256r1_sha256 is encrypted, which Wire's server cannot read",
        ),
        (
            in_lines(&keys, |_| "{{ .Values.x | quote }}".into()),
            "a template stands there",
        ),
        (
            plain.replacen("        ed25519", "\ted25519", 1),
            "begins with a tab",
        ),
        (
            moved("secrets:\n    mlsPrivateKeys:\n"),
            "at secrets.mlsPrivateKeys.removal in it",
        ),
        (
            moved("mlsPrivateKeys:\n"),
            "at mlsPrivateKeys.removal in it",
        ),
        (
            format!("wire-server:\n{}", indented(&plain, 2)),
            "at wire-server.galley.secrets",
        ),
        (
            format!(
                "kind: Secret\ndata:\n  removal_ed25519.pem: {}\n",
                base64(p256)
            ),
            "Kubernetes Secret",
        ),
        (format!("{plain}---\n{plain}"), "several documents"),
        (
            plain.replacen("        ecdsa_secp384", "       ecdsa_secp384", 1),
            "not indented as those before it",
        ),
        (
            format!("a: {}{}\n{plain}", "[".repeat(20_000), "]".repeat(20_000)),
            "nested deeper than any values",
        ),
        (
            format!("a: &a [x,x,x,x,x,x,x,x,x]\n{}{plain}", bombs()),
            "its aliases (*name) repeat more",
        ),
    ];
    for (yaml, reason) in &cases {
        let file = sandbox.write("values.yaml", yaml, 0o600);
        let said = sandbox.fail(&["keys", "import", "--wire-values", file.to_str().unwrap()]);
        assert!(said.contains(reason), "{reason}: {said}\n{yaml}");
        assert!(
            said.contains(PLACE) || said.contains("it is a Kubernetes") || said.contains("ansible"),
            "{said}"
        );
        assert!(!said.contains("passphrase-file"), "{said}");
        // Commands that work on the key alone would be given the values.
        let of_a_key = said.contains("KEY.") || said.contains("-in FILE");
        assert!(!of_a_key || said.contains("FILE is "), "{said}");
    }
}

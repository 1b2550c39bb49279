//! The passphrase of an encrypted key: what a file may hold, and how a terminal is asked.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use mls_hsm_signer::SCHEMES;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::support::engine::openssl_key;
use crate::support::programs::{openssl, program};
use crate::support::{Sandbox, failed, module_path, succeeded};

const PASSPHRASE: &str = "open sesame";

/// A key that is encrypted with [`PASSPHRASE`].
fn encrypted_key(sandbox: &Sandbox) -> PathBuf {
    let clear = sandbox.write("clear.pem", &openssl_key(&SCHEMES[0]), 0o600);
    let out = sandbox.path("encrypted.pem");
    let mut command = openssl();
    command.args(["pkcs8", "-topk8", "-in"]).arg(clear);
    command.args(["-passout", &format!("pass:{PASSPHRASE}")]);
    let output = command.arg("-out").arg(&out).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    out
}

#[test]
fn it_is_read_without_the_line_break() {
    let sandbox = Sandbox::new();
    let key = encrypted_key(&sandbox);
    let file = sandbox.write("passphrase", &format!("{PASSPHRASE}\n"), 0o600);
    let [key, file] = [&key, &file].map(|path| path.to_str().unwrap());
    sandbox.succeed(&["keys", "import", "--pkcs8", key, "--passphrase-file", file]);
}

#[test]
fn what_is_none_and_what_all_can_read_is_refused() {
    let sandbox = Sandbox::empty();
    let key = encrypted_key(&sandbox);
    let refused = |content: &str, mode| {
        let file = sandbox.write("passphrase", content, mode);
        let [key, file] = [&key, &file].map(|path| path.to_str().unwrap());
        sandbox.fail(&["keys", "import", "--pkcs8", key, "--passphrase-file", file])
    };
    for content in ["", "\n", "two\nlines", &"a".repeat(1025)] {
        let said = refused(content, 0o600);
        assert!(
            said.contains("must be 1 to 1024 bytes on one line"),
            "{said}"
        );
    }
    let said = refused(PASSPHRASE, 0o644);
    assert!(said.contains("chmod o="), "{said}");
}

/// The import of an encrypted key without a passphrase file, in a session of its own. `setsid`
/// makes its standard input the session's terminal, where `options` say so.
fn import(sandbox: &Sandbox, key: &str, options: &[&str]) -> Command {
    let import = sandbox.command_through(module_path(), &["keys", "import", "--pkcs8", key]);
    let mut command = program("setsid", "util-linux");
    command.args(options).arg(import.get_program());
    command.args(import.get_args());
    let set = |(name, value): (_, Option<_>)| Some((name, value?));
    command.envs(import.get_envs().filter_map(set));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A terminal: its one end, and the other that programs have.
fn terminal() -> (File, File) {
    let ours: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let path = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    let theirs = File::options().read(true).write(true).open(path).unwrap();
    (File::from(ours), theirs)
}

#[test]
fn a_terminal_is_asked_and_does_not_show_it() {
    let sandbox = Sandbox::new();
    let key = encrypted_key(&sandbox);
    let key = key.to_str().unwrap();
    // Theirs is open until the end, so that what it showed can be read.
    let (mut ours, theirs) = terminal();
    let mut asking = import(&sandbox, key, &["--wait", "--ctty"]);
    let asking = asking.stdin(theirs.try_clone().unwrap()).spawn().unwrap();
    let mut shown = Vec::new();
    let mut show = |ours: &mut File, end: &str| {
        while !shown.ends_with(end.as_bytes()) {
            let mut byte = [0];
            ours.read_exact(&mut byte).unwrap();
            shown.push(byte[0]);
        }
    };
    let echoes = || {
        let modes = tcgetattr(&theirs).unwrap().local_modes;
        modes.contains(LocalModes::ECHO)
    };
    let question = format!("passphrase of {key}: ");
    show(&mut ours, &question);
    while echoes() {
        std::thread::yield_now();
    }
    writeln!(ours, "{PASSPHRASE}").unwrap();
    show(&mut ours, "\r\n");
    succeeded(&asking.wait_with_output().unwrap());
    assert_eq!(String::from_utf8(shown).unwrap(), format!("{question}\r\n"));
    assert!(echoes());
}

#[test]
fn without_a_terminal_a_file_is_advised() {
    let sandbox = Sandbox::empty();
    let key = encrypted_key(&sandbox);
    let mut asking = import(&sandbox, key.to_str().unwrap(), &["--wait"]);
    let said = failed(&asking.stdin(Stdio::null()).output().unwrap());
    assert!(said.contains("--passphrase-file"), "{said}");
}

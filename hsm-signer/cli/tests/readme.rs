//! The README's section on the signer, followed as it stands: its commands are run.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use rustix::process::geteuid;
use tempfile::TempDir;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");

/// Debian's `nobody`: the README wants an ordinary user.
const NOBODY: u32 = 65534;

/// What the test has done already, or does in another way: the beginnings of the lines.
const DONE: [&str; 2] = ["sudo apt-get install softhsm2", "cargo install --locked"];

const SERVE: &str = "mls-hsm-signer serve --config signer.toml\n";
/// What a person does in a second terminal.
const SERVE_BESIDE: &str = "\
mls-hsm-signer serve --config signer.toml & service=$!
trap 'kill $service' EXIT
while ! test -S signer.sock; do kill -0 $service; sleep 0.1; done
";

/// The blocks of code in a section, in order.
fn blocks<'a>(readme: &'a str, heading: &str) -> Vec<&'a str> {
    let (_, section) = readme.split_once(heading).expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let fenced = section.split("```").skip(1).step_by(2);
    let without_language = |block: &'a str| block.split_once('\n').map(|(_, code)| code);
    fenced.filter_map(without_language).collect()
}

fn without_what_is_done(commands: &str) -> String {
    let is_done = |line: &&str| DONE.iter().any(|done| line.starts_with(done));
    assert_eq!(commands.lines().filter(is_done).count(), DONE.len());
    let left = commands.lines().filter(|line| !is_done(line));
    left.fold(String::new(), |text, line| text + line + "\n")
}

/// A home with the program in `bin`, which its user can reach wherever the program was built.
fn home(user: u32) -> TempDir {
    let home = tempfile::Builder::new()
        .prefix("readme-")
        .tempdir_in("/tmp")
        .expect("a home");
    let bin = home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::copy(
        env!("CARGO_BIN_EXE_mls-hsm-signer"),
        bin.join("mls-hsm-signer"),
    )
    .unwrap();
    fs::set_permissions(&bin, fs::Permissions::from_mode(0o755)).unwrap();
    chown(home.path(), Some(user), Some(user)).unwrap();
    home
}

/// A shell of an ordinary user in `home`.
fn shell(home: &Path, user: u32) -> Command {
    let mut shell = match geteuid().is_root() {
        true => {
            let mut other = Command::new("setpriv");
            let id = |option: &str| format!("{option}={user}");
            other.args([&id("--reuid"), &id("--regid"), "--clear-groups", "bash"]);
            other
        }
        false => Command::new("bash"),
    };
    let path = format!("{}/bin:/usr/bin:/bin", home.display());
    shell
        .args(["-euo", "pipefail", "-c"])
        .env_clear()
        .env("HOME", home)
        .env("PATH", path)
        .current_dir(home);
    shell
}

#[test]
fn the_signer_s_section_can_be_followed() {
    let readme = fs::read_to_string(README).unwrap();
    let [first_steps, configuration, service] = blocks(&readme, "## The signer\n")[..] else {
        panic!("the section has commands, a configuration and commands");
    };
    let user = match geteuid().is_root() {
        true => NOBODY,
        false => geteuid().as_raw(),
    };
    assert_eq!(configuration.matches("[1000]").count(), 1);
    let configuration = configuration.replace("[1000]", &format!("[{user}]"));
    assert_eq!(service.matches(SERVE).count(), 1);
    let script = [
        &without_what_is_done(first_steps),
        "cat > signer.toml <<'END'\n",
        &configuration,
        "END\nchmod 600 signer.toml\n",
        &service.replace(SERVE, SERVE_BESIDE),
    ]
    .concat();
    let home = home(user);
    let output = shell(home.path(), user).arg(&script).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{said}\n{complained}");
    // The last line is the service's answer.
    let answer: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let message = answer["results"][0]["message"].as_str();
    assert!(message.is_some_and(|message| message.len() > 100), "{said}");
}

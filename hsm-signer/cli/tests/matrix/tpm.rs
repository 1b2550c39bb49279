//! A TPM 2.0, which swtpm emulates, through tpm2-pkcs11: with a resource manager, and without one.

use std::process::Command;

use crate::modules::{Prepared, installed};
use crate::programs::program;

const MODULE: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/pkcs11/libtpm2_pkcs11.so",
    "/usr/lib/aarch64-linux-gnu/pkcs11/libtpm2_pkcs11.so",
    "/usr/lib64/pkcs11/libtpm2_pkcs11.so",
    "/usr/lib/pkcs11/libtpm2_pkcs11.so",
];

const CASE: [&str; 3] = [
    "initialise",
    "ecdsa_secp256r1_sha256,ecdsa_secp384r1_sha384",
    "tpm2-pkcs11 1",
];

/// The name that tpm2-abrmd has on its bus.
const RESOURCE_MANAGER: &str = "com.intel.tss2.Tabrmd";

fn prepared(name: &'static str, connection: &str) -> Result<Prepared, String> {
    let advice = "tpm2-pkcs11 (apt-get install libtpm2-pkcs11-1)";
    let mut prepared = Prepared::new(name, &installed(&MODULE, advice)?, CASE);
    program("swtpm", "swtpm");
    for folder in ["state", "store"] {
        std::fs::create_dir(prepared.directory().join(folder)).unwrap();
    }
    let store = prepared.directory().join("store").display().to_string();
    let directory = prepared.directory().display().to_string();
    prepared.variable("TPM2_PKCS11_STORE", store);
    let connection = connection.replace("DIRECTORY", &directory);
    prepared.variable("TPM2_PKCS11_TCTI", connection);
    // A TPM in lockout is in lockout for everyone.
    prepared.tries_no_wrong_pins();
    Ok(prepared)
}

/// The TPM itself, as a line for the shell.
fn emulator(prepared: &Prepared) -> String {
    let directory = prepared.directory().display();
    format!(
        "exec swtpm socket --tpm2 --tpmstate dir={directory}/state --server \
         type=unixio,path={directory}/tpm --ctrl type=unixio,path={directory}/tpm.ctrl \
         --flags not-need-init,startup-clear"
    )
}

/// The module has the TPM to itself. The TPM is what is killed.
pub fn alone() -> Result<Prepared, String> {
    let mut prepared = prepared("TPM 2.0 alone", "swtpm:path=DIRECTORY/tpm")?;
    let start = emulator(&prepared);
    let is_ready = format!(
        "test -S {0}/tpm -a -S {0}/tpm.ctrl",
        prepared.directory().display()
    );
    prepared.daemon(&start, &is_ready);
    // C_InitToken leaves an object in the TPM, of three that it holds.
    program("tpm2_flushcontext", "tpm2-tools");
    let flush = format!(
        "tpm2_flushcontext --transient-object --tcti swtpm:path={}/tpm",
        prepared.directory().display()
    );
    prepared.after_init(&flush);
    prepared.sessions(2);
    Ok(prepared)
}

/// tpm2-abrmd, on a bus of its own, gives every program the TPM. It is what is killed.
pub fn with_resource_manager() -> Result<Prepared, String> {
    let name = "TPM 2.0, tpm2-abrmd";
    let mut prepared = prepared(name, "tabrmd:bus_type=session")?;
    let directory = prepared.directory().display().to_string();
    program("tpm2-abrmd", "tpm2-abrmd");
    let mut tpm = Command::new("sh");
    tpm.args(["-c", &emulator(&prepared)]);
    prepared.server(tpm);
    let address = format!("unix:path={directory}/bus");
    let mut bus = program("dbus-daemon", "dbus-daemon");
    bus.args([
        "--session",
        "--nofork",
        "--nopidfile",
        "--address",
        &address,
    ]);
    prepared.server(bus);
    prepared.variable("DBUS_SESSION_BUS_ADDRESS", address);
    let start = format!(
        "while ! test -S {directory}/tpm.ctrl || ! test -S {directory}/bus; do sleep 0.02; done; exec \
         tpm2-abrmd --session --allow-root --flush-all --tcti=swtpm:path={directory}/tpm"
    );
    let is_ready = format!(
        "dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
         org.freedesktop.DBus.NameHasOwner string:{RESOURCE_MANAGER} 2>/dev/null | grep -q true"
    );
    program("dbus-send", "dbus-bin");
    prepared.daemon(&start, &is_ready);
    Ok(prepared)
}

//! opencryptoki's soft token. Its paths are fixed, so it runs in namespaces of its own (unshare(1)),
//! over directories that nobody else sees.

use crate::modules::{Prepared, installed};
use crate::programs::program;

const MODULE: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/pkcs11/libopencryptoki.so",
    "/usr/lib/aarch64-linux-gnu/pkcs11/libopencryptoki.so",
    "/usr/lib64/pkcs11/libopencryptoki.so",
    "/usr/lib/pkcs11/libopencryptoki.so",
];

/// Every new token has this one (pkcsconf(1)).
const OFFICER_PIN: &str = "87654321";

/// Makes the directories and the configuration, then becomes what follows.
const NAMESPACE: &str = "set -e
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib/opencryptoki
mkdir -p /var/lib/opencryptoki/swtok/TOK_OBJ /run/lock/opencryptoki/swtok
chgrp -R pkcs11 /var/lib/opencryptoki /run/lock/opencryptoki
chmod -R g+rwX /var/lib/opencryptoki /run/lock/opencryptoki
printf 'version opencryptoki-3.8\\nslot 3\\n{\\nstdll = libpkcs11_sw.so\\n}\\n' > /run/conf
mount --bind /run/conf /etc/opencryptoki/opencryptoki.conf
exec \"$@\"";

pub fn soft_token() -> Result<Prepared, String> {
    let module = installed(&MODULE, "opencryptoki (apt-get install opencryptoki)")?;
    if !rustix::process::geteuid().is_root() {
        return Err("opencryptoki's paths are fixed, and only root has namespaces".into());
    }
    let case = ["initialise", "none", "default"];
    let mut prepared = Prepared::new("opencryptoki", &module, case);
    prepared.officer_pin(OFFICER_PIN);
    let mut runner = program("unshare", "util-linux");
    runner.args(["--mount", "--ipc", "--propagation", "private"]);
    runner.args(["sh", "-c", NAMESPACE, "sh"]);
    prepared.runner(runner);
    let start = "rm -f /run/pkcsslotd.socket; exec pkcsslotd -f >/dev/null";
    program("pkcsslotd", "opencryptoki");
    prepared.daemon(start, "pkcsconf -i >/dev/null 2>&1");
    Ok(prepared)
}

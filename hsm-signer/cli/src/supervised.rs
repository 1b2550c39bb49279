//! Commands that load the PKCS#11 module themselves, run in a process of their own: what
//! a vendor's library does to it, the command line survives and says.

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::failure::Failure;

/// The argument by which the process knows that it is the one supervised.
pub const ARGUMENT: &str = "supervised";

const LOOK_EVERY: Duration = Duration::from_millis(5);

/// With which glibc's loader ends a process when it calls a function that is nowhere.
const LOADER_GAVE_UP: i32 = 127;

/// How many seconds the process may take unless told otherwise. HSMs over a network take
/// some for a login; none takes this long for all that these commands ask of it.
pub const LIMIT: u64 = 120;

/// Runs this program again with the same arguments, and ends it when it has not ended
/// within `limit` seconds, because the module hangs.
pub fn run(limit: u64) -> Outcome {
    let program = env::current_exe().map_err(|error| cannot("find this program", &error))?;
    let child = Command::new(program)
        .arg(format!("--{ARGUMENT}"))
        .args(env::args_os().skip(1))
        .spawn();
    let mut child = child.map_err(|error| cannot("start a process", &error))?;
    let Some(status) = ended(&mut child, Instant::now() + Duration::from_secs(limit))? else {
        return Err(Failure::Message(format!(
            "the PKCS#11 module did not answer within {limit} s and was ended; is the HSM connected, and \
             its daemon running? Of several, mls-hsm-signer doctor --module shows which"
        )));
    };
    match status.code() {
        Some(LOADER_GAVE_UP) => Err(Failure::Message(
            "the PKCS#11 module needs a function that no library here has, and ended; a library that \
             it needs is missing or of another version: ldd -r shows which"
                .into(),
        )),
        Some(code) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(1))),
        None => Err(Failure::Message(format!(
            "the PKCS#11 module crashed (signal {}); ask its vendor, or try another version. Of \
             several, mls-hsm-signer doctor --module shows which",
            status.signal().unwrap_or(0)
        ))),
    }
}

/// How the process ended; none when it had to be ended.
fn ended(child: &mut Child, deadline: Instant) -> Result<Option<ExitStatus>, Failure> {
    loop {
        let status = child.try_wait();
        if let Some(status) = status.map_err(|error| cannot("wait for the process", &error))? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            let ended = child.kill().and_then(|()| child.wait());
            ended.map_err(|error| cannot("end the process", &error))?;
            return Ok(None);
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn cannot(what: &str, error: &std::io::Error) -> Failure {
    Failure::Message(format!("cannot {what}: {error}"))
}

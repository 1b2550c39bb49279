//! The child: loads the module, logs in, and answers.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::channel::Channel;
use super::harden::{die_with_parent, forbid_dumps};
use super::message::{Answer, Control, ControlReply, NewKey, Question, Start};
use super::{WORKER_ARGUMENT, WORKER_MARK, WorkerError};
use crate::encoding::pkcs8::PrivateKey;
use crate::error::Error;
use crate::pin::Pin;
use crate::token::{Access, KeySpec, Module, Pkcs11Token, SessionLimits, Token};

/// Answers the parent process, if this program was started to hold a module; then `main`
/// should return what this returns. Call it before anything else.
pub fn become_worker_if_asked() -> Option<ExitCode> {
    let asked = std::env::args_os().nth(1).as_deref() == Some(OsStr::new(WORKER_ARGUMENT))
        && std::env::var_os(WORKER_MARK).is_some();
    asked.then(|| match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the module's process ends");
            ExitCode::FAILURE
        }
    })
}

fn work() -> Result<(), WorkerError> {
    forbid_dumps()?;
    die_with_parent()?;
    let mut control = Channel::new(take_stdin()?);
    let Ok((frame, _)) = control.receive_with() else {
        return Ok(());
    };
    let Control::Start(start) = Control::decode(frame)? else {
        return Err(WorkerError::OutOfStep);
    };
    match start_up(start) {
        Ok((token, module)) => {
            let started = ControlReply::Started {
                identity: Box::new(token.identity().clone()),
                mechanisms: token.mechanisms().to_vec(),
                module,
            };
            reply(&control, &started);
            serve(control, &Arc::new(Shared::over(token)))
        }
        Err(error) => {
            reply(&control, &ControlReply::Failed(error));
            Ok(())
        }
    }
}

/// The control socket comes as standard input; a library that reads that finds nothing.
fn take_stdin() -> Result<OwnedFd, WorkerError> {
    let system = |error: std::io::Error| WorkerError::System {
        action: "taking over the control socket",
        reason: error.to_string(),
    };
    let socket = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map_err(system)?;
    let nothing = File::open("/dev/null").map_err(system)?;
    rustix::stdio::dup2_stdin(nothing)
        .map_err(|error| WorkerError::system("closing standard input", error))?;
    Ok(socket)
}

fn start_up(start: Start) -> Result<(Pkcs11Token, String), Error> {
    let path = Path::new(OsStr::from_bytes(&start.module));
    let module = Module::load_with(path, start.parameters.as_deref())?;
    let description = module.description()?;
    let pin = Pin::new(&start.pin)?;
    let limits = SessionLimits {
        sessions: start.sessions as usize,
        waiting: start.waiting as usize,
        idle: Duration::from_millis(start.idle_milliseconds.into()),
    };
    let token = Pkcs11Token::open_with(&module, &start.selector, &pin, limits)?;
    Ok((token, description))
}

/// What the threads of all channels share.
struct Shared {
    token: Pkcs11Token,
    /// How many of them are at work.
    busy: AtomicUsize,
}

impl Shared {
    fn over(token: Pkcs11Token) -> Self {
        let busy = AtomicUsize::new(0);
        Self { token, busy }
    }
}

/// Who is alone waits so long for the next question before the thread sleeps: a caller who
/// asks one after the other has verified the answer by then.
const AWAKE: Duration = Duration::from_micros(250);

/// Answers on the control channel until the parent closes it.
fn serve(mut control: Channel, shared: &Arc<Shared>) -> Result<(), WorkerError> {
    while let Ok((frame, socket)) = control.receive_with() {
        let answer = match Control::decode(frame)? {
            Control::Start(_) => return Err(WorkerError::OutOfStep),
            Control::Channel => open_channel(socket, shared),
            Control::Recover { rung, milliseconds } => {
                shared.token.recover(rung, within(milliseconds))
            }
            Control::KeepAlive { milliseconds } => shared.token.keep_alive(within(milliseconds)),
        };
        reply(
            &control,
            &answer.map_or_else(ControlReply::Failed, |()| ControlReply::Done),
        );
    }
    Ok(())
}

/// A parent that is gone needs no answer: the next question will not come.
fn reply(control: &Channel, reply: &ControlReply) {
    let _ = control.send(&reply.encode(), None);
}

fn open_channel(socket: Option<OwnedFd>, shared: &Arc<Shared>) -> Result<(), Error> {
    let channel = Channel::new(socket.ok_or(WorkerError::OutOfStep)?);
    let shared = Arc::clone(shared);
    let thread = std::thread::Builder::new().name("session".into());
    let spawned = thread.spawn(move || answer_all(channel, &shared));
    spawned.map(drop).map_err(|error| {
        Error::Worker(WorkerError::System {
            action: "starting a thread",
            reason: error.to_string(),
        })
    })
}

/// Answers on one session's channel until the parent closes it.
fn answer_all(mut channel: Channel, shared: &Shared) {
    while let Ok(frame) = channel.receive(None) {
        let Ok((question, milliseconds)) = Question::decode(frame) else {
            return;
        };
        shared.busy.fetch_add(1, Ordering::Relaxed);
        let answer = answer(question, &shared.token, within(milliseconds));
        let others = shared.busy.fetch_sub(1, Ordering::Relaxed) - 1;
        let answer = answer.unwrap_or_else(Answer::Failed);
        if channel.send(&answer.encode(), None).is_err() {
            return;
        }
        if others == 0 {
            channel.watch(Instant::now() + AWAKE);
        }
    }
}

fn answer(question: Question<'_>, token: &Pkcs11Token, deadline: Instant) -> Result<Answer, Error> {
    let session = |access| token.session_by(access, deadline);
    Ok(match question {
        Question::Find(class, selector) => {
            Answer::Found(session(Access::Use)?.find(class, &selector)?)
        }
        Question::Read(key) => Answer::Object(Box::new(session(Access::Use)?.read(key)?)),
        Question::Sign {
            key,
            mechanism,
            items,
        } => {
            let prefix = session(Access::Use)?.sign_batch(key, mechanism, &items);
            Answer::Signed(prefix.signatures, prefix.failure)
        }
        Question::Relabel(key, label) => {
            session(Access::Manage)?.relabel(key, &label)?;
            Answer::Done
        }
        Question::Generate(key) => made(session(Access::Manage)?.generate(&spec(&key)?)?),
        Question::Import(key, secret) => {
            let secret = PrivateKey::from_secret(key.scheme, &secret)?;
            made(session(Access::Manage)?.import(&spec(&key)?, &secret)?)
        }
        Question::Destroy(key) => {
            session(Access::Manage)?.destroy(key)?;
            Answer::Done
        }
    })
}

fn made(pair: crate::token::KeyPair) -> Answer {
    Answer::Pair(pair.private, pair.public)
}

fn spec(key: &NewKey) -> Result<KeySpec, Error> {
    KeySpec::new(key.scheme, &key.label, &key.id)
}

fn within(milliseconds: u32) -> Instant {
    Instant::now() + Duration::from_millis(milliseconds.into())
}

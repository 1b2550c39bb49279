//! The child: loads the module, logs in, and answers.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::channel::Channel;
use super::frame::{FRAME_LIMIT, decode, encode};
use super::harden::{die_with_parent, forbid_dumps};
use super::message::{Control, ControlReply, Question, SessionReply, Start, Started};
use super::{WORKER_ARGUMENT, WORKER_MARK};
use crate::error::{Error, ProcessError};
use crate::pin::Pin;
use crate::sync::locked;
use crate::token::{
    Access, LogInBegins, Module, Pkcs11Token, Token, TokenSession, finalise_modules,
    hush_module_panics,
};
use mls_signer_message::encoding::pkcs8::PrivateKey;
use tls_codec::{Serialize, Size};

/// How long the module has to log out, and then to end.
const ENDING_LIMIT: Duration = Duration::from_secs(1);

/// Answers the parent process, if this program was started to hold a module; then `main`
/// should return what this returns. Call it before anything else.
pub fn become_worker_if_asked() -> Option<ExitCode> {
    let asked = std::env::args_os().nth(1).as_deref() == Some(OsStr::new(WORKER_ARGUMENT))
        && std::env::var_os(WORKER_MARK).is_some();
    asked.then(|| {
        hush_module_panics();
        match work() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tracing::error!(%error, "the module's process ends");
                ExitCode::FAILURE
            }
        }
    })
}

fn work() -> Result<(), ProcessError> {
    forbid_dumps()?;
    die_with_parent()?;
    let mut control = Channel::new(take_stdin()?);
    let Ok((frame, _)) = control.receive_with() else {
        return Ok(());
    };
    let Control::Start(start) = decode(frame)? else {
        return Err(ProcessError::OutOfStep);
    };
    let begins = log_in_begins(&control)?;
    let served = match start_up(start, begins) {
        Ok((token, started)) => {
            send(&control, &ControlReply::Started(Box::new(started)));
            let token = Arc::new(token);
            let served = serve(control, &token);
            token.log_out(Instant::now() + ENDING_LIMIT);
            served
        }
        Err(error) => {
            send(&control, &ControlReply::Failed(error));
            Ok(())
        }
    };
    finalise_modules(ENDING_LIMIT);
    served
}

/// The control socket comes as standard input; a library that reads that finds nothing.
fn take_stdin() -> Result<OwnedFd, ProcessError> {
    let system = |error| ProcessError::system("taking over the control socket", error);
    let socket = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map_err(system)?;
    let nothing = File::open("/dev/null").map_err(system)?;
    rustix::stdio::dup2_stdin(nothing)
        .map_err(|error| ProcessError::system("closing standard input", error))?;
    Ok(socket)
}

/// Tells the parent that C_Login is called next, and waits until it may be.
fn log_in_begins(control: &Channel) -> Result<LogInBegins, ProcessError> {
    let socket = control.as_fd().try_clone_to_owned();
    let socket =
        socket.map_err(|error| ProcessError::system("sharing the control socket", error))?;
    let control = Mutex::new(Channel::new(socket));
    Ok(Arc::new(move || {
        let mut control = locked(&control);
        send(&control, &ControlReply::LoggingIn);
        let allowed = control.receive(None).map(decode);
        match allowed {
            Ok(Ok(Control::LogIn)) => Ok(()),
            // The parent knows why, or is gone.
            _ => Err(ProcessError::OutOfStep.into()),
        }
    }))
}

fn start_up(start: Start, begins: LogInBegins) -> Result<(Pkcs11Token, Started), Error> {
    let path = Path::new(OsStr::from_bytes(&start.module));
    let module = Module::load_with(path, start.parameters.as_deref())?;
    let description = module.description()?;
    let pin = Pin::from_bytes(&start.pin, || "the first message".into())?;
    let token = Pkcs11Token::open_telling(&module, &start.selector, &pin, begins)?;
    let started = Started {
        identity: token.identity().clone(),
        mechanisms: token.mechanisms().to_vec(),
        module: description,
    };
    Ok((token, started))
}

/// Answers on the control channel until the parent closes it.
fn serve(mut control: Channel, token: &Arc<Pkcs11Token>) -> Result<(), ProcessError> {
    while let Ok((frame, socket)) = control.receive_with() {
        let answer = match decode(frame)? {
            Control::Start(_) | Control::LogIn | Control::NoLogIn => {
                return Err(ProcessError::OutOfStep);
            }
            Control::Channel(access) => open_channel(socket, access, token),
            Control::Recover { step, milliseconds } => token.recover(step, within(milliseconds)),
            Control::KeepAlive { milliseconds } => token.keep_alive(within(milliseconds)),
        };
        let reply = answer.map_or_else(ControlReply::Failed, |()| ControlReply::Done);
        send(&control, &reply);
    }
    Ok(())
}

fn open_channel(
    socket: Option<OwnedFd>,
    access: Access,
    token: &Arc<Pkcs11Token>,
) -> Result<(), Error> {
    let channel = Channel::new(socket.ok_or(ProcessError::OutOfStep)?);
    let token = Arc::clone(token);
    let thread = std::thread::Builder::new().name("session".into());
    thread
        .spawn(move || serve_session(channel, access, &token))
        .map_err(|error| ProcessError::system("starting a thread", error))?;
    Ok(())
}

/// Opens a session, says so, and answers on its channel until the parent closes it.
fn serve_session(mut channel: Channel, access: Access, token: &Pkcs11Token) {
    let mut session = match token.session(access) {
        Ok(session) => session,
        Err(error) => {
            send(&channel, &SessionReply::Failed(error));
            return;
        }
    };
    let mut sent = send(&channel, &SessionReply::Done);
    while sent
        && let Ok(frame) = channel.receive(None)
        && let Ok((milliseconds, question)) = decode(frame)
    {
        session.set_deadline(within(milliseconds));
        let answer = answer(question, session.as_ref()).unwrap_or_else(SessionReply::Failed);
        sent = send_reply(&channel, answer);
    }
}

/// Whether the answer was sent: a parent that is gone needs none, and asks no more.
fn send(channel: &Channel, answer: &impl Serialize) -> bool {
    let sent = encode(answer).map(|frame| channel.send(&frame, None));
    matches!(sent, Ok(Ok(())))
}

/// An answer that no frame takes, such as tens of thousands of keys, is an answer all the same.
fn send_reply(channel: &Channel, answer: SessionReply) -> bool {
    let too_long = answer.tls_serialized_len() > FRAME_LIMIT;
    let answer = match too_long {
        true => SessionReply::Failed(ProcessError::TooLong.into()),
        false => answer,
    };
    send(channel, &answer)
}

fn answer(question: Question<'_>, session: &dyn TokenSession) -> Result<SessionReply, Error> {
    Ok(match question {
        Question::Find(class, selector) => SessionReply::Found(session.find(class, &selector)?),
        Question::Read(key) => SessionReply::Object(Box::new(session.read(key)?)),
        Question::Label(key) => SessionReply::Label(session.label(key)?),
        Question::Sign {
            key,
            mechanism,
            items,
        } => {
            let items: Vec<&[u8]> = items.iter().map(|item| &**item).collect();
            let prefix = session.sign_batch(key, mechanism, &items);
            SessionReply::Signed(prefix.signatures, prefix.failure)
        }
        Question::Relabel(key, label) => {
            session.relabel(key, &label)?;
            SessionReply::Done
        }
        Question::Generate(spec) => SessionReply::Pair(session.generate(&spec)?),
        Question::Import(spec, secret) => {
            let key = PrivateKey::from_secret(spec.scheme(), &secret)?;
            SessionReply::Pair(session.import(&spec, &key)?)
        }
        Question::Destroy(key) => {
            session.destroy(key)?;
            SessionReply::Done
        }
    })
}

fn within(milliseconds: u32) -> Instant {
    Instant::now() + Duration::from_millis(milliseconds.into())
}

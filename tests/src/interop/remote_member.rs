//! A member in another process, which is asked by lines of JSON.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::member::{Commit, Failure, Identity, Member, Received, Setup};
use super::request::{Answer, Request};

/// The process, which ends when this is dropped.
pub struct RemoteMember {
    child: Child,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
}

impl RemoteMember {
    /// The suites of what `command` starts.
    ///
    /// # Errors
    /// If it does not start or answer.
    pub fn ciphersuites(command: Command) -> Result<Vec<u16>, Failure> {
        match Self::spawn(command)?.ask(Request::Ciphersuites)? {
            Answer::Ciphersuites(suites) => Ok(suites),
            other => Err(unexpected(&other)),
        }
    }

    /// A client of no group yet in what `command` starts.
    ///
    /// # Errors
    /// If it does not start, or refuses the setup.
    pub fn start(command: Command, setup: &Setup<'_>) -> Result<Self, Failure> {
        let member = Self::spawn(command)?;
        member.done(Request::Start {
            name: setup.name.to_owned(),
            ciphersuite: setup.ciphersuite.into(),
            handshake_format: setup.handshake_format,
        })?;
        Ok(member)
    }

    fn spawn(mut command: Command) -> Result<Self, Failure> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.ok_or_else(|| Failure::new("no pipes"))?;
        let pipes = RefCell::new((stdin, BufReader::new(stdout)));
        Ok(Self { child, pipes })
    }

    fn ask(&self, request: Request) -> Result<Answer, Failure> {
        let (stdin, stdout) = &mut *self.pipes.borrow_mut();
        let request = serde_json::to_string(&request)?;
        writeln!(stdin, "{request}")?;
        let mut answer = String::new();
        match stdout.read_line(&mut answer)? {
            0 => Err(Failure::new("the process ended without an answer")),
            _ => serde_json::from_str::<Result<_, String>>(&answer)?.map_err(Failure::new),
        }
    }

    fn done(&self, request: Request) -> Result<(), Failure> {
        match self.ask(request)? {
            Answer::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    fn bytes(&self, request: Request) -> Result<Vec<u8>, Failure> {
        match self.ask(request)? {
            Answer::Bytes(bytes) => Ok(bytes),
            other => Err(unexpected(&other)),
        }
    }

    fn number(&self, request: Request) -> Result<u64, Failure> {
        match self.ask(request)? {
            Answer::Number(number) => Ok(number),
            other => Err(unexpected(&other)),
        }
    }

    fn commit(&self, request: Request) -> Result<Commit, Failure> {
        match self.ask(request)? {
            Answer::Commit(commit) => Ok(commit),
            other => Err(unexpected(&other)),
        }
    }
}

impl Drop for RemoteMember {
    /// It may have ended by itself.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Member for RemoteMember {
    fn create(&mut self, group_id: &[u8], external_sender: &Identity) -> Result<(), Failure> {
        let sender = external_sender.clone();
        self.done(Request::Create(group_id.to_vec(), sender))
    }

    fn key_package(&mut self) -> Result<Vec<u8>, Failure> {
        self.bytes(Request::KeyPackage)
    }

    fn join(&mut self, welcome: &[u8]) -> Result<(), Failure> {
        self.done(Request::Join(welcome.to_vec()))
    }

    fn add(&mut self, key_package: &[u8]) -> Result<Commit, Failure> {
        self.commit(Request::Add(key_package.to_vec()))
    }

    fn update(&mut self) -> Result<Commit, Failure> {
        self.commit(Request::Update)
    }

    fn remove(&mut self, leaf_index: u32) -> Result<Commit, Failure> {
        self.commit(Request::Remove(leaf_index))
    }

    fn propose_update(&mut self) -> Result<Vec<u8>, Failure> {
        self.bytes(Request::ProposeUpdate)
    }

    fn commit_proposals(&mut self) -> Result<Commit, Failure> {
        self.commit(Request::CommitProposals)
    }

    fn process(&mut self, handshake: &[u8]) -> Result<Received, Failure> {
        match self.ask(Request::Process(handshake.to_vec()))? {
            Answer::Received(received) => Ok(received),
            other => Err(unexpected(&other)),
        }
    }

    fn encrypt(&mut self, plaintext: &[u8]) -> Result<Vec<u8>, Failure> {
        self.bytes(Request::Encrypt(plaintext.to_vec()))
    }

    fn decrypt(&mut self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        self.bytes(Request::Decrypt(message.to_vec()))
    }

    fn export(&self, label: &str, context: &[u8], length: usize) -> Result<Vec<u8>, Failure> {
        let (label, context) = (label.to_owned(), context.to_vec());
        self.bytes(Request::Export(label, context, length))
    }

    fn epoch_authenticator(&self) -> Result<Vec<u8>, Failure> {
        self.bytes(Request::EpochAuthenticator)
    }

    fn epoch(&self) -> Result<u64, Failure> {
        self.number(Request::Epoch)
    }

    fn leaf_index(&self) -> Result<u32, Failure> {
        Ok(self.number(Request::LeafIndex)?.try_into()?)
    }
}

fn unexpected(answer: &Answer) -> Failure {
    Failure::new(format!("an answer to something else: {answer:?}"))
}

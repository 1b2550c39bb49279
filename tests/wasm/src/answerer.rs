//! The side that is asked.

use openmls_traits::types::Ciphersuite;

use crate::member::{Failure, Member, Setup};
use crate::request::{Answer, Request};

/// A client in the process that is asked.
pub struct Answerer {
    /// The suites it says it supports, as their registry values.
    pub ciphersuites: fn() -> Vec<u16>,
    /// Makes the member.
    pub start: fn(&Setup<'_>) -> Result<Box<dyn Member>, Failure>,
    /// The member, once it was asked for.
    pub member: Option<Box<dyn Member>>,
}

impl Answerer {
    /// The line that answers the line `request`: `Ok` with an [`Answer`], or `Err` with words.
    pub fn answer(&mut self, request: &str) -> String {
        let request = serde_json::from_str(request).map_err(Failure::from);
        let answer = request.and_then(|request| self.carry_out(request));
        let answer = answer.map_err(|failure| failure.to_string());
        serde_json::to_string(&answer).expect("these have a form in JSON")
    }

    fn carry_out(&mut self, request: Request) -> Result<Answer, Failure> {
        match request {
            Request::Ciphersuites => Ok(Answer::Ciphersuites((self.ciphersuites)())),
            Request::Start {
                name,
                ciphersuite,
                handshake_format,
            } => {
                self.member = Some((self.start)(&Setup {
                    name: &name,
                    ciphersuite: Ciphersuite::try_from(ciphersuite)?,
                    handshake_format,
                })?);
                Ok(Answer::Done)
            }
            request => {
                let member = self.member.as_deref_mut();
                ask(member.ok_or_else(|| Failure::new("not started"))?, request)
            }
        }
    }
}

fn ask(member: &mut dyn Member, request: Request) -> Result<Answer, Failure> {
    use Answer::{Bytes, Done, Number};
    Ok(match request {
        Request::Ciphersuites | Request::Start { .. } => return Err(Failure::new("started")),
        Request::Create(group_id, sender) => member.create(&group_id, &sender).map(|()| Done)?,
        Request::KeyPackage => Bytes(member.key_package()?),
        Request::Join(welcome) => member.join(&welcome).map(|()| Done)?,
        Request::Add(key_package) => Answer::Commit(member.add(&key_package)?),
        Request::Update => Answer::Commit(member.update()?),
        Request::Remove(leaf_index) => Answer::Commit(member.remove(leaf_index)?),
        Request::ProposeUpdate => Bytes(member.propose_update()?),
        Request::CommitProposals => Answer::Commit(member.commit_proposals()?),
        Request::Process(handshake) => Answer::Received(member.process(&handshake)?),
        Request::Encrypt(plaintext) => Bytes(member.encrypt(&plaintext)?),
        Request::Decrypt(message) => Bytes(member.decrypt(&message)?),
        Request::Export(label, context, length) => Bytes(member.export(&label, &context, length)?),
        Request::EpochAuthenticator => Bytes(member.epoch_authenticator()?),
        Request::Epoch => Number(member.epoch()?),
        Request::LeafIndex => Number(member.leaf_index()?.into()),
    })
}

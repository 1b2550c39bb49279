//! One group: formed, a member removed by the server, and the outcome checked.

use mls_hsm_signer::Scheme;
use mls_hsm_signer::encoding::hex;
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::OpenMlsProvider;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::Ciphersuite;

use crate::Result;
use crate::member::{Client, Received, on_hw_crypto, on_rust_crypto};
use crate::narration::{Step, heading};
use crate::server::{Removal, RemovalServer};

/// Tells the story of a group with `suite`.
pub fn tell(suite: Ciphersuite, server: &RemovalServer) -> Result<()> {
    heading(&format!(
        "A group with {suite:?} ({:#06x})",
        u16::from(suite)
    ));
    let mut group = Group::form(suite, server)?;
    let proposal = sign(server, &group.charlie_to_remove(suite)?)?;
    let commit = group.commit(&proposal)?;
    group.go_on()?;
    group.tell_charlie(&commit)
}

/// The server's part: no group state, four values.
fn sign(server: &RemovalServer, removal: &Removal) -> Result<Vec<u8>> {
    let step = Step::begin();
    let proposal = server.propose(removal)?;
    let scheme = Scheme::by_ciphersuite(removal.suite).ok_or("no key signs for this suite")?;
    let what = format!(
        "has the token sign with {}: in group {}…, epoch {}, remove leaf {}",
        scheme.title,
        hex(&removal.group_id[..4]),
        removal.epoch,
        removal.leaf_index
    );
    step.end("the server", &what);
    Ok(proposal)
}

/// Alice, Bob and Charlie, whom the server will remove.
struct Group {
    alice: Box<dyn Client>,
    bob: Box<dyn Client>,
    charlie: Box<dyn Client>,
}

impl Group {
    fn form(suite: Ciphersuite, server: &RemovalServer) -> Result<Self> {
        let step = Step::begin();
        let mut alice = on_hw_crypto("Alice", suite)?;
        let mut bob = on_another_engine("Bob", suite)?;
        let mut charlie = on_hw_crypto("Charlie", suite)?;
        alice.found(server.external_senders())?;
        let welcome = alice.add(&[bob.key_package()?, charlie.key_package()?])?;
        bob.join(&welcome)?;
        charlie.join(&welcome)?;
        let engines = format!(
            "forms a group that trusts the four keys, and adds Bob (on {}) and Charlie",
            bob.engine()
        );
        step.end("Alice", &engines);
        Ok(Self {
            alice,
            bob,
            charlie,
        })
    }

    /// What the delivery service tells the server.
    fn charlie_to_remove(&self, suite: Ciphersuite) -> Result<Removal> {
        let (group_id, epoch, leaf_index) = self.charlie.position()?;
        Ok(Removal {
            suite,
            group_id,
            epoch,
            leaf_index,
        })
    }

    /// Everybody checks the proposal's signature; Bob commits it and Alice follows.
    fn commit(&mut self, proposal: &[u8]) -> Result<Vec<u8>> {
        let step = Step::begin();
        for client in [&mut self.alice, &mut self.bob, &mut self.charlie] {
            let Received::Proposal = client.receive(proposal)? else {
                return Err(format!("{} did not see a proposal", client.name()).into());
            };
        }
        let commit = self.bob.commit()?;
        let Received::NewEpoch = self.alice.receive(&commit)? else {
            return Err("Alice did not reach the new epoch".into());
        };
        if self.alice.epoch_authenticator()? != self.bob.epoch_authenticator()? {
            return Err("Alice and Bob do not share the new epoch".into());
        }
        let (_, epoch, _) = self.alice.position()?;
        step.end(
            "Bob",
            &format!("commits the removal; he and Alice are in epoch {epoch}"),
        );
        Ok(commit)
    }

    /// Messages go on between Alice and Bob. Charlie tries to read them with all he has
    /// from the epoch before.
    fn go_on(&mut self) -> Result<()> {
        let step = Step::begin();
        let from_bob = self.bob.send("Charlie is gone.")?;
        expect_text(self.alice.as_mut(), &from_bob, "Charlie is gone.")?;
        let from_alice = self.alice.send("We go on.")?;
        expect_text(self.bob.as_mut(), &from_alice, "We go on.")?;
        for message in [&from_bob, &from_alice] {
            if self.charlie.receive(message).is_ok() {
                return Err("Charlie can still read messages".into());
            }
        }
        step.end("Alice, Bob", "read each other's messages; Charlie cannot");
        Ok(())
    }

    fn tell_charlie(&mut self, commit: &[u8]) -> Result<()> {
        let step = Step::begin();
        let Received::Removed = self.charlie.receive(commit)? else {
            return Err("Charlie was not removed".into());
        };
        if self.charlie.send("Am I still here?").is_ok() {
            return Err("Charlie can still send messages".into());
        }
        step.end(
            "Charlie",
            "learns from the commit that he is out, and can send nothing",
        );
        Ok(())
    }
}

/// A client on RustCrypto where it has the suite, else on ours.
fn on_another_engine(name: &'static str, suite: Ciphersuite) -> Result<Box<dyn Client>> {
    match OpenMlsRustCrypto::default().crypto().supports(suite) {
        Ok(()) => on_rust_crypto(name, suite),
        Err(_) => on_hw_crypto(name, suite),
    }
}

fn expect_text(reader: &mut dyn Client, message: &[u8], text: &str) -> Result<()> {
    match reader.receive(message)? {
        Received::Text(read) if read == text => Ok(()),
        _ => Err(format!("{} did not read {text:?}", reader.name()).into()),
    }
}

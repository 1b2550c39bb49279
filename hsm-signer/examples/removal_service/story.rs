//! One group: formed, a member removed by curl, and the outcome checked.

use mls_hsm_signer::Scheme;
use mls_hsm_signer::api::{self, REMOVALS_PATH};
use openmls::prelude::{BasicCredential, ExternalSender};
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::OpenMlsProvider;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::Ciphersuite;
use serde_json::json;

use crate::Result;
use crate::member::{Client, Received, on_hw_crypto, on_rust_crypto};
use crate::narration::{Step, heading};
use crate::server::Server;

/// Tells the story of a group with `suite`.
pub fn tell(suite: Ciphersuite, server: &Server) -> Result<()> {
    heading(&format!(
        "A group with {suite:?} ({:#06x})",
        u16::from(suite)
    ));
    let mut alice = on_hw_crypto("Alice", suite)?;
    let mut charlie = match OpenMlsRustCrypto::default().crypto().supports(suite) {
        Ok(()) => on_rust_crypto("Charlie", suite)?,
        Err(_) => on_hw_crypto("Charlie", suite)?,
    };
    let step = Step::begin();
    alice.found(senders(server)?)?;
    let welcome = alice.add(&[charlie.key_package()?])?;
    charlie.join(&welcome)?;
    step.end(
        "Alice",
        "forms a group that trusts the service's keys, and adds Charlie",
    );
    let proposal = ask(server, suite, charlie.as_ref())?;
    commit(alice.as_mut(), charlie.as_mut(), &proposal)
}

/// The entries of the ExternalSenders extension, from the keys that curl gets.
fn senders(server: &Server) -> Result<Vec<ExternalSender>> {
    let keys = server.curl("/mls/public-keys", None)?;
    let sender = |scheme: &Scheme| {
        let key = keys["removal"][scheme.name]
            .as_str()
            .and_then(mls_hsm_signer::encoding::from_base64);
        let key = key.ok_or("a key is missing")?;
        let credential = BasicCredential::new(b"removal server".to_vec());
        Ok(ExternalSender::new(key.into(), credential.into()))
    };
    Scheme::all_of_wire().map(sender).collect()
}

/// What a delivery service does: four values out, an MLSMessage back; twice, for the same
/// bytes.
fn ask(server: &Server, suite: Ciphersuite, member: &dyn Client) -> Result<Vec<u8>> {
    let scheme = Scheme::by_ciphersuite(suite).ok_or("no key signs for this suite")?;
    let sender = Scheme::all_of_wire().position(|one| one.name == scheme.name);
    let (group_id, epoch, leaf_index) = member.position()?;
    let request = json!({ "removals": [{
        "group_id": mls_hsm_signer::encoding::base64(&group_id),
        "epoch": epoch,
        "leaf_index": leaf_index,
        "sender_index": sender,
        "ciphersuite": u16::from(suite),
    }]});
    let step = Step::begin();
    let answer = server.curl(REMOVALS_PATH, Some(&request))?;
    step.end(
        "curl",
        &format!(
            "asks to remove leaf {leaf_index} in epoch {epoch}: {}",
            scheme.title
        ),
    );
    if server.curl(REMOVALS_PATH, Some(&request))? != answer {
        return Err("the same removal had two answers".into());
    }
    let message = answer["results"][0]["message"]
        .as_str()
        .and_then(mls_hsm_signer::encoding::from_base64);
    message.ok_or_else(|| format!("no message: {answer}").into())
}

fn commit(alice: &mut dyn Client, charlie: &mut dyn Client, proposal: &[u8]) -> Result<()> {
    let step = Step::begin();
    for received in [alice.receive(proposal)?, charlie.receive(proposal)?] {
        let Received::Proposal = received else {
            return Err("a member did not see a proposal".into());
        };
    }
    let commit = alice.commit()?;
    let Received::Removed = charlie.receive(&commit)? else {
        return Err("Charlie was not removed".into());
    };
    let message = alice.send("Charlie is gone.")?;
    if charlie.receive(&message).is_ok() {
        return Err("Charlie can still read messages".into());
    }
    step.end(
        "Alice",
        "commits the proposal; Charlie is out and can read nothing more",
    );
    Ok(())
}

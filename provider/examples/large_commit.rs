//! A commit to a group of 2,000, without and with what can be prepared for it.
//!
//! ```text
//! cargo run --release -p openmls_hw_crypto --features openmls --example large_commit
//! ```
//!
//! OpenMLS is as it is published. All members were just added, so that the commit is
//! encrypted to each of them; another member processes every commit.

use std::error::Error;
use std::fmt;
use std::time::{Duration, Instant};

use openmls::prelude::*;
use openmls_hw_crypto::{OpenMlsHwCrypto, SignatureKeyPair};
use openmls_traits::OpenMlsProvider;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
const MEMBERS: usize = 2_000;

/// OpenMLS's time for an Add grows with the Adds beside it.
const ADDED_AT_ONCE: usize = 250;

/// The shortest of as many commits is shown.
const COMMITS: usize = 5;

fn main() -> Result<()> {
    let (mut committer, mut follower) = group_of(MEMBERS)?;
    let without = shortest(&mut committer, &mut follower, Member::commit)?;
    let with = shortest(&mut committer, &mut follower, Member::prepare_and_commit)?;
    let ratio = without.total().as_secs_f64() / with.total().as_secs_f64();
    println!("A commit to {MEMBERS} members, one seal after another:  {without}");
    println!(
        "A commit to {MEMBERS} members, its seals prepared:      {with}: {ratio:.1} times as fast"
    );
    Ok(())
}

/// How long a commit took.
struct Times {
    prepare: Duration,
    commit: Duration,
}

impl Times {
    fn total(&self) -> Duration {
        self.prepare + self.commit
    }
}

impl fmt::Display for Times {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        write!(formatter, "{:6.1} ms", ms(self.total()))?;
        if !self.prepare.is_zero() {
            write!(formatter, " ({:.1} of them before)", ms(self.prepare))?;
        }
        Ok(())
    }
}

/// The shortest of several commits, each processed by `follower` and then forgotten.
fn shortest(
    committer: &mut Member,
    follower: &mut Member,
    commit: impl Fn(&mut Member) -> Result<(MlsMessageOut, Times)>,
) -> Result<Times> {
    let mut shortest: Option<Times> = None;
    for _ in 0..COMMITS {
        let (message, times) = commit(committer)?;
        follower.check(message, committer)?;
        committer.forget_commit()?;
        if shortest
            .as_ref()
            .is_none_or(|other| times.total() < other.total())
        {
            shortest = Some(times);
        }
    }
    shortest.ok_or_else(|| "no commit was made".into())
}

/// The founder of a group of `members`, and the last who joined it.
fn group_of(members: usize) -> Result<(Member, Member)> {
    let mut founder = Member::found(Client::new("founder".to_owned())?)?;
    let clients = (1..members).map(|index| Client::new(format!("member {index}")));
    let clients: Vec<Client> = clients.collect::<Result<_>>()?;
    let mut welcome = None;
    for chunk in clients.chunks(ADDED_AT_ONCE) {
        let key_packages = chunk.iter().map(Client::key_package);
        welcome = Some(founder.add(key_packages.collect::<Result<_>>()?)?);
    }
    match (clients.into_iter().next_back(), welcome) {
        (Some(last), Some(welcome)) => {
            let tree = founder.group.export_ratchet_tree();
            Ok((founder, Member::join(last, welcome, tree.into())?))
        }
        _ => Err("a group has at least two members".into()),
    }
}

/// A client: its provider, the key it signs with and its credential.
struct Client {
    provider: OpenMlsHwCrypto,
    signer: SignatureKeyPair,
    credential: CredentialWithKey,
}

impl Client {
    fn new(name: String) -> Result<Self> {
        let signer = SignatureKeyPair::new(SUITE.signature_algorithm())?;
        let credential = CredentialWithKey {
            credential: BasicCredential::new(name.into_bytes()).into(),
            signature_key: signer.public().into(),
        };
        Ok(Self {
            provider: OpenMlsHwCrypto::default(),
            signer,
            credential,
        })
    }

    fn key_package(&self) -> Result<KeyPackage> {
        let credential = self.credential.clone();
        let bundle =
            KeyPackage::builder().build(SUITE, &self.provider, &self.signer, credential)?;
        Ok(bundle.into_key_package())
    }
}

/// A client in a group. Commits go in the clear, so that what was forgotten can be
/// followed by another.
struct Member {
    client: Client,
    group: MlsGroup,
}

impl Member {
    fn found(client: Client) -> Result<Self> {
        let credential = client.credential.clone();
        let group = MlsGroup::new(
            &client.provider,
            &client.signer,
            &configuration(),
            credential,
        )?;
        Ok(Self { client, group })
    }

    fn join(client: Client, welcome: Welcome, tree: RatchetTreeIn) -> Result<Self> {
        let configuration = configuration();
        let group = StagedWelcome::new_from_welcome(
            &client.provider,
            configuration.join_config(),
            welcome,
            Some(tree),
        )?
        .into_group(&client.provider)?;
        Ok(Self { client, group })
    }

    /// Adds members without an update path: their commit has no keys above the leaves.
    fn add(&mut self, key_packages: Vec<KeyPackage>) -> Result<Welcome> {
        let provider = &self.client.provider;
        let commit = self
            .group
            .commit_builder()
            .propose_adds(key_packages)
            .force_self_update(false)
            .load_psks(provider.storage())?
            .build(
                provider.rand(),
                provider.crypto(),
                &self.client.signer,
                |_| true,
            )?
            .stage_commit(provider)?;
        self.group.merge_pending_commit(provider)?;
        commit.into_welcome().ok_or_else(|| "no Welcome".into())
    }

    /// A commit to an update of the own leaf and path.
    fn commit(&mut self) -> Result<(MlsMessageOut, Times)> {
        let start = Instant::now();
        let bundle = self.group.self_update(
            &self.client.provider,
            &self.client.signer,
            LeafNodeParameters::default(),
        )?;
        let times = Times {
            prepare: Duration::ZERO,
            commit: start.elapsed(),
        };
        Ok((bundle.into_commit(), times))
    }

    /// The same, its encapsulations made first.
    fn prepare_and_commit(&mut self) -> Result<(MlsMessageOut, Times)> {
        let crypto = self.client.provider.crypto().clone();
        let start = Instant::now();
        let prepared = crypto.prepare_commit(&self.group)?;
        let prepare = start.elapsed();
        let (message, times) = self.commit()?;
        if prepared.unused() > 0 {
            return Err(format!("{} encapsulations too many", prepared.unused()).into());
        }
        Ok((message, Times { prepare, ..times }))
    }

    fn forget_commit(&mut self) -> Result<()> {
        Ok(self
            .group
            .clear_pending_commit(self.client.provider.storage())?)
    }

    /// Processes the pending commit of `committer`: both have to agree on the next epoch.
    fn check(&mut self, commit: MlsMessageOut, committer: &Self) -> Result<()> {
        let received = MlsMessageIn::tls_deserialize_exact_bytes(&commit.to_bytes()?)?;
        let message = received.try_into_protocol_message()?;
        let processed = self.group.process_message(&self.client.provider, message)?;
        let ProcessedMessageContent::StagedCommitMessage(theirs) = processed.into_content() else {
            return Err("the message is no commit".into());
        };
        let ours = committer
            .group
            .pending_commit()
            .ok_or("no commit is pending")?;
        match authenticator(&theirs) == authenticator(ours) {
            true => Ok(()),
            false => Err("committer and follower disagree on the epoch".into()),
        }
    }
}

/// The authenticator of the epoch that `commit` opens.
fn authenticator(commit: &StagedCommit) -> Option<&[u8]> {
    commit.epoch_authenticator().map(|shared| shared.as_slice())
}

fn configuration() -> MlsGroupCreateConfig {
    MlsGroupCreateConfig::builder()
        .ciphersuite(SUITE)
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .build()
}

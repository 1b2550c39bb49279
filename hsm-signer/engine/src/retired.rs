//! Keys that were retired in one of several tokens: they sign in none, also once that token is away, or
//! has destroyed them and knows nothing of them any more.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use mls_signer_token::keys::generation::RetiredName;
use mls_signer_token::sync::locked;

use crate::key::Key;

/// The tokens in which a key was retired since the start, by its public key.
#[derive(Default)]
pub(crate) struct Retired(Mutex<HashMap<Vec<u8>, BTreeSet<Arc<str>>>>);

impl Retired {
    /// Takes note of what a token shows: its retired keys, and those in use. One that has a key in use
    /// again has it no more as retired; one that has it not at all leaves things as they are.
    pub fn note(&self, token: &Arc<str>, retired: &[RetiredName], in_use: &[Arc<Key>]) {
        for name in retired {
            if let Some(public_key) = &name.public_key {
                self.note_one(token, public_key);
            }
        }
        let mut known = locked(&self.0);
        for key in in_use {
            if let Some(tokens) = known.get_mut(&key.public_key) {
                tokens.remove(token);
            }
        }
    }

    /// A token has the key as one that is retired.
    pub fn note_one(&self, token: &Arc<str>, public_key: &[u8]) {
        let mut known = locked(&self.0);
        let tokens = known.entry(public_key.to_vec()).or_default();
        tokens.insert(Arc::clone(token));
    }

    /// Why the key signs nothing, where it was retired.
    pub fn reason(&self, key: &Key) -> Option<String> {
        let known = locked(&self.0);
        let token = known.get(&key.public_key)?.first()?;
        Some(format!(
            "it is retired in the token {token}, and signs nothing any more; retire it in the others too"
        ))
    }
}

//! Shares of something that is bounded: in all, and of each who takes some.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use mls_signer_token::sync::{Mutex, locked};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub struct Shares<K> {
    all: Arc<Semaphore>,
    each: usize,
    /// Of those who have some at present.
    of: Mutex<HashMap<K, Arc<Semaphore>>>,
}

/// What somebody has taken, until this is dropped.
pub struct Share {
    all: OwnedSemaphorePermit,
    own: OwnedSemaphorePermit,
}

/// Why there is no share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoShare {
    /// Who asks has as much as one may have.
    OfOne,
    /// All together have as much as there is.
    OfAll,
}

impl<K: Eq + Hash> Shares<K> {
    pub fn new(all: usize, each: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS))),
            each: each.min(Semaphore::MAX_PERMITS),
            of: Mutex::default(),
        }
    }

    pub fn take(&self, who: K, units: usize) -> Result<Share, NoShare> {
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let own = {
            let mut of = locked(&self.of);
            // Whoever has a share holds its semaphore: the others are forgotten.
            of.retain(|_, own| Arc::strong_count(own) > 1);
            let own = of.entry(who);
            Arc::clone(own.or_insert_with(|| Arc::new(Semaphore::new(self.each))))
        };
        let own = own.try_acquire_many_owned(units);
        let own = own.map_err(|_| NoShare::OfOne)?;
        let all = Arc::clone(&self.all).try_acquire_many_owned(units);
        let all = all.map_err(|_| NoShare::OfAll)?;
        Ok(Share { all, own })
    }
}

impl Share {
    /// Keeps another share of the same taker with this one.
    pub fn merge(&mut self, other: Self) {
        self.all.merge(other.all);
        self.own.merge(other.own);
    }

    /// Gives back all but so many units.
    pub fn shrink(&mut self, units: usize) {
        for permit in [&mut self.all, &mut self.own] {
            drop(permit.split(permit.num_permits().saturating_sub(units)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_more_than_its_share_and_all_no_more_than_there_is() {
        let shares = Shares::new(5, 3);
        let mut first = shares.take("a", 1).unwrap();
        first.merge(shares.take("a", 2).unwrap());
        assert_eq!(shares.take("a", 1).err(), Some(NoShare::OfOne));
        assert_eq!(shares.take("b", 3).err(), Some(NoShare::OfAll));
        let second = shares.take("b", 2).unwrap();
        first.shrink(4);
        first.shrink(1);
        assert_eq!(shares.take("a", 3).err(), Some(NoShare::OfOne));
        assert!(shares.take("a", 2).is_ok());
        drop(first);
        assert_eq!(locked(&shares.of).len(), 2);
        drop(second);
        assert!(shares.take("c", 3).is_ok());
        assert_eq!(locked(&shares.of).len(), 1, "who has nothing is forgotten");
    }
}

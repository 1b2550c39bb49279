//! A pool of things that are expensive to open and may break: sessions with a token,
//! connections to the process that holds one.
//!
//! At most `size` are lent at a time, in the order of asking. What comes back unbroken
//! is kept for the next caller, up to an idle limit, since tokens close sessions that
//! are idle for long.

mod turns;

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use crate::sync::{Mutex, locked};
pub(crate) use turns::{NoTurn, Turns};

/// How large a pool is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The most that are lent at a time.
    pub size: usize,
    /// The most threads that wait for one.
    pub max_waiting: usize,
    /// What was idle for longer is closed and not lent again.
    pub idle: Duration,
}

/// What opening one more came to.
pub(crate) enum Opened<T, E> {
    /// It is open.
    Ready(T),
    /// There is room for no more; those that are open go on.
    NoRoom(E),
    /// It failed.
    Failed(E),
}

/// Why nothing was lent.
pub(crate) enum NoLoan<E> {
    /// No turn.
    NoTurn(NoTurn),
    /// One more could not be opened.
    NotOpened(E),
}

/// The pool.
pub(crate) struct Pool<T> {
    turns: Turns,
    shelf: Mutex<Shelf<T>>,
    idle_limit: Duration,
}

struct Shelf<T> {
    idle: Vec<(T, Instant)>,
    /// Lent or idle.
    open: usize,
    /// Raised by [`Pool::clear`]: what was lent before does not come back.
    epoch: u64,
    /// Turns taken out of circulation because there was room for no more.
    withheld: usize,
}

impl<T> Pool<T> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            turns: Turns::new(limits.size, limits.max_waiting),
            shelf: Mutex::new(Shelf {
                idle: Vec::new(),
                open: 0,
                epoch: 0,
                withheld: 0,
            }),
            idle_limit: limits.idle,
        }
    }

    /// Lends one: an idle one if there is any, else one that `open` makes. Where there
    /// is room for no more and others are open, waits for one of those.
    pub(crate) fn lend<E>(
        &self,
        deadline: Instant,
        open: impl Fn() -> Opened<T, E>,
    ) -> Result<Loan<'_, T>, NoLoan<E>> {
        loop {
            self.turns.take(deadline).map_err(NoLoan::NoTurn)?;
            let (kept, epoch) = self.shelf_item();
            if let Some(item) = kept {
                return Ok(self.loan(item, epoch));
            }
            match open() {
                Opened::Ready(item) => return Ok(self.loan(item, epoch)),
                Opened::NoRoom(_) if self.withhold(epoch) => {}
                Opened::NoRoom(error) | Opened::Failed(error) => {
                    self.not_opened(epoch);
                    self.turns.give();
                    return Err(NoLoan::NotOpened(error));
                }
            }
        }
    }

    /// Drops what is idle; what is lent is dropped when it comes back.
    pub(crate) fn clear(&self) {
        let (stale, withheld) = {
            let mut shelf = locked(&self.shelf);
            shelf.epoch += 1;
            shelf.open = 0;
            let withheld = std::mem::take(&mut shelf.withheld);
            (std::mem::take(&mut shelf.idle), withheld)
        };
        drop(stale);
        (0..withheld).for_each(|_| self.turns.give());
    }

    /// Drops what has been idle for too long.
    pub(crate) fn trim(&self) {
        let stale: Vec<_> = {
            let mut shelf = locked(&self.shelf);
            let stale: Vec<_> = shelf
                .idle
                .extract_if(.., |(_, since)| since.elapsed() > self.idle_limit)
                .collect();
            shelf.open -= stale.len();
            stale
        };
        drop(stale);
    }

    /// How many threads wait for a turn.
    pub(crate) fn waiting(&self) -> usize {
        self.turns.waiting()
    }

    /// The one used last, which is the least likely to have been closed meanwhile; else
    /// counts the one that the caller is about to open.
    fn shelf_item(&self) -> (Option<T>, u64) {
        self.trim();
        let mut shelf = locked(&self.shelf);
        let kept = shelf.idle.pop().map(|(item, _)| item);
        if kept.is_none() {
            shelf.open += 1;
        }
        (kept, shelf.epoch)
    }

    fn not_opened(&self, epoch: u64) {
        let mut shelf = locked(&self.shelf);
        if shelf.epoch == epoch {
            shelf.open -= 1;
        }
    }

    /// Keeps the caller's turn out of circulation, if that leaves anybody a turn.
    fn withhold(&self, epoch: u64) -> bool {
        let mut shelf = locked(&self.shelf);
        let others = shelf.epoch == epoch && shelf.open > 1;
        if others {
            shelf.open -= 1;
            shelf.withheld += 1;
        }
        others
    }

    fn loan(&self, item: T, epoch: u64) -> Loan<'_, T> {
        Loan {
            pool: self,
            item: Some(item),
            epoch,
        }
    }

    fn take_back(&self, item: Option<T>, epoch: u64) {
        let unwanted = {
            let mut shelf = locked(&self.shelf);
            match item {
                Some(item) if shelf.epoch == epoch => {
                    shelf.idle.push((item, Instant::now()));
                    None
                }
                None if shelf.epoch == epoch => {
                    shelf.open -= 1;
                    None
                }
                stale => stale,
            }
        };
        drop(unwanted);
        self.turns.give();
    }
}

/// One of the pool's, lent until it is dropped.
pub(crate) struct Loan<'a, T> {
    pool: &'a Pool<T>,
    item: Option<T>,
    epoch: u64,
}

impl<T> Deref for Loan<'_, T> {
    type Target = Option<T>;

    fn deref(&self) -> &Option<T> {
        &self.item
    }
}

impl<T> DerefMut for Loan<'_, T> {
    fn deref_mut(&mut self) -> &mut Option<T> {
        &mut self.item
    }
}

impl<T> Drop for Loan<'_, T> {
    fn drop(&mut self) {
        self.pool.take_back(self.item.take(), self.epoch);
    }
}

//! The pool under every order of threads that shuttle finds: nobody is forgotten, no more
//! are lent than there are, nothing broken is lent again.
//!
//! The pool's own source is compiled here with shuttle's locks.

#![allow(missing_docs, dead_code)]

#[path = "../src/pool/mod.rs"]
mod pool;

/// The locks that the pool takes.
mod sync {
    use std::sync::PoisonError;

    pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};

    pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

use std::time::{Duration, Instant};

use pool::{Limits, NoLoan, NoTurn, Opened, Pool};
use shuttle::sync::Arc;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::thread;

const ITERATIONS: usize = 3_000;

/// Things that count how many of them there are.
struct Thing {
    number: usize,
    open: Arc<AtomicUsize>,
}

impl Drop for Thing {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A pool, and what was opened from it.
struct World {
    pool: Pool<Thing>,
    open: Arc<AtomicUsize>,
    opened: AtomicUsize,
    lent: AtomicUsize,
    broken: AtomicUsize,
    /// How many things there is room for.
    room: usize,
}

impl World {
    fn new(size: usize, room: usize) -> Arc<Self> {
        let limits = Limits {
            size,
            max_waiting: 64,
            idle: Duration::from_secs(3600),
        };
        Arc::new(Self {
            pool: Pool::new(limits),
            open: Arc::new(AtomicUsize::new(0)),
            opened: AtomicUsize::new(0),
            lent: AtomicUsize::new(0),
            broken: AtomicUsize::new(usize::MAX),
            room,
        })
    }

    fn opened(&self) -> Opened<Thing, ()> {
        if self.open.fetch_add(1, Ordering::SeqCst) >= self.room {
            self.open.fetch_sub(1, Ordering::SeqCst);
            return Opened::NoRoom(());
        }
        Opened::Ready(Thing {
            number: self.opened.fetch_add(1, Ordering::SeqCst),
            open: Arc::clone(&self.open),
        })
    }

    /// Uses one for a moment; breaks it if asked to.
    fn use_one(&self, breaks: bool) {
        let deadline = Instant::now() + Duration::from_secs(3600);
        let Ok(mut loan) = self.pool.lend(deadline, || self.opened()) else {
            panic!("nothing was lent");
        };
        let lent = self.lent.fetch_add(1, Ordering::SeqCst) + 1;
        assert!(lent <= self.room, "{lent} are lent");
        let number = loan.as_ref().map(|thing| thing.number);
        assert_ne!(number, Some(self.broken.load(Ordering::SeqCst)), "broken");
        thread::yield_now();
        if breaks {
            self.broken
                .store(number.unwrap_or(usize::MAX), Ordering::SeqCst);
            drop(loan.take());
        }
        self.lent.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs `work` in four threads, under many orders.
fn explore(size: usize, room: usize, work: fn(&World, usize)) {
    shuttle::check_random(
        move || {
            let world = World::new(size, room);
            let threads: Vec<_> = (0..4)
                .map(|number| {
                    let world = Arc::clone(&world);
                    thread::spawn(move || work(&world, number))
                })
                .collect();
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(world.pool.waiting(), 0, "somebody was forgotten");
            assert_eq!(world.lent.load(Ordering::SeqCst), 0);
            world.pool.clear();
            assert_eq!(
                world.open.load(Ordering::SeqCst),
                0,
                "something stayed open"
            );
        },
        ITERATIONS,
    );
    println!("{ITERATIONS} orders of four threads");
}

#[test]
fn everybody_is_served() {
    explore(2, 2, |world, _| {
        world.use_one(false);
        world.use_one(false);
    });
}

#[test]
fn what_broke_is_not_lent_again() {
    explore(2, 2, |world, number| {
        world.use_one(number == 0);
        world.use_one(number == 1);
    });
}

/// There is room for fewer than the pool was made for.
#[test]
fn fewer_are_opened_where_there_is_less_room() {
    explore(3, 1, |world, _| {
        world.use_one(false);
        world.use_one(false);
    });
}

#[test]
fn clearing_while_others_work_loses_nobody() {
    explore(2, 4, |world, number| {
        if number == 0 {
            world.pool.clear();
            world.pool.trim();
        } else {
            world.use_one(false);
            world.use_one(false);
        }
    });
}

#[test]
fn a_deadline_that_passed_gives_no_turn() {
    shuttle::check_random(
        || {
            let world = World::new(0, 0);
            let past = Instant::now();
            let refused = world.pool.lend(past, || world.opened());
            assert!(matches!(refused, Err(NoLoan::NoTurn(NoTurn::Late))));
        },
        100,
    );
}

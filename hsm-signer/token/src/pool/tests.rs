//! Turns with real threads and clocks; `tests/pool_interleavings.rs` has shuttle's.

use std::time::{Duration, Instant};

use crate::pool::{NoTurn, Turns};
use crate::sync::Mutex;

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

#[test]
fn turns_come_in_the_order_of_asking() {
    let turns = Turns::new(1, 8);
    turns.take(soon()).unwrap();
    let order = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (turns, order) = (&turns, &order);
            scope.spawn(move || {
                turns.take(soon()).unwrap();
                order.lock().unwrap().push(number);
                turns.give();
            });
            while turns.waiting() <= number {
                std::thread::yield_now();
            }
        }
        turns.give();
    });
    assert_eq!(order.into_inner().unwrap(), (0..8).collect::<Vec<_>>());
}

#[test]
fn a_full_queue_refuses_and_a_deadline_ends_the_wait() {
    let turns = Turns::new(1, 1);
    turns.take(soon()).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| turns.take(Instant::now() + Duration::from_millis(50)));
        while turns.waiting() == 0 && !waiting.is_finished() {
            std::thread::yield_now();
        }
        if !waiting.is_finished() {
            let _ = turns.take(Instant::now()).map_err(|refused| {
                assert!(matches!(refused, NoTurn::Full | NoTurn::Late));
            });
        }
        assert_eq!(waiting.join().unwrap(), Err(NoTurn::Late));
    });
    let none = Turns::new(0, 0);
    assert_eq!(none.take(soon()), Err(NoTurn::Full));
    turns.give();
    turns.take(soon()).unwrap();
}

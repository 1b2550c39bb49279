//! A bounded queue that is fair between callers: a lane for each, served in turn.
//!
//! Deficit round robin: at its turn, a lane gives up to [`QUANTUM`] items for each unit of
//! its weight, and goes to the end. However long one lane is, the others wait for one
//! turn of it and no longer.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, PoisonError};

use crate::sync::{Mutex, locked};

/// Items of a lane of weight 1 before it is another's turn.
const QUANTUM: usize = 4;

pub struct FairQueue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    capacity: usize,
}

struct State<T> {
    lanes: HashMap<Arc<str>, Lane<T>>,
    /// The lanes that are not empty, in the order of their turns.
    turns: VecDeque<Arc<str>>,
    waiting: usize,
    closed: bool,
}

struct Lane<T> {
    items: VecDeque<T>,
    weight: usize,
    /// Items that it may still give in this turn.
    credit: usize,
}

/// Who puts items into the queue, and how many of them may wait.
pub struct Ticket<'a> {
    pub lane: &'a Arc<str>,
    pub weight: usize,
    pub capacity: usize,
}

/// Why items were not taken in; none of them was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The lane is full.
    Lane,
    /// The queue is.
    Queue,
    /// It takes nothing any more.
    Closed,
}

impl<T> FairQueue<T> {
    /// A queue for at most `capacity` items.
    pub fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(State {
                lanes: HashMap::new(),
                turns: VecDeque::new(),
                waiting: 0,
                closed: false,
            }),
            filled: Condvar::new(),
            capacity,
        }
    }

    /// Takes in all of `items` or none.
    pub fn put(&self, ticket: &Ticket<'_>, items: Vec<T>) -> Result<(), Full> {
        let count = items.len();
        if count == 0 {
            return Ok(());
        }
        let mut state = locked(&self.state);
        if state.closed {
            return Err(Full::Closed);
        }
        if state.waiting + count > self.capacity {
            return Err(Full::Queue);
        }
        state.put(ticket, items)?;
        drop(state);
        if count == 1 {
            self.filled.notify_one();
        } else {
            self.filled.notify_all();
        }
        Ok(())
    }

    /// Takes out, at the next lane's turn, as many items as `size` says of the number that
    /// wait, all alike; waits for some. None once the queue is closed and empty.
    pub fn take(
        &self,
        size: impl Fn(usize) -> usize,
        alike: impl Fn(&T, &T) -> bool,
    ) -> Option<Vec<T>> {
        let mut state = locked(&self.state);
        loop {
            if let Some(items) = state.take(&size, &alike) {
                return Some(items);
            }
            if state.closed {
                return None;
            }
            let woken = self.filled.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes nothing in any more; what waits is still given out.
    pub fn close(&self) {
        locked(&self.state).closed = true;
        self.filled.notify_all();
    }

    /// How many items wait, in each lane that has any.
    pub fn waiting(&self) -> Vec<(Arc<str>, usize)> {
        let state = locked(&self.state);
        let lanes = state.lanes.iter();
        lanes
            .map(|(name, lane)| (Arc::clone(name), lane.items.len()))
            .collect()
    }
}

impl<T> State<T> {
    fn put(&mut self, ticket: &Ticket<'_>, items: Vec<T>) -> Result<(), Full> {
        let lane = self.lanes.entry(Arc::clone(ticket.lane));
        let lane = lane.or_insert_with(|| Lane {
            items: VecDeque::new(),
            weight: 1,
            credit: 0,
        });
        if lane.items.len() + items.len() > ticket.capacity {
            return Err(Full::Lane);
        }
        lane.weight = ticket.weight.max(1);
        if lane.items.is_empty() {
            lane.credit = QUANTUM * lane.weight;
            self.turns.push_back(Arc::clone(ticket.lane));
        }
        self.waiting += items.len();
        lane.items.extend(items);
        Ok(())
    }

    fn take(
        &mut self,
        size: impl Fn(usize) -> usize,
        alike: impl Fn(&T, &T) -> bool,
    ) -> Option<Vec<T>> {
        let turn = self.turns.front()?;
        let alone = self.turns.len() == 1;
        let lane = self.lanes.get_mut(turn)?;
        let wanted = size(self.waiting).max(1);
        let allowed = if alone {
            wanted
        } else {
            wanted.min(lane.credit)
        };
        let items = lane.take(allowed, alike);
        self.waiting -= items.len();
        if lane.items.is_empty() {
            self.turns.pop_front();
        } else if lane.credit <= items.len() {
            lane.credit = QUANTUM * lane.weight;
            self.turns.rotate_left(1);
        } else {
            lane.credit -= items.len();
        }
        Some(items)
    }
}

impl<T> Lane<T> {
    /// Up to `count` items from the front that are alike.
    fn take(&mut self, count: usize, alike: impl Fn(&T, &T) -> bool) -> Vec<T> {
        let mut taken: Vec<T> = self.items.pop_front().into_iter().collect();
        while taken.len() < count
            && let (Some(first), Some(next)) = (taken.first(), self.items.front())
            && alike(first, next)
            && let Some(next) = self.items.pop_front()
        {
            taken.push(next);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(queue: &FairQueue<u32>, lane: &str, weight: usize, items: Vec<u32>) {
        let lane: Arc<str> = lane.into();
        let ticket = Ticket {
            lane: &lane,
            weight,
            capacity: 1_000,
        };
        queue.put(&ticket, items).unwrap();
    }

    /// Takes everything out, at most `size` at a time.
    fn drained(queue: &FairQueue<u32>, size: usize) -> Vec<Vec<u32>> {
        queue.close();
        std::iter::from_fn(|| queue.take(|_| size, |_, _| true)).collect()
    }

    #[test]
    fn one_item_waits_for_one_turn_of_a_long_lane() {
        let queue = FairQueue::new(10_000);
        put(&queue, "many", 1, (0..900).collect());
        put(&queue, "one", 1, vec![1_000]);
        let order = drained(&queue, 64).concat();
        assert_eq!(order.len(), 901);
        let place = order.iter().position(|item| *item == 1_000).unwrap();
        assert_eq!(place, QUANTUM);
    }

    #[test]
    fn lanes_share_by_weight() {
        let queue = FairQueue::new(10_000);
        put(&queue, "heavy", 3, (0..600).collect());
        put(&queue, "light", 1, (1_000..1_600).collect());
        let order = drained(&queue, 1).concat();
        let heavy = order[..400].iter().filter(|item| **item < 1_000).count();
        assert_eq!((order.len(), heavy), (1_200, 300));
    }

    #[test]
    fn order_is_kept_within_a_lane_and_runs_are_alike() {
        let queue = FairQueue::new(100);
        put(&queue, "a", 1, vec![1, 3, 5, 2, 4, 7]);
        queue.close();
        let alike = |a: &u32, b: &u32| a % 2 == b % 2;
        let runs: Vec<_> = std::iter::from_fn(|| queue.take(|_| 10, alike)).collect();
        assert_eq!(runs, [vec![1, 3, 5], vec![2, 4], vec![7]]);
    }

    #[test]
    fn what_does_not_fit_is_refused_whole() {
        let queue = FairQueue::new(5);
        let lane: Arc<str> = "a".into();
        let ticket = |capacity| Ticket {
            lane: &lane,
            weight: 1,
            capacity,
        };
        assert_eq!(queue.put(&ticket(3), vec![1, 2, 3, 4]), Err(Full::Lane));
        assert_eq!(queue.put(&ticket(9), vec![1; 6]), Err(Full::Queue));
        queue.put(&ticket(3), vec![1, 2, 3]).unwrap();
        assert_eq!(queue.put(&ticket(3), vec![4]), Err(Full::Lane));
        queue.close();
        assert_eq!(queue.put(&ticket(9), vec![4]), Err(Full::Closed));
        assert_eq!(drained(&queue, 10), [vec![1, 2, 3]]);
    }
}

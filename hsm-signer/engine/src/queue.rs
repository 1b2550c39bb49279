//! A bounded queue that is fair between callers: a lane for each, served in turn.
//!
//! Deficit round robin: at its turn, a lane gives up to [`QUANTUM`] items for each unit of
//! its weight, and goes to the end. However long one lane is, the others wait for one
//! turn of it and no longer.
//!
//! Who takes items out belongs to a source, and a source may be unable to use an item that
//! another could: what it cannot use, it leaves where it is.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, PoisonError};
use std::time::{Duration, Instant};

use mls_signer_token::sync::{Mutex, locked};

/// Items of a lane of weight 1 before it is another's turn.
const QUANTUM: usize = 4;

/// Something that waits for a source.
pub(crate) trait Item {
    /// What it would cost source number `source` to serve it now; none where it cannot.
    fn cost(&self, source: usize) -> Option<u64>;

    /// Whether both may be given to a source together.
    fn is_like(&self, other: &Self) -> bool;
}

pub(crate) struct FairQueue<T> {
    lanes: Mutex<Lanes<T>>,
    /// One for each source: rings when there may be something for it.
    filled: Vec<Condvar>,
    capacity: usize,
}

struct Lanes<T> {
    by_name: HashMap<Arc<str>, LaneState<T>>,
    /// The lanes that are not empty, in the order of their turns.
    turns: VecDeque<Arc<str>>,
    waiting: usize,
    /// How many threads of each source wait for something.
    idle: Vec<usize>,
    closed: bool,
}

struct LaneState<T> {
    items: VecDeque<T>,
    weight: usize,
    /// Items that it may still give in this turn.
    credit: usize,
}

/// Who puts items into the queue, and how many of them may wait.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Its name: a caller's.
    pub name: Arc<str>,
    /// Its share, relative to that of the other lanes; 1 at least.
    pub weight: usize,
    /// The most items that may wait in it.
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

/// What taking came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken<T> {
    /// Items, all alike.
    Items(Vec<T>),
    /// There was nothing for the source within the time.
    Nothing,
    /// The queue is closed.
    Closed,
}

impl<T: Item> FairQueue<T> {
    /// A queue for at most `capacity` items, from which `sources` sources take.
    pub fn new(capacity: usize, sources: usize) -> Self {
        Self {
            lanes: Mutex::new(Lanes {
                by_name: HashMap::new(),
                turns: VecDeque::new(),
                waiting: 0,
                idle: vec![0; sources],
                closed: false,
            }),
            filled: (0..sources).map(|_| Condvar::new()).collect(),
            capacity,
        }
    }

    /// Takes in all of `items` or none.
    pub fn put(&self, lane: &Lane, items: Vec<T>) -> Result<(), Full> {
        let count = items.len();
        let mut lanes = locked(&self.lanes);
        if lanes.closed {
            return Err(Full::Closed);
        }
        if lanes.waiting + count > self.capacity {
            return Err(Full::Queue);
        }
        if lanes.lane(&lane.name).items.len() + count > lane.capacity {
            return Err(Full::Lane);
        }
        let cheapest = items.first().and_then(|item| lanes.cheapest_idle(item));
        lanes.waiting += count;
        lanes.begin_turn(lane).items.extend(items);
        drop(lanes);
        match cheapest {
            Some(source) if count == 1 => self.filled[source].notify_one(),
            _ => self.wake_all(),
        }
        Ok(())
    }

    /// Takes items back in, to be served before the others of their lane. They were taken in
    /// before and do not count against any bound.
    pub fn put_back(&self, lane: &Lane, items: Vec<T>) {
        let mut lanes = locked(&self.lanes);
        lanes.waiting += items.len();
        let waiting = &mut lanes.begin_turn(lane).items;
        for item in items.into_iter().rev() {
            waiting.push_front(item);
        }
        drop(lanes);
        self.wake_all();
    }

    /// Takes out, at the next lane's turn, as many items as `size` says of the number that
    /// wait, all alike; waits for some until `time` has passed or `leave` says so.
    pub fn take(
        &self,
        source: usize,
        time: Duration,
        size: impl Fn(usize) -> usize,
        leave: impl Fn() -> bool,
    ) -> Taken<T> {
        let until = Instant::now() + time;
        let mut lanes = locked(&self.lanes);
        loop {
            if lanes.closed {
                return Taken::Closed;
            }
            if leave() {
                return Taken::Nothing;
            }
            if let Some(items) = lanes.take(source, &size) {
                let more = lanes.waiting > 0;
                drop(lanes);
                if more {
                    // Whoever was woken for what is left may have been this thread.
                    self.filled.iter().for_each(Condvar::notify_one);
                }
                return Taken::Items(items);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Taken::Nothing;
            }
            lanes.idle[source] += 1;
            let woken = self.filled[source].wait_timeout(lanes, left);
            lanes = woken.unwrap_or_else(PoisonError::into_inner).0;
            lanes.idle[source] -= 1;
        }
    }

    /// Takes out what `wanted` says, in whatever lane it is.
    pub fn take_out(&self, wanted: impl Fn(&T) -> bool) -> Vec<T> {
        let mut out = Vec::new();
        let lanes = &mut *locked(&self.lanes);
        for lane in lanes.by_name.values_mut() {
            let (taken, left) = std::mem::take(&mut lane.items)
                .into_iter()
                .partition(&wanted);
            lane.items = left;
            out.extend::<VecDeque<T>>(taken);
        }
        lanes.waiting -= out.len();
        let is_filled = |lane: &LaneState<T>| !lane.items.is_empty();
        lanes
            .turns
            .retain(|name| lanes.by_name.get(name).is_some_and(is_filled));
        out
    }

    /// Has every thread that waits look again: a source's standing has changed. A thread that
    /// has looked before the change holds the lock until it waits.
    pub fn wake_all(&self) {
        drop(locked(&self.lanes));
        self.filled.iter().for_each(Condvar::notify_all);
    }

    /// Takes nothing in any more, and returns what waits.
    pub fn close(&self) -> Vec<T> {
        locked(&self.lanes).closed = true;
        self.wake_all();
        self.take_out(|_| true)
    }

    /// How many items wait, in each lane that there has been.
    pub fn waiting(&self) -> Vec<(Arc<str>, usize)> {
        let lanes = locked(&self.lanes);
        let waiting = lanes.by_name.iter();
        waiting
            .map(|(name, lane)| (Arc::clone(name), lane.items.len()))
            .collect()
    }
}

impl<T: Item> Lanes<T> {
    fn lane(&mut self, name: &Arc<str>) -> &mut LaneState<T> {
        self.by_name
            .entry(Arc::clone(name))
            .or_insert_with(|| LaneState {
                items: VecDeque::new(),
                weight: 1,
                credit: 0,
            })
    }

    /// Of the sources with an idle thread, the one that serves `item` at the least cost.
    fn cheapest_idle(&self, item: &T) -> Option<usize> {
        let idle = (0..self.idle.len()).filter(|source| self.idle[*source] > 0);
        let costs = idle.filter_map(|source| Some((item.cost(source)?, source)));
        costs.min().map(|(_, source)| source)
    }

    /// The lane into which items are put: where it was empty, it gets a turn, at the end.
    fn begin_turn(&mut self, lane: &Lane) -> &mut LaneState<T> {
        let weight = lane.weight.max(1);
        if self.lane(&lane.name).items.is_empty() {
            self.lane(&lane.name).credit = QUANTUM * weight;
            self.turns.push_back(Arc::clone(&lane.name));
        }
        let state = self.lane(&lane.name);
        state.weight = weight;
        state
    }

    /// The next items for `source`: of the first lane, in the order of turns, that has any.
    fn take(&mut self, source: usize, size: impl Fn(usize) -> usize) -> Option<Vec<T>> {
        let usable = |item: &T| item.cost(source).is_some();
        let (at, first) = self.turns.iter().enumerate().find_map(|(at, name)| {
            let lane = self.by_name.get(name)?;
            Some((at, lane.items.iter().position(usable)?))
        })?;
        let alone = self.turns.len() == 1;
        let name = self.turns[at].clone();
        let wanted = size(self.waiting).max(1);
        let lane = self.by_name.get_mut(&name)?;
        let allowed = if alone {
            wanted
        } else {
            wanted.min(lane.credit.max(1))
        };
        let items = lane.take(first, allowed, usable);
        self.waiting -= items.len();
        if lane.items.is_empty() {
            self.turns.remove(at);
        } else if lane.credit <= items.len() {
            lane.credit = QUANTUM * lane.weight;
            self.turns.remove(at);
            self.turns.push_back(name);
        } else {
            lane.credit -= items.len();
        }
        Some(items)
    }
}

impl<T: Item> LaneState<T> {
    /// Up to `count` items from the place `first` on that are alike and usable.
    fn take(&mut self, first: usize, count: usize, usable: impl Fn(&T) -> bool) -> Vec<T> {
        let mut taken: Vec<T> = self.items.remove(first).into_iter().collect();
        while taken.len() < count
            && let (Some(begun), Some(next)) = (taken.first(), self.items.get(first))
            && usable(next)
            && begun.is_like(next)
            && let Some(next) = self.items.remove(first)
        {
            taken.push(next);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number that the sources may use whose bits are set in the mask; alike if both are
    /// even or both odd.
    #[derive(Debug, PartialEq, Eq)]
    struct Number(u32, u64);

    impl Item for Number {
        fn cost(&self, source: usize) -> Option<u64> {
            (self.1 & 1 << source != 0).then_some(1)
        }

        fn is_like(&self, other: &Self) -> bool {
            self.0 % 2 == other.0 % 2
        }
    }

    /// Usable by both sources, and all alike.
    fn numbers(values: impl IntoIterator<Item = u32>) -> Vec<Number> {
        let double = |value| Number(2 * value, 3);
        values.into_iter().map(double).collect()
    }

    fn lane(name: &str, weight: usize, capacity: usize) -> Lane {
        Lane {
            name: name.into(),
            weight,
            capacity,
        }
    }

    fn put(queue: &FairQueue<Number>, name: &str, weight: usize, items: Vec<Number>) {
        queue.put(&lane(name, weight, 1_000), items).unwrap();
    }

    fn take(queue: &FairQueue<Number>, source: usize, size: usize) -> Taken<Number> {
        queue.take(source, Duration::ZERO, |_| size, || false)
    }

    /// Takes everything out for source 0, at most `size` at a time: the numbers.
    fn drained(queue: &FairQueue<Number>, size: usize) -> Vec<Vec<u32>> {
        let next = || match take(queue, 0, size) {
            Taken::Items(items) => Some(items.iter().map(|item| item.0).collect()),
            _ => None,
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn one_item_waits_for_one_turn_of_a_long_lane() {
        let queue = FairQueue::new(10_000, 1);
        put(&queue, "many", 1, numbers(0..900));
        put(&queue, "one", 1, numbers([1_000]));
        let order = drained(&queue, 64).concat();
        assert_eq!(order.len(), 901);
        let place = order.iter().position(|item| *item == 2_000).unwrap();
        assert_eq!(place, QUANTUM);
    }

    #[test]
    fn lanes_share_by_weight() {
        let queue = FairQueue::new(10_000, 1);
        put(&queue, "heavy", 3, numbers(0..600));
        put(&queue, "light", 1, numbers(1_000..1_600));
        let order = drained(&queue, 1).concat();
        let heavy = order[..400].iter().filter(|item| **item < 2_000).count();
        assert_eq!((order.len(), heavy), (1_200, 300));
    }

    #[test]
    fn order_is_kept_within_a_lane_and_runs_are_alike() {
        let queue = FairQueue::new(100, 1);
        let items = [1, 3, 5, 2, 4, 7].map(|value| Number(value, 1));
        put(&queue, "a", 1, items.into());
        assert_eq!(drained(&queue, 10), [vec![1, 3, 5], vec![2, 4], vec![7]]);
    }

    #[test]
    fn what_does_not_fit_is_refused_whole() {
        let queue = FairQueue::new(5, 1);
        let put = |capacity, count| queue.put(&lane("a", 1, capacity), numbers(0..count));
        assert_eq!(put(3, 4), Err(Full::Lane));
        assert_eq!(put(9, 6), Err(Full::Queue));
        put(3, 3).unwrap();
        assert_eq!(put(3, 1), Err(Full::Lane));
        assert_eq!(queue.close().len(), 3);
        assert_eq!(put(9, 1), Err(Full::Closed));
        assert_eq!(take(&queue, 0, 10), Taken::Closed);
    }

    #[test]
    fn a_source_leaves_what_it_cannot_use() {
        let queue = FairQueue::new(10, 2);
        put(
            &queue,
            "a",
            1,
            vec![Number(2, 2), Number(4, 1), Number(6, 3)],
        );
        put(&queue, "b", 1, vec![Number(8, 2)]);
        assert_eq!(drained(&queue, 10), [vec![4, 6]]);
        let Taken::Items(second) = take(&queue, 1, 10) else {
            panic!("there is something for source 1");
        };
        assert_eq!(second, [Number(2, 2)]);
        let waiting = queue.waiting();
        assert_eq!(waiting.iter().map(|(_, count)| count).sum::<usize>(), 1);
    }

    #[test]
    fn what_is_put_back_comes_first() {
        let queue = FairQueue::new(3, 1);
        put(&queue, "a", 1, numbers(0..3));
        let Taken::Items(items) = take(&queue, 0, 2) else {
            panic!("three items wait");
        };
        put(&queue, "a", 1, numbers([9, 10]));
        queue.put_back(&lane("a", 1, 0), items);
        assert_eq!(drained(&queue, 10), [vec![0, 2, 4, 18, 20]]);
        assert!(queue.take_out(|_| true).is_empty());
    }

    /// Two items came before the thread that the first woke ran: another source has the second.
    #[test]
    fn who_takes_wakes_the_other_sources_for_what_is_left() {
        let queue = FairQueue::new(100, 2);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| queue.take(1, Duration::from_secs(60), |_| 1, || false));
            while locked(&queue.lanes).idle[1] == 0 {
                std::thread::yield_now();
            }
            locked(&queue.lanes).idle[0] = 1;
            put(&queue, "a", 1, numbers([1]));
            put(&queue, "a", 1, numbers([2]));
            locked(&queue.lanes).idle[0] = 0;
            let begun = Instant::now();
            assert_eq!(take(&queue, 0, 1), Taken::Items(numbers([1])));
            assert_eq!(other.join().unwrap(), Taken::Items(numbers([2])));
            assert!(begun.elapsed() < Duration::from_secs(30));
        });
    }

    #[test]
    fn what_is_taken_out_is_gone_and_its_lane_has_no_turn() {
        let queue = FairQueue::new(100, 1);
        put(&queue, "a", 1, numbers(0..3));
        put(&queue, "b", 1, numbers(10..12));
        assert_eq!(queue.take_out(|item| item.0 < 20).len(), 3);
        assert_eq!(drained(&queue, 1), [vec![20], vec![22]]);
    }
}

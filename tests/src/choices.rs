//! Random choices that can be made again.

use openmls_hw_crypto::HwCrypto;
use openmls_traits::random::OpenMlsRand;

/// The environment variable that holds the seed of a run to be repeated.
pub const SEED: &str = "MLS_TESTS_SEED";

/// A stream of choices: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
#[derive(Debug)]
pub struct Choices(u64);

impl Choices {
    /// The stream of [`SEED`], else of a fresh seed. Prints the seed, so that a failed run can be
    /// repeated.
    ///
    /// # Panics
    ///
    /// Panics if [`SEED`] is no number, or if there are no random bytes.
    pub fn new(what: &str) -> Self {
        let seed = match std::env::var(SEED) {
            Ok(seed) => seed.parse().expect("MLS_TESTS_SEED is a number"),
            Err(_) => u64::from_be_bytes(HwCrypto::default().random_array().unwrap()),
        };
        println!("{what}: {SEED}={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is not zero.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// One of `elements`, which are not empty.
    pub fn pick<T: Clone>(&mut self, elements: &[T]) -> T {
        elements[self.below(elements.len())].clone()
    }

    /// True once in `times` on average.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// `count` random bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    /// The elements in a random order.
    pub fn shuffled<T>(&mut self, mut elements: Vec<T>) -> Vec<T> {
        for last in (1..elements.len()).rev() {
            elements.swap(last, self.below(last + 1));
        }
        elements
    }
}

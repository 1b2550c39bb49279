//! SHA-512 (FIPS 180-4) of many messages, one in each lane.
//!
//! The time depends on the messages' lengths, and nothing is cleared: for messages that are public.

use crate::{
    Backend,
    backend::with_isa,
    integer::Integer,
    isa::{self, Isa, Kernel, MOST_LANES, word::Word},
};

mod constants;
mod message;
#[cfg(test)]
mod tests;

pub(crate) use message::Message;

use constants::{INITIAL, ROUNDS};

/// Repeats a statement for each of eight words, without a loop: the compiler keeps arrays in
/// registers only if it knows every index.
macro_rules! for_eight {
    ($i:ident => $body:expr) => { for_eight!(@ $i => $body; 0 1 2 3 4 5 6 7) };
    (@ $i:ident => $body:expr; $($index:literal)*) => {
        $({ let $i: usize = $index; $body; })*
    };
}
/// A digest: eight words, each as the number that FIPS 180-4 has for it.
pub(crate) type Digest = [u64; 8];

/// Hashes messages, each into the digest in the same place.
pub(crate) struct Hashing<'a> {
    pub(crate) messages: &'a [Message<'a>],
    pub(crate) digests: &'a mut [Digest],
}

impl Hashing<'_> {
    /// Runs the kernel on a backend.
    pub(crate) fn run(self, backend: Backend) {
        with_isa!(backend, isa => isa::run_publicly(isa, self));
    }
}

impl<I, W> Kernel<I> for Hashing<'_>
where
    I: Isa<Integers = [W; 4], Index = W>,
    W: Word,
{
    #[inline(always)]
    fn run(self, isa: I) {
        let lanes = self.messages.chunks(I::LANES);
        for (messages, digests) in lanes.zip(self.digests.chunks_mut(I::LANES)) {
            hash::<I, W>(isa, messages, digests);
        }
    }
}

/// Hashes at most as many messages as there are lanes.
#[inline(always)]
fn hash<I, W>(isa: I, messages: &[Message<'_>], digests: &mut [Digest])
where
    I: Isa<Integers = [W; 4], Index = W>,
    W: Word,
{
    let [any, ..] = isa.load(&[[0; 4]; MOST_LANES][..I::LANES]);
    let mut state = [any; 8];
    for (word, initial) in state.iter_mut().zip(INITIAL) {
        *word = any.all(initial);
    }
    let most = messages.iter().map(Message::blocks).max().unwrap_or(0);
    for index in 0..most {
        compress(&mut state, &load::<I, W>(isa, messages, index));
        if messages.iter().any(|message| message.blocks() == index + 1) {
            store::<I, W>(&state, messages, index, digests);
        }
    }
}

/// The words of block `index` of each message. One that has ended gives anything.
#[inline(always)]
fn load<I, W>(isa: I, messages: &[Message<'_>], index: usize) -> [W; 16]
where
    I: Isa<Integers = [W; 4], Index = W>,
    W: Word,
{
    // Four words of each message are an integer.
    let mut integers = [[[0; 4]; MOST_LANES]; 4];
    for (lane, message) in messages.iter().enumerate() {
        let block = match index < message.blocks() {
            true => message.block(index),
            false => continue,
        };
        for (i, word) in block.as_chunks::<8>().0.iter().enumerate() {
            integers[i / 4][lane][i % 4] = u64::from_be_bytes(*word);
        }
    }
    let [first, second, third, fourth] = &integers;
    let [a, b, c, d] = isa.load(&first[..I::LANES]);
    let [e, f, g, h] = isa.load(&second[..I::LANES]);
    let [i, j, k, l] = isa.load(&third[..I::LANES]);
    let [m, n, o, p] = isa.load(&fourth[..I::LANES]);
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
}

/// The digests of the messages of which block `index` was the last.
#[inline(always)]
fn store<I, W>(state: &[W; 8], messages: &[Message<'_>], index: usize, digests: &mut [Digest])
where
    I: Isa<Integers = [W; 4], Index = W>,
    W: Word,
{
    let mut halves: [[Integer; MOST_LANES]; 2] = [[[0; 4]; MOST_LANES]; 2];
    let [a, b, c, d, e, f, g, h] = *state;
    I::store(&[a, b, c, d], &mut halves[0]);
    I::store(&[e, f, g, h], &mut halves[1]);
    for (lane, (message, digest)) in messages.iter().zip(digests).enumerate() {
        if message.blocks() == index + 1 {
            digest[..4].copy_from_slice(&halves[0][lane]);
            digest[4..].copy_from_slice(&halves[1][lane]);
        }
    }
}

/// Takes a block into the state (FIPS 180-4, section 6.4.2).
#[inline(always)]
fn compress<W: Word>(state: &mut [W; 8], block: &[W; 16]) {
    let schedule = schedule(block);
    let mut working = *state;
    for (words, constants) in schedule
        .as_chunks::<8>()
        .0
        .iter()
        .zip(ROUNDS.as_chunks::<8>().0)
    {
        for_eight!(i => {
            round(&mut working, i, words[i].plus(words[i].all(constants[i])));
        });
    }
    for_eight!(i => {
        state[i] = state[i].plus(working[i]);
    });
}

/// The message schedule W.
#[inline(always)]
fn schedule<W: Word>(block: &[W; 16]) -> [W; 80] {
    let mut words = [block[0]; 80];
    words[..16].copy_from_slice(block);
    for t in 16..80 {
        let (x, y) = (words[t - 15], words[t - 2]);
        let sigma0 = x.rotated(1).differing(x.rotated(8)).differing(x.right(7));
        let sigma1 = y.rotated(19).differing(y.rotated(61)).differing(y.right(6));
        words[t] = sigma1.plus(words[t - 7]).plus(sigma0.plus(words[t - 16]));
    }
    words
}

/// Round `8 n + i`. The working variables stay where they are: what is a in one round is b in the
/// next.
#[inline(always)]
fn round<W: Word>(working: &mut [W; 8], i: usize, word: W) {
    let at = |variable: usize| (8 + variable - i) % 8;
    let [a, b, c] = [working[at(0)], working[at(1)], working[at(2)]];
    let [e, f, g] = [working[at(4)], working[at(5)], working[at(6)]];
    let sum1 = e
        .rotated(14)
        .differing(e.rotated(18))
        .differing(e.rotated(41));
    let choice = g.differing(e.both(f.differing(g)));
    let t1 = working[at(7)].plus(word).plus(sum1.plus(choice));
    let sum0 = a
        .rotated(28)
        .differing(a.rotated(34))
        .differing(a.rotated(39));
    let majority = a.both(b).either(c.both(a.either(b)));
    working[at(3)] = working[at(3)].plus(t1);
    working[at(7)] = t1.plus(sum0.plus(majority));
}

//! A kernel's batch in the machine's memory.

use super::{image::Image, lane::Lane, run::Code, state::Machine};

/// Where the batch of a kernel is, and the first of the slices that it is of.
const BATCH: u64 = 0x4000_0000;
const SLICES: u64 = 0x4100_0000;
const APART: u64 = 0x10_0000;
/// The bytes of an integer, of a word, and of a slice in a batch.
const INTEGER: u64 = 32;
const WORD: u64 = 8;
const SLICE: u64 = 16;

/// A backend whose kernels are followed, by the number that it has in [`crate::Backend`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Isa {
    Avx512Ifma = 0,
    Avx2 = 1,
}

impl Isa {
    pub(crate) const fn lanes(self) -> usize {
        match self {
            Self::Avx512Ifma => 8,
            Self::Avx2 => 4,
        }
    }
}

/// A kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kernel {
    /// X25519 with any point.
    Ladder,
    /// X25519 with the base point.
    Comb,
    /// P-256 with the base point.
    P256Comb,
    /// P-256 with any point.
    P256Windowed,
}

impl Kernel {
    /// What the name of its function contains.
    const fn symbol(self) -> &'static [&'static str] {
        match self {
            Self::Ladder => &["10curve25519", "6ladder6Ladder3run"],
            Self::Comb => &["10curve25519", "4comb4Comb3run"],
            Self::P256Comb => &["8nistp256", "4comb4Comb3run"],
            Self::P256Windowed => &["8nistp256", "6window8Windowed3run"],
        }
    }

    /// How many slices of integers it is given.
    pub(crate) const fn given(self) -> usize {
        match self {
            Self::Ladder => 2,
            Self::Comb | Self::P256Comb => 1,
            Self::P256Windowed => 3,
        }
    }

    /// How many slices of truth values follow those of results.
    const fn flags(self) -> usize {
        match self {
            Self::P256Windowed => 1,
            _ => 0,
        }
    }

    /// How many slices of results follow.
    pub(crate) const fn results(self) -> usize {
        match self {
            Self::Ladder | Self::Comb | Self::P256Windowed => 1,
            Self::P256Comb => 2,
        }
    }
}

/// Slices of integers.
pub(crate) type Results<W> = Vec<Vec<[W; 4]>>;

/// What a kernel has done.
pub(crate) struct Done<W> {
    pub(crate) results: Results<W>,
    /// The truth values of the elements, if it has any.
    pub(crate) flags: Vec<W>,
}

/// A run of a kernel's machine code on so many vectors.
pub(crate) struct Run<'a> {
    pub(crate) image: &'a Image,
    pub(crate) kernel: Kernel,
    pub(crate) isa: Isa,
    pub(crate) vectors: usize,
}

impl Run<'_> {
    fn elements(&self) -> usize {
        self.vectors * self.isa.lanes()
    }

    /// Follows the kernel from its first instruction to its return. The words of the integers
    /// are those that `input` says, by slice, element and word, and unknown where it says
    /// nothing. Returns what it has done, and the number of instructions.
    pub(crate) fn follow<W: Lane>(
        &self,
        code: &mut Code<'_>,
        input: impl Fn(usize, usize, usize) -> Option<W>,
    ) -> Result<(Done<W>, usize), String> {
        let mut machine = Machine::<W>::new(self.image);
        let (elements, given) = (self.elements(), self.kernel.given());
        for slice in 0..given + self.kernel.results() + self.kernel.flags() {
            let field = BATCH + SLICE * slice as u64;
            machine.memory.write(field, WORD, W::constant(start(slice)));
            machine
                .memory
                .write(field + WORD, WORD, W::constant(elements as u64));
        }
        for slice in 0..given {
            for element in 0..elements {
                for word in 0..4 {
                    if let Some(value) = input(slice, element, word) {
                        machine
                            .memory
                            .write(place(slice, element, word), WORD, value);
                    }
                }
            }
        }
        let function = self.image.find(self.kernel.symbol());
        let steps = machine.call(code, function, &[BATCH, self.isa as u64])?;
        let read = |address, bytes| machine.memory.read(self.image, address, bytes);
        let result = |slice: usize, element: usize| {
            core::array::from_fn(|word| read(place(slice, element, word), WORD))
        };
        let results = given..given + self.kernel.results();
        let flags = results.end..results.end + self.kernel.flags();
        let done = Done {
            flags: flags
                .flat_map(|slice| (0..elements).map(move |element| start(slice) + element as u64))
                .map(|address| read(address, 1))
                .collect(),
            results: results
                .map(|slice| {
                    (0..elements)
                        .map(|element| result(slice, element))
                        .collect()
                })
                .collect(),
        };
        Ok((done, steps))
    }
}

fn start(slice: usize) -> u64 {
    SLICES + APART * slice as u64
}

fn place(slice: usize, element: usize, word: usize) -> u64 {
    start(slice) + INTEGER * element as u64 + WORD * word as u64
}

//! The AVX2 backend: four lanes, every intrinsic and every `unsafe` of it.
//!
//! A [`Vector`] can only be made from the witness [`Avx2`], which can only be made
//! by detection; so whoever holds a vector may use the instructions.

use core::arch::{asm, x86_64::*};

use crate::{
    integer::Integer,
    isa::{Isa, Kernel, transpose, word::word},
};

mod comb;
pub(crate) mod gf25519;
pub(crate) mod gfp256;
#[cfg(test)]
pub(crate) mod limits;
mod lookup;
mod rows;
pub(crate) mod windows;
mod words;

use gf25519::Gf25519;
use gfp256::GfP256;
use words::{bits, pack};

/// The witness that the CPU and the operating system have the instructions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// The witness, if the instructions are there.
    pub(crate) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    #[target_feature(enable = "avx2")]
    fn run<K: Kernel<Self>>(self, kernel: K) {
        kernel.run(self);
    }

    /// `value` in every lane.
    #[inline(always)]
    fn splat(self, value: u64) -> Vector {
        // SAFETY: the witness proves that the CPU has AVX2.
        Vector(unsafe { _mm256_set1_epi64x(value as i64) })
    }

    #[inline(always)]
    fn load_words(self, words: &[u64; 4]) -> Vector {
        // SAFETY: the witness proves that the CPU has AVX2; the reference is valid
        // for 32 bytes, and the load needs no alignment.
        Vector(unsafe { _mm256_loadu_si256(words.as_ptr().cast()) })
    }
}

/// Four 64-bit words, one in each lane.
#[derive(Clone, Copy)]
pub(crate) struct Vector(__m256i);

/// One truth value in each lane: all ones or all zeros.
#[derive(Clone, Copy)]
pub(crate) struct Mask(Vector);

/// Defines methods of [`Vector`], each one intrinsic.
macro_rules! vector_methods {
    ($($(#[$doc:meta])* $name:ident = $intrinsic:ident $(<$shift:ident>)? ($($argument:ident),*);)*) => {
        impl Vector {$(
            $(#[$doc])*
            #[inline(always)]
            pub(crate) fn $name $(<const $shift: i32>)? (self $(, $argument: Self)*) -> Self {
                // SAFETY: the vector proves that the CPU has the instructions.
                Self(unsafe { $intrinsic $(::<$shift>)? (self.0 $(, $argument.0)*) })
            }
        )*}
    };
}

vector_methods! {
    /// `self + other`, modulo 2^64.
    add = _mm256_add_epi64(other);
    /// `self - other`, modulo 2^64.
    sub = _mm256_sub_epi64(other);
    /// The product of the low 32 bits of each.
    mul = _mm256_mul_epu32(other);
    /// The bits in both.
    and = _mm256_and_si256(other);
    /// The bits in either.
    or = _mm256_or_si256(other);
    /// The bits in one but not the other.
    xor = _mm256_xor_si256(other);
    /// All ones where the lanes are equal, else all zeros.
    equal = _mm256_cmpeq_epi64(other);
    /// Shifted to the left.
    shl = _mm256_slli_epi64<BITS>();
    /// Shifted to the right, filled with zeros.
    shr = _mm256_srli_epi64<BITS>();
    /// Shifted to the right by as many bits as each lane of `count` says; by 64 or
    /// more, nothing is left.
    shr_by = _mm256_srlv_epi64(count);
    /// Shifted to the left by as many bits as each lane of `count` says; by 64 or
    /// more, nothing is left.
    shl_by = _mm256_sllv_epi64(count);
}

word!(Vector);

impl Vector {
    /// `value` in every lane.
    #[inline(always)]
    pub(crate) fn splat(self, value: u64) -> Self {
        // SAFETY: the vector proves that the CPU has AVX2.
        Self(unsafe { _mm256_set1_epi64x(value as i64) })
    }

    /// `self + other`, modulo 2^64, where the program says so: else the compiler
    /// turns a long sum into a tree, which needs more registers than there are.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn add_in_turn(self, other: Self) -> Self {
        self.add(other).opaque()
    }

    /// The same value, of which the compiler knows nothing.
    #[cfg(not(secret_flow = "msan"))]
    #[target_feature(enable = "avx2")]
    #[inline]
    fn opaque(mut self) -> Self {
        // SAFETY: there is no instruction.
        unsafe {
            asm!("/* {} */", inout(ymm_reg) self.0, options(pure, nomem, nostack, preserves_flags));
        }
        self
    }

    /// The same value: MemorySanitizer takes what is given to assembly for a use.
    #[cfg(secret_flow = "msan")]
    #[inline(always)]
    fn opaque(self) -> Self {
        self
    }

    /// The lanes that are equal.
    #[inline(always)]
    pub(crate) fn equals(self, other: Self) -> Mask {
        Mask(self.equal(other))
    }

    /// The lanes that are zero.
    #[inline(always)]
    pub(crate) fn is_zero(self) -> Mask {
        self.equals(self.splat(0))
    }

    /// The complement in the lanes of the mask.
    #[inline(always)]
    pub(crate) fn not_if(self, mask: &Mask) -> Self {
        self.xor(mask.0)
    }

    /// `a` in the lanes of the mask, `b` in the others.
    #[inline(always)]
    pub(crate) fn select(mask: &Mask, a: Self, b: Self) -> Self {
        // SAFETY: the vectors prove that the CPU has AVX2.
        Self(unsafe { _mm256_blendv_epi8(b.0, a.0, mask.0.0) })
    }

    /// For each lane, the entry after `first` that the low three bits of `self` name.
    #[inline(always)]
    fn permute(self, table: &[u32; 32], first: usize) -> Self {
        let index = self.permutation_index();
        let entries = &table[first..first + 8];
        // SAFETY: the vector proves that the CPU has AVX2; the slice is valid for 32
        // bytes, and the load needs no alignment.
        let found = Self(unsafe {
            let entries = _mm256_loadu_si256(entries.as_ptr().cast());
            _mm256_permutevar8x32_epi32(entries, index.0)
        });
        found.add(self).sub(index)
    }

    /// The same value, for the index of a permutation.
    ///
    /// MemorySanitizer reports a secret there, although a permutation takes the same
    /// time and touches the same memory whatever the index: for it, the index is
    /// made public, and the caller adds the difference to the secret, which is zero,
    /// to the result, so that this is secret again.
    #[inline(always)]
    fn permutation_index(self) -> Self {
        #[cfg(secret_flow = "msan")]
        let this = Self(crate::declassify::declassify(self.0));
        #[cfg(not(secret_flow = "msan"))]
        let this = self;
        this
    }

    #[inline(always)]
    fn store_words(self, words: &mut [u64; 4]) {
        // SAFETY: the vector proves that the CPU has AVX2; the reference is valid for
        // 32 bytes, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), self.0) }
    }

    /// Asserts, in debug builds, that every lane is below a limit.
    #[inline(always)]
    pub(crate) fn debug_assert_below(self, limit: u64) {
        if cfg!(debug_assertions) {
            let mut words = [0; 4];
            self.store_words(&mut words);
            assert_below(&words, limit);
        }
    }
}

/// Asserts that every word is below a limit. Not inlined: it would be, thousands of
/// times.
#[inline(never)]
fn assert_below(words: &[u64; 4], limit: u64) {
    for word in words {
        assert!(*word < limit, "a limb left its range");
    }
}

/// Repeats a statement for each of ten limbs, without a loop: the compiler keeps
/// arrays in registers only if it knows every index.
macro_rules! for_limbs {
    ($i:ident => $body:expr) => {
        $crate::isa::avx2::for_limbs!(@ $i => $body; 0 1 2 3 4 5 6 7 8 9)
    };
    (@ $i:ident => $body:expr; $($index:literal)*) => {
        $({ let $i: usize = $index; $body; })*
    };
}
pub(crate) use for_limbs;

/// Makes the compiler forget what it knows of a value, so that it reads it from
/// memory where it is used, and keeps registers free.
#[inline(always)]
fn keep_in_memory<T>(value: &mut T) {
    // SAFETY: there is no instruction.
    unsafe {
        asm!("/* {} */", in(reg) value, options(nostack, preserves_flags));
    }
}

impl Isa for Avx2 {
    const LANES: usize = 4;
    const GROUP: usize = 64;

    type Integers = [Vector; 4];
    type Mask = Mask;
    type Index = Vector;
    type Group<T: Copy> = [T; Self::GROUP / Self::LANES];

    type Gf25519 = Gf25519;
    type GfP256 = GfP256;

    fn vectorize<K: Kernel<Self>>(self, kernel: K) {
        // SAFETY: the witness proves that the CPU has the instructions.
        unsafe { self.run(kernel) }
    }

    fn clear_registers(self) {
        // SAFETY: the witness proves that the CPU has AVX; all registers that are
        // written are declared.
        unsafe {
            asm!(
                "vzeroall",
                out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
                out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
                out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _,
                out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
                options(nomem, nostack, preserves_flags),
            );
        }
    }

    #[inline(always)]
    fn group<T: Copy>(vector: T) -> Self::Group<T> {
        [vector; Self::GROUP / Self::LANES]
    }

    #[inline(always)]
    fn load(self, integers: &[Integer]) -> [Vector; 4] {
        let words = transpose::words!(integers, 4, 0);
        let [a, b, c, d] = &words;
        [
            self.load_words(a),
            self.load_words(b),
            self.load_words(c),
            self.load_words(d),
        ]
    }

    #[inline(always)]
    fn store(integers: &[Vector; 4], to: &mut [Integer]) {
        let mut words = [[0; 4]; 4];
        for (word, vector) in words.iter_mut().zip(integers) {
            vector.store_words(word);
        }
        transpose::integers!(&words, 4 => to);
    }

    #[inline(always)]
    fn gray(integers: &[Vector; 4]) -> [Vector; 4] {
        words::gray(integers)
    }

    #[inline(always)]
    fn bit(integers: &[Vector; 4], position: usize) -> Mask {
        words::bit(integers, position)
    }

    #[inline(always)]
    fn window(integers: &[Vector; 4], position: usize, width: usize) -> Vector {
        bits(integers, position, width)
    }

    #[inline(always)]
    fn signed(window: &Vector, width: usize) -> (Mask, Vector) {
        words::signed(window, width)
    }

    #[inline(always)]
    fn is(index: &Vector, value: u64) -> Mask {
        words::is(index, value)
    }

    #[inline(always)]
    fn reveal(mask: &Mask, lane: usize) -> bool {
        let mut words = [0; 4];
        mask.0.store_words(&mut words);
        words[lane] != 0
    }
}

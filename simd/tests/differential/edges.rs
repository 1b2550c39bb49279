//! Values at which carries, reductions and recodings of scalars go wrong.

use std::sync::LazyLock;

use super::{Element, Operation, oracle};

/// Four 64-bit words, least significant first.
type Integer = [u64; 4];

const ONES: u64 = u64::MAX;

/// Zero, and the moduli and orders of both curves with their multiples and halves.
const BASES: [Integer; 9] = [
    [0; 4],
    // 2^255 - 19 and its double.
    [ONES - 18, ONES, ONES, ONES >> 1],
    [ONES - 37, ONES, ONES, ONES],
    // The order of the base point of Curve25519, and 8 times that.
    [
        0x5812_631a_5cf5_d3ed,
        0x14de_f9de_a2f7_9cd6,
        0,
        0x1000_0000_0000_0000,
    ],
    [
        0xc093_18d2_e7ae_9f68,
        0xa6f7_cef5_17bc_e6b2,
        0,
        0x8000_0000_0000_0000,
    ],
    // The prime of P-256.
    [ONES, 0xffff_ffff, 0, 0xffff_ffff_0000_0001],
    // The order of P-256, and the halves of the numbers next to it.
    [
        0xf3b9_cac2_fc63_2551,
        0xbce6_faad_a717_9e84,
        ONES,
        0xffff_ffff_0000_0000,
    ],
    [
        0x79dc_e561_7e31_92a8,
        0xde73_7d56_d38b_cf42,
        ONES >> 1,
        0x7fff_ffff_8000_0000,
    ],
    [
        0x79dc_e561_7e31_92a9,
        0xde73_7d56_d38b_cf42,
        ONES >> 1,
        0x7fff_ffff_8000_0000,
    ],
];

/// The u coordinates of the points of order 8 on Curve25519 (the other small
/// orders have 0, 1 and p - 1).
const ORDER_8: [Integer; 2] = [
    [
        0xaeb8_413b_7c7a_ebe0,
        0x6ac4_9ff1_fae3_5616,
        0xfdb1_329c_eb8d_09da,
        0x00b8_495f_1605_6286,
    ],
    [
        0x248c_50a3_bc95_9c5f,
        0x5bef_839c_55b1_d0b1,
        0x868e_1c58_c45c_4404,
        0x5711_9fd0_dd4e_22d8,
    ],
];

/// The square root of P-256's b: with x = 0 it makes a point.
const Y_OF_X_ZERO: Integer = [
    0x28bf_856a_174f_93f4,
    0x541c_2af3_1dae_8717,
    0x2433_bd5d_84a0_6bb6,
    0x6648_5c78_0e2f_83d7,
];

/// Integers of 32 bytes, little-endian: each base, and all that differ from one by
/// a power of two or by one less; limbs of 51 and 52 bits end at such values.
pub static INTEGERS: LazyLock<Vec<[u8; 32]>> = LazyLock::new(|| {
    let mut integers = ORDER_8.to_vec();
    for base in BASES {
        integers.push(base);
        for bit in 0..256 {
            let mut power = [0; 4];
            power[bit / 64] = 1 << (bit % 64);
            let above = add(base, power);
            integers.extend([above, add(above, [ONES; 4]), subtract(base, power)]);
        }
    }
    integers.into_iter().map(little_endian).collect()
});

/// Points of P-256: the multiples of the base point by every integer above that is
/// a scalar, and the two whose x is zero.
pub static P256_POINTS: LazyLock<Vec<[u8; 65]>> = LazyLock::new(|| {
    let multiples = INTEGERS.iter().filter_map(|integer| {
        let element = Element {
            scalar: integer.iter().rev().copied().collect(),
            point: Vec::new(),
        };
        let point = oracle::outcome(Operation::P256Keygen, &element).ok()?;
        Some(point.try_into().expect("65 bytes"))
    });
    let negative = subtract(BASES[5], Y_OF_X_ZERO);
    let with_x_zero = [Y_OF_X_ZERO, negative].map(|y| p256_point(&[0; 32], &little_endian(y)));
    multiples.chain(with_x_zero).collect()
});

/// An uncompressed encoding with little-endian coordinates, on the curve or not.
pub fn p256_point(x: &[u8; 32], y: &[u8; 32]) -> [u8; 65] {
    let mut point = [oracle::UNCOMPRESSED; 65];
    for (byte, digit) in point[1..]
        .iter_mut()
        .zip(x.iter().rev().chain(y.iter().rev()))
    {
        *byte = *digit;
    }
    point
}

fn little_endian(integer: Integer) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.chunks_exact_mut(8).zip(integer) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// The sum modulo 2^256.
fn add(a: Integer, b: Integer) -> Integer {
    let mut carry = false;
    core::array::from_fn(|i| {
        let (sum, first) = a[i].overflowing_add(b[i]);
        let (sum, second) = sum.overflowing_add(carry.into());
        carry = first | second;
        sum
    })
}

/// The difference modulo 2^256.
fn subtract(a: Integer, b: Integer) -> Integer {
    add(add(a, b.map(|word| !word)), [1, 0, 0, 0])
}

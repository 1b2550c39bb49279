//! The combs' entries as each instruction set holds them, whether this CPU has it or not: the limbs
//! of each are a factor's, and the element is the table's.

use num_bigint::BigUint;

#[cfg(target_arch = "x86_64")]
use crate::isa::{avx2, avx512ifma};
use crate::{
    integer::Integer,
    isa::{
        field::{
            CombField,
            big::{big, power, prime_25519, prime_p256},
            limits::Limbed,
        },
        portable,
    },
    proof::obligations::{Obligations, Score},
    tables::{curve25519, nistp256},
};

/// The entries of a table.
type Table<const COORDINATES: usize> = [[[Integer; COORDINATES]; 32]];

/// The claims on all columns of a field, given how an entry's limbs are found.
fn claims<F: CombField<COORDINATES> + Limbed, const COORDINATES: usize>(
    limbs: impl Fn(&F::Column, usize) -> Vec<u64>,
    table: &Table<COORDINATES>,
    prime: &BigUint,
) -> Obligations {
    let mut claims = Obligations::default();
    let limits = F::LIMITS;
    claims.claim("as many windows", F::windows().len() == table.len());
    for (columns, entries) in F::windows().iter().zip(table) {
        for (i, entry) in entries.iter().enumerate() {
            for (column, coordinate) in columns.iter().zip(entry) {
                let limbs = limbs(column, i);
                claims.claim("a factor", limits.admits(&limbs, &limits.factor, prime));
                let expected = big(coordinate) * power(limits.montgomery) % prime;
                let element = limits.factor_value(&limbs) % prime;
                claims.claim("the element", element == expected);
            }
        }
    }
    claims
}

/// Proves the claims, and that a wrong entry of the table would be found.
fn prove<F: CombField<COORDINATES> + Limbed, const COORDINATES: usize>(
    name: &str,
    limbs: impl Fn(&F::Column, usize) -> Vec<u64>,
    table: &Table<COORDINATES>,
    prime: &BigUint,
) {
    let what = format!("{name}: the comb's entries in limbs");
    let count = 2 * 32 * COORDINATES * table.len() + 1;
    claims::<F, COORDINATES>(&limbs, table, prime).prove(&what, count);
    let mut score = Score::default();
    for (window, entry) in [(0, 0), (20, 17), (table.len() - 1, 31)] {
        let mut altered = table.to_vec();
        altered[window][entry][0][1] ^= 1;
        let altered = claims::<F, COORDINATES>(&limbs, &altered, prime);
        score.add("another entry", altered.is_refuted());
    }
    score.settle(&what, 3, &[]);
}

#[test]
fn every_instruction_sets_entries_are_the_tables() {
    let (p25519, p256) = (prime_25519(), prime_p256());
    let (ed, nist) = (&curve25519::MULTIPLES, &nistp256::MULTIPLES);
    prove::<portable::gf25519::Gf25519, 3>(
        "portable, 2^255 - 19",
        |column, i| column[i].to_vec(),
        ed,
        &p25519,
    );
    prove::<portable::gfp256::GfP256, 2>(
        "portable, P-256",
        |column, i| column[i].to_vec(),
        nist,
        &p256,
    );
    #[cfg(target_arch = "x86_64")]
    {
        let narrow = |column: &[[u32; 32]; 10], i: usize| {
            column.iter().map(|limb| u64::from(limb[i])).collect()
        };
        let wide = |column: &[[u64; 32]; 5], i: usize| column.iter().map(|limb| limb[i]).collect();
        prove::<avx2::gf25519::Gf25519, 3>("AVX2, 2^255 - 19", narrow, ed, &p25519);
        prove::<avx2::gfp256::GfP256, 2>("AVX2, P-256", narrow, nist, &p256);
        prove::<avx512ifma::gf25519::Gf25519, 3>("AVX-512, 2^255 - 19", wide, ed, &p25519);
        prove::<avx512ifma::gfp256::GfP256, 2>("AVX-512, P-256", wide, nist, &p256);
    }
}

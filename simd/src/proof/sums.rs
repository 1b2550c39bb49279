//! How many products P-256's sums have: at most 32, which is what their limbs have room for.
//!
//! Counted in the kernels as recorded, from the first step to the last: a product, a factor and a
//! reduced sum count once, a difference of two products twice, as the field on AVX2 has it.

use super::{
    comb,
    obligations::Obligations,
    program::{Operation, Program, Step},
    windows,
};

/// The most terms of a sum.
const MOST: u32 = 32;

/// That there is room for each sum's terms; and the most that any has.
fn sums(program: &Program) -> (Obligations, u32) {
    let mut claims = Obligations::default();
    let mut terms: Vec<u32> = Vec::with_capacity(program.steps.len());
    let mut largest = 0;
    for operation in &program.steps {
        let of = |step: &Step| terms[step.index()];
        let count = match operation {
            Operation::Plus(a, b) | Operation::Minus(a, b) => of(a) + of(b),
            Operation::MulSub(_) | Operation::MulSubSquare(_) => 2,
            _ => 1,
        };
        if count > 1 {
            claims.claim("room for the terms", count <= MOST);
            largest = largest.max(count);
        }
        terms.push(count);
    }
    (claims, largest)
}

#[test]
fn sums_have_room_for_their_terms() {
    let kernels = [
        ("P-256's windows", windows::shipped(1), 2974),
        ("P-256's comb", comb::shipped_p256(1), 302),
    ];
    for (name, program, count) in kernels {
        let (claims, largest) = sums(&program);
        claims.prove(&format!("{name}: sums of at most 32 products"), count);
        println!("the largest sum has {largest}");
        assert_eq!(largest, 15);
    }
}

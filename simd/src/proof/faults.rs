//! Models that are wrong, one at a time: the proofs must fail with each.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    engine::Symbol,
    fields::proofs,
    models::{self as m, Model},
    words::{Integer, Word},
};

type Fault = (&'static str, fn(&mut Model<Symbol>), fn());

fn one() -> Symbol {
    Symbol::constant(1)
}

/// What is wrong, how, and a proof that notices. Where a fault changes nothing within the
/// ranges it is none: the first operands of vpmuludq are below 2^31, and its products below
/// 2^60, so that to read 31 bits there, or to keep 60, would be right.
const FAULTS: &[Fault] = &[
    (
        "vpaddq adds one more",
        |model| model.vpaddq = |a, b| a.plus(b).plus(one()),
        proofs::avx512ifma_25519,
    ),
    (
        "vpaddq forgets an operand",
        |model| model.vpaddq = |a, _| a,
        proofs::avx512ifma_25519,
    ),
    (
        "vpaddq subtracts",
        |model| model.vpaddq = m::vpsubq,
        proofs::avx2_p256,
    ),
    (
        "vpsubq subtracts the other way",
        |model| model.vpsubq = |a, b| b.minus(a),
        proofs::avx512ifma_25519,
    ),
    (
        "vpsubq adds",
        |model| model.vpsubq = m::vpaddq,
        proofs::avx2_p256,
    ),
    (
        "vpsubq borrows one more",
        |model| model.vpsubq = |a, b| a.minus(b).minus(one()),
        proofs::avx512ifma_p256,
    ),
    (
        "vpmuludq reads 31 bits of the second",
        |model| model.vpmuludq = |a, b| a.low(32).times(b.low(31)).word(),
        proofs::avx2_25519,
    ),
    (
        "vpmuludq keeps 32 bits",
        |model| model.vpmuludq = |a, b| a.low(32).times(b.low(32)).low(32).word(),
        proofs::avx2_25519,
    ),
    (
        "vpmuludq keeps 59 bits",
        |model| model.vpmuludq = |a, b| a.low(32).times(b.low(32)).low(59).word(),
        proofs::avx2_25519,
    ),
    (
        "vpmadd52luq reads 51 bits",
        |model| model.vpmadd52luq = |x, a, b| x.plus(a.low(51).times(b.low(52)).low(52).word()),
        proofs::avx512ifma_25519,
    ),
    (
        "vpmadd52luq keeps 51 bits",
        |model| model.vpmadd52luq = |x, a, b| x.plus(a.low(52).times(b.low(52)).low(51).word()),
        proofs::avx512ifma_p256,
    ),
    (
        "vpmadd52luq keeps 64 bits",
        |model| model.vpmadd52luq = |x, a, b| x.plus(a.low(52).times(b.low(52)).word()),
        proofs::avx512ifma_25519,
    ),
    (
        "vpmadd52luq forgets the sum",
        |model| model.vpmadd52luq = |_, a, b| a.low(52).times(b.low(52)).low(52).word(),
        proofs::avx512ifma_25519,
    ),
    (
        "vpmadd52huq is the low half",
        |model| model.vpmadd52huq = m::vpmadd52luq,
        proofs::avx512ifma_25519,
    ),
    (
        "vpmadd52huq shifts by 51",
        |model| model.vpmadd52huq = |x, a, b| x.plus(a.low(52).times(b.low(52)).floor(51).word()),
        proofs::avx512ifma_p256,
    ),
    (
        "vpmadd52huq rounds up",
        |model| {
            model.vpmadd52huq = |x, a, b| {
                x.plus(a.low(52).times(b.low(52)).floor(52).word())
                    .plus(one())
            }
        },
        proofs::avx512ifma_25519,
    ),
    (
        "vpand keeps one bit less",
        |model| model.vpand = |a, b| a.and(m::vpsrlq(b, 1)),
        proofs::avx512ifma_25519,
    ),
    (
        "vpand keeps all",
        |model| model.vpand = |a, _| a,
        proofs::avx2_25519,
    ),
    (
        "vpor forgets an operand",
        |model| model.vpor = |a, _| a,
        proofs::avx512ifma_25519,
    ),
    (
        "vpor is exclusive of nothing",
        |model| model.vpor = |_, b| b,
        proofs::avx2_p256,
    ),
    (
        "vpxor forgets an operand",
        |model| model.vpxor = |a, _| a,
        proofs::avx2_p256,
    ),
    (
        "vpsllq shifts by one more",
        |model| model.vpsllq = |a, bits| m::vpsllq(a, bits + 1),
        proofs::avx512ifma_p256,
    ),
    (
        "vpsrlq shifts by one less",
        |model| model.vpsrlq = |a, bits| m::vpsrlq(a, bits - 1),
        proofs::avx2_25519,
    ),
    (
        "vpsrlq shifts by one more",
        |model| model.vpsrlq = |a, bits| m::vpsrlq(a, bits + 1),
        proofs::avx512ifma_25519,
    ),
    (
        "vpsraq fills with zeros",
        |model| model.vpsraq = m::vpsrlq,
        proofs::avx512ifma_25519,
    ),
    (
        "vpsraq rounds up",
        |model| model.vpsraq = |a, bits| m::vpsraq(a, bits).plus(one()),
        proofs::avx512ifma_p256,
    ),
    (
        "vpsllvq shifts by one less",
        |model| model.vpsllvq = |a, count| m::vpsllvq(a, count.minus(one())),
        proofs::avx2_25519,
    ),
    (
        "vpsrlvq shifts by one more",
        |model| model.vpsrlvq = |a, count| m::vpsrlvq(a, count.plus(one())),
        proofs::avx2_p256,
    ),
    (
        "vpcmpeqq is the other way round",
        |model| model.vpcmpeqq = |a, b| !m::vpcmpeqq(a, b),
        proofs::avx2_p256,
    ),
    (
        "vptestmq is the other way round",
        |model| model.vptestmq = m::vptestnmq,
        proofs::avx512ifma_p256,
    ),
    (
        "vptestnmq is the other way round",
        |model| model.vptestnmq = m::vptestmq,
        proofs::avx512ifma_25519,
    ),
    (
        "vpblendmq takes the other",
        |model| model.vpblendmq = |mask, a, b| m::vpblendmq(!mask, a, b),
        proofs::avx512ifma_25519,
    ),
    (
        "vpblendvb takes the other",
        |model| model.vpblendvb = |a, b, mask| m::vpblendvb(a, b, !mask),
        proofs::avx2_25519,
    ),
    (
        "vpsubq with a mask ignores it",
        |model| model.vpsubq_mask = |_, _, a, b| a.minus(b),
        proofs::avx512ifma_25519,
    ),
    (
        "vpsubq with a mask negates elsewhere",
        |model| model.vpsubq_mask = |o, mask, a, b| m::vpsubq_mask(o, !mask, a, b),
        proofs::avx512ifma_p256,
    ),
];

#[test]
fn every_faulty_model_fails_a_proof() {
    let silent = std::panic::take_hook();
    // Not a word of the panics that are wanted in this thread.
    let this = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() != this {
            silent(info);
        }
    }));
    let mut survived = Vec::new();
    for (name, alter, proof) in FAULTS {
        let mut model = Model::RIGHT;
        alter(&mut model);
        model.put_in_use();
        if catch_unwind(AssertUnwindSafe(proof)).is_ok() {
            survived.push(name);
        }
    }
    Model::RIGHT.put_in_use();
    drop(std::panic::take_hook());
    assert!(survived.is_empty(), "not caught: {survived:?}");
    println!(
        "{} of {} faulty models are caught",
        FAULTS.len(),
        FAULTS.len()
    );
}

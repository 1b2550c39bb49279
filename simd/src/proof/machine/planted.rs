//! Bugs planted in the decoded code of the comb: each is noticed, or proved to change nothing.

use std::collections::BTreeMap;

use iced_x86::{Code as Opcode, Instruction, Mnemonic as M, OpKind};

use super::{
    batch::{Isa, Kernel, Run},
    kernels::{of_the_code, of_the_source},
    library,
    run::Code,
    terms,
};

/// The lane whose words are compared.
const LANE: usize = 3;

/// One instruction changed, and how.
struct Planted {
    what: &'static str,
    instruction: Instruction,
}

/// The ways in which an instruction may be altered.
fn alterations(i: &Instruction) -> Vec<Planted> {
    let mut planted = Vec::new();
    let mut plant = |what, change: &dyn Fn(&mut Instruction)| {
        let mut instruction = *i;
        change(&mut instruction);
        planted.push(Planted { what, instruction });
    };
    let last = i.op_count().saturating_sub(1);
    match i.code() {
        Opcode::EVEX_Vpmadd52luq_zmm_k1z_zmm_zmmm512b64 => {
            plant("the high half of a product for the low", &|i| {
                i.set_code(Opcode::EVEX_Vpmadd52huq_zmm_k1z_zmm_zmmm512b64);
            });
        }
        Opcode::EVEX_Vpmadd52huq_zmm_k1z_zmm_zmmm512b64 => {
            plant("the low half of a product for the high", &|i| {
                i.set_code(Opcode::EVEX_Vpmadd52luq_zmm_k1z_zmm_zmmm512b64);
            });
        }
        Opcode::EVEX_Vpaddq_zmm_k1z_zmm_zmmm512b64 => {
            plant("a difference for a sum", &|i| {
                i.set_code(Opcode::EVEX_Vpsubq_zmm_k1z_zmm_zmmm512b64);
            });
        }
        Opcode::EVEX_Vpsraq_zmm_k1z_zmmm512b64_imm8 => {
            plant("a carry without its sign", &|i| {
                i.set_code(Opcode::EVEX_Vpsrlq_zmm_k1z_zmmm512b64_imm8);
            });
        }
        _ => (),
    }
    if i.op_count() > 1 && i.op_kind(last) == OpKind::Immediate8 {
        match i.mnemonic() {
            M::Vpsrlq | M::Vpsraq | M::Vpsllq => {
                plant("a shift by one bit more", &|i| {
                    i.set_immediate8(i.immediate8() + 1)
                });
            }
            M::Vpternlogq => {
                plant("another logic", &|i| i.set_immediate8(i.immediate8() ^ 1));
            }
            _ => (),
        }
    }
    let is_vector =
        |operand: u32| i.op_kind(operand) == OpKind::Register && i.op_register(operand).is_zmm();
    if i.op_count() == 3 && is_vector(1) {
        plant("another register", &|i| {
            let number = (i.op1_register().number() + 1) % 32;
            i.set_op1_register(iced_x86::Register::ZMM0 + number as u32);
        });
    }
    if i.has_op_mask() {
        plant("another mask", &|i| {
            let number = i.op_mask().number() % 7 + 1;
            i.set_op_mask(iced_x86::Register::K0 + number as u32);
        });
    }
    planted
}

/// How many of each kind of alteration are planted.
const OF_EACH: usize = 4;

#[test]
fn planted_bugs_are_noticed() {
    terms::forget();
    let expected = of_the_source(Kernel::Comb, Isa::Avx512Ifma, 1);
    let run = Run {
        image: library::released(),
        kernel: Kernel::Comb,
        isa: Isa::Avx512Ifma,
        vectors: 1,
    };
    let mut code = Code::new(run.image);
    let (found, _) = of_the_code(&run, &mut code, LANE).expect("the code can be followed");
    assert!(found == expected, "the code is its source's");
    let mut kinds: BTreeMap<&str, Vec<Planted>> = BTreeMap::new();
    let mut met: Vec<_> = code.met().copied().collect();
    met.sort_by_key(Instruction::ip);
    for planted in met.iter().flat_map(alterations) {
        kinds.entry(planted.what).or_default().push(planted);
    }
    let (mut noticed, mut not_followed, mut the_same) = (0, 0, Vec::new());
    for planted in kinds.values() {
        let apart = planted.len().div_ceil(OF_EACH);
        for Planted { what, instruction } in planted.iter().step_by(apart) {
            let mut code = Code::new(run.image);
            code.alter(*instruction);
            match of_the_code(&run, &mut code, LANE) {
                // The altered code is proved to compute the source's words, for all inputs.
                Ok((found, _)) if found == expected => {
                    let (opcode, address) = (instruction.code(), instruction.ip());
                    the_same.push(format!("{what}: {opcode:?} at {address:#x}"));
                }
                Ok(_) => noticed += 1,
                Err(_) => not_followed += 1,
            }
        }
    }
    let all = noticed + not_followed + the_same.len();
    println!(
        "planted: of {all} altered instructions {noticed} make other words, with {not_followed} \
         the code cannot be followed; it is proved to compute the same in spite of {the_same:#?}"
    );
    assert!(all >= 30, "{all} planted");
    // Those that change nothing are few: a shift whose sign is always clear, bits that are not
    // read again.
    assert!(
        2 * the_same.len() < all,
        "{} of {all} the same",
        the_same.len()
    );
}

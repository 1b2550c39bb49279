//! Bugs in what the proofs read the lanes by: the models of instructions, of AVX2 and AVX-512
//! alike, how machine code is followed, and the rules of its words.

use crate::mutants::mutant::Kind::{Bound, Carry, Constant, Limb, Mask, Select, Shift, Sign};
use crate::mutants::mutant::{Mutant, bug};

const MODELS: &str = "proof/models/mod.rs";
const AVX2: &str = "proof/vectors/avx2.rs";
const AVX512: &str = "proof/vectors/avx512ifma.rs";
const BITS: &str = "proof/bits/avx2.rs";
const RUN: &str = "proof/machine/run.rs";
const STATE: &str = "proof/machine/state.rs";
const VECTOR: &str = "proof/machine/vector.rs";
const MOVES: &str = "proof/machine/moves.rs";
const BYTES: &str = "proof/machine/bytes.rs";
const TERNARY: &str = "proof/machine/ternary.rs";
const SCALAR: &str = "proof/machine/scalar.rs";
const FLAGS: &str = "proof/machine/flags.rs";
const MEMORY: &str = "proof/machine/memory.rs";
const IMAGE: &str = "proof/machine/image.rs";
const RULES: &str = "proof/machine/terms/rules.rs";
const FORMS: &str = "proof/machine/terms/forms.rs";
const LOGIC: &str = "proof/machine/terms/logic.rs";
const CASES: &str = "proof/machine/terms/cases.rs";
const ARENA: &str = "proof/machine/terms/arena.rs";

#[rustfmt::skip]
pub const MUTANTS: &[Mutant] = &[
    bug(MODELS, Limb, "    a.low(32).times(b.low(32)).word()", "    a.low(32).times(b.low(31)).word()"),
    bug(MODELS, Mask, "sum.plus(a.low(52).times(b.low(52)).low(52).word())", "sum.plus(a.low(52).times(b.low(52)).low(51).word())"),
    bug(MODELS, Limb, "sum.plus(a.low(52).times(b.low(52)).floor(52).word())", "sum.plus(a.low(52).times(b.low(52)).floor(51).word())"),
    bug(MODELS, Shift, "match 1_u64.checked_shl(bits) {", "match 1_u64.checked_shl(bits + 1) {"),
    bug(MODELS, Sign, "a.unsigned().floor(bits).word()", "a.signed().floor(bits).word()"),
    bug(MODELS, Shift, "a.signed().floor(bits.min(u64::BITS - 1)).word()", "a.signed().floor(bits.min(u64::BITS - 2)).word()"),
    bug(MODELS, Sign, "    a.xor(b).is_zero()", "    !a.xor(b).is_zero()"),
    bug(MODELS, Mask, "    !a.and(b).is_zero()", "    !a.or(b).is_zero()"),
    bug(MODELS, Select, "if mask { a.minus(b) } else { otherwise }", "if mask { b.minus(a) } else { otherwise }"),
    bug(MODELS, Select, "entries[index.known() as usize % 16]", "entries[index.known() as usize % 8]"),
    bug(MODELS, Shift, "entries[(index >> 32) as usize % 8],", "entries[(index >> 31) as usize % 8],"),
    bug(AVX2, Shift, "shr_by = vpsrlvq(count);", "shr_by = vpsllvq(count);"),
    bug(AVX2, Select, "Self((Model::in_use().vpblendvb)(b.0, a.0, mask.0))", "Self((Model::in_use().vpblendvb)(a.0, b.0, mask.0))"),
    bug(BITS, Mask, "if mask.0 { u64::MAX } else { 0 }", "if mask.0 { u64::MAX - 1 } else { 0 }"),
    bug(AVX512, Limb, "add_high = vpmadd52huq(a, b);", "add_high = vpmadd52luq(a, b);"),
    bug(AVX512, Sign, "Mask((Model::in_use().vptestnmq)(self.0, bits.0))", "Mask((Model::in_use().vptestmq)(self.0, bits.0))"),
    bug(RUN, Sign, "                Some(0) => Ok(i.next_ip()),\n                Some(_) => Ok(i.near_branch_target()),", "                Some(0) => Ok(i.near_branch_target()),\n                Some(_) => Ok(i.next_ip()),"),
    bug(STATE, Select, "values[lane] = mask[lane].choose(values[lane], old[lane]);", "values[lane] = mask[lane].choose(old[lane], values[lane]);"),
    bug(STATE, Limb, "lanes[..count].fill(half.plus(half.shifted_left(32)));", "lanes[..count].fill(half);"),
    bug(VECTOR, Mask, "    b.minus(a.and(b))", "    a.minus(a.and(b))"),
    bug(VECTOR, Sign, "low.minus(low.bit(31).shifted_left(32))", "low.minus(low.bit(30).shifted_left(32))"),
    bug(VECTOR, Select, "chosen[lane] = sign.choose(b[lane], a[lane]);", "chosen[lane] = sign.choose(a[lane], b[lane]);"),
    bug(VECTOR, Select, "each(|lane| mask[lane].choose(b[lane], a[lane]), count);", "each(|lane| mask[lane].choose(a[lane], b[lane]), count);"),
    bug(VECTOR, Shift, "Some(number) => *bits = number.min(64) as u32,", "Some(number) => *bits = number.min(32) as u32,"),
    bug(MOVES, Limb, "let from = |lane: usize| lane / 2 * 2 + usize::from(high);", "let from = |lane: usize| lane / 2 * 2 + usize::from(!high);"),
    bug(MOVES, Limb, "|lane| halves(a[lane], b[lane], bits >> (2 * lane) & 3),", "|lane| halves(a[lane], b[lane], bits >> lane & 3),"),
    bug(MOVES, Limb, "let first = i.immediate8() as usize % pieces * length;\n        lanes[first..first + length]", "let first = 0 * pieces;\n        lanes[first..first + length]"),
    bug(MOVES, Shift, "value.map(|value| value >> 32),", "value.map(|value| value >> 31),"),
    bug(BYTES, Shift, "word.shifted_right(bits * (place % in_word) as u32)", "word.shifted_right(bits * (place % 2) as u32)"),
    bug(TERNARY, Select, "        let found = if mask { one } else { zero };\n            found == row(table", "        let found = if mask { zero } else { one };\n            found == row(table"),
    bug(TERNARY, Mask, "            Self::AndNot => b.minus(a.and(b)),", "            Self::AndNot => a.minus(a.and(b)),"),
    bug(SCALAR, Carry, "                    M::Adc => self.carry(i)?,\n", ""),
    bug(SCALAR, Shift, "index.times(W::constant(u64::from(i.memory_index_scale())))", "index"),
    bug(FLAGS, Sign, "            C::ae => self.carry()?.negated(),", "            C::ae => self.carry()?,"),
    bug(FLAGS, Bound, "            C::be => or(self.carry()?, self.zero()?),", "            C::be => self.carry()?,"),
    bug(MEMORY, Limb, "        let part = cell.word.shifted_right(8 * skipped as u32);", "        let part = cell.word.shifted_right(4 * skipped as u32);"),
    bug(MEMORY, Bound, "        let first = address.saturating_sub(7);", "        let first = address;"),
    bug(IMAGE, Constant, "target.wrapping_add_signed(relocation.addend());", "target.wrapping_add_signed(relocation.addend() + 8);"),
    bug(RULES, Bound, "        if self.bound(term).is_some_and(|bound| bound >> 63 == 0) {", "        if self.bound(term).is_some() {"),
    bug(RULES, Bound, "        let nothing_is_left = self.bound(low).is_some_and(|bound| bound >> bits == 0);", "        let nothing_is_left = self.bound(low).is_some();"),
    bug(RULES, Shift, "                let (kept, inner) = (kept - bits, *inner);", "                let (kept, inner) = (*kept, *inner);"),
    bug(RULES, Bound, "        if self.has_bound(bits, a, b) {\n            return self.number(0);", "        if self.has_bound(bits + 1, a, b) {\n            return self.number(0);"),
    bug(FORMS, Mask, "            Atom::Low(kept, term) if kept + factor >= bits => Some((0, term)),", "            Atom::Low(kept, term) if kept + factor + 1 >= bits => Some((0, term)),"),
    bug(FORMS, Sign, "            Atom::Sar(count, term) if 64 - count + factor >= bits => {", "            Atom::Sar(count, term) if 65 - count + factor >= bits => {"),
    bug(LOGIC, Bound, "lowest == 64 || self.bound(a).is_some_and(|bound| bound >> lowest == 0)", "lowest == 64 || self.bound(a).is_some_and(|bound| bound >> lowest <= 1)"),
    bug(CASES, Mask, "                word == 0 || word == u64::MAX", "                word == 0 || word >= u64::MAX - 1"),
    bug(ARENA, Bound, "bits(64 - bounds.max().unwrap_or(0).leading_zeros())", "bounds.max().unwrap_or(0)"),
    bug(ARENA, Limb, "atoms.dedup_by(|a, b| a == b && truths[*a as usize].0.is_truth());", "atoms.dedup();"),
];

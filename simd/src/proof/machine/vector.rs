//! Instructions on vectors that treat all lanes alike.

use iced_x86::{Instruction, Mnemonic as M, OpKind};

use super::{
    lane::Lane,
    state::{LANES, Lanes, Machine, Stuck, stuck},
    ternary,
};
use crate::proof::models;

type Binary<W> = fn(W, W) -> W;
type Accumulating<W> = fn(W, W, W) -> W;
type Shift<W> = fn(W, u32) -> W;

/// The model of an instruction of two sources.
fn binary<W: Lane>(mnemonic: M) -> Option<Binary<W>> {
    Some(match mnemonic {
        M::Vpaddq => models::vpaddq,
        M::Vpsubq => models::vpsubq,
        M::Vpmuludq => models::vpmuludq,
        M::Vpmuldq => vpmuldq,
        M::Vpand | M::Vpandq | M::Vpandd | M::Vandps | M::Vandpd => models::vpand,
        M::Vpor | M::Vporq | M::Vorpd => models::vpor,
        _ if is_xor(mnemonic) => models::vpxor,
        M::Vpandn => vpandn,
        _ => return None,
    })
}

fn shift<W: Lane>(mnemonic: M) -> Option<Shift<W>> {
    Some(match mnemonic {
        M::Vpsllq | M::Vpsllvq => models::vpsllq,
        M::Vpsrlq | M::Vpsrlvq => models::vpsrlq,
        M::Vpsraq => models::vpsraq,
        _ => return None,
    })
}

fn accumulating<W: Lane>(mnemonic: M) -> Option<Accumulating<W>> {
    Some(match mnemonic {
        M::Vpmadd52luq => models::vpmadd52luq,
        M::Vpmadd52huq => models::vpmadd52huq,
        _ => return None,
    })
}

/// The bits of `b` that are not in `a`.
pub(crate) fn vpandn<W: Lane>(a: W, b: W) -> W {
    b.minus(a.and(b))
}

/// The product of the low 32 bits, read with a sign.
pub(crate) fn vpmuldq<W: Lane>(a: W, b: W) -> W {
    let signed = |word: W| {
        let low = word.low_bits(32);
        low.minus(low.bit(31).shifted_left(32))
    };
    signed(a).times(signed(b))
}

/// All ones where `a` is greater, as numbers with a sign, else zero: of a constant and a word
/// whose sign alone decides.
pub(crate) fn vpcmpgtq<W: Lane>(a: W, b: W) -> Option<W> {
    match (a.value().map(|a| a as i64), b.value().map(|b| b as i64)) {
        (Some(a), Some(b)) => Some(W::constant(u64::from(a > b))),
        (None, Some(-1)) => Some(a.bit(63).negated()),
        _ => None,
    }
}

impl<W: Lane> Machine<'_, W> {
    /// Does an instruction on vectors; false if it is none.
    pub(crate) fn vector(&mut self, i: &Instruction) -> Result<bool, Stuck> {
        if self.lane_by_lane(i)? || self.moving(i)? || self.choosing(i)? || self.narrow(i)? {
            return Ok(true);
        }
        self.masking(i)
    }

    fn lane_by_lane(&mut self, i: &Instruction) -> Result<bool, Stuck> {
        let mnemonic = i.mnemonic();
        let count = lanes_of(i);
        let values = if let Some(model) = binary::<W>(mnemonic) {
            if i.op_count() != 3 {
                return stuck("an instruction of SSE", i);
            }
            let (a, b) = (self.lanes(i, 1, count)?, self.lanes(i, 2, count)?);
            let clears = a == b && is_same_register(i) && is_xor(mnemonic);
            if clears {
                [W::constant(0); LANES]
            } else {
                each(|lane| model(a[lane], b[lane]), count)
            }
        } else if let Some(model) = accumulating::<W>(mnemonic) {
            let (sum, a) = (self.lanes(i, 0, count)?, self.lanes(i, 1, count)?);
            let b = self.lanes(i, 2, count)?;
            each(|lane| model(sum[lane], a[lane], b[lane]), count)
        } else if let Some(model) = shift::<W>(mnemonic) {
            let a = self.lanes(i, 1, count)?;
            let counts = self.counts(i, count)?;
            each(|lane| model(a[lane], counts[lane]), count)
        } else if matches!(mnemonic, M::Vpternlogq | M::Vpternlogd) {
            let table = i.immediate8();
            let operands = [0, 1, 2].map(|operand| self.lanes(i, operand, count));
            let [a, b, c] = operands;
            // A table that does not depend on an operand does not read it.
            let (a, b, c) = (a?, b?, c?);
            each(
                |lane| ternary::vpternlog(table, a[lane], b[lane], c[lane]),
                count,
            )
        } else {
            return Ok(false);
        };
        self.set_lanes(i, values, count)?;
        Ok(true)
    }

    /// By how many bits each lane is shifted: a public number.
    fn counts(&self, i: &Instruction, count: usize) -> Result<[u32; LANES], Stuck> {
        let counts = match (i.op2_kind(), i.mnemonic()) {
            (OpKind::Immediate8, _) => [W::constant(i.immediate(2)); LANES],
            (_, M::Vpsllvq | M::Vpsrlvq) => self.lanes(i, 2, count)?,
            _ => [self.lanes(i, 2, 1)?[0]; LANES],
        };
        let mut bits = [0; LANES];
        for (bits, word) in bits[..count].iter_mut().zip(counts) {
            match word.value() {
                Some(number) => *bits = number.min(64) as u32,
                None => return stuck("a shift by a secret", i),
            }
        }
        Ok(bits)
    }

    /// Instructions that choose between lanes by a mask.
    fn choosing(&mut self, i: &Instruction) -> Result<bool, Stuck> {
        let count = lanes_of(i);
        let values = match i.mnemonic() {
            M::Vpblendmq => {
                let (a, b) = (self.lanes(i, 1, count)?, self.lanes(i, 2, count)?);
                let mask = self.masks[i.op_mask().number()];
                let values = each(|lane| mask[lane].choose(b[lane], a[lane]), count);
                // The mask has chosen already.
                let mut whole = values;
                whole[count..].fill(W::constant(0));
                self.vectors[i.op0_register().number()] = whole;
                return Ok(true);
            }
            M::Vpblendvb | M::Vblendvpd => {
                let (a, b) = (self.lanes(i, 1, count)?, self.lanes(i, 2, count)?);
                let mask = self.lanes(i, 3, count)?;
                let mut chosen = [W::constant(0); LANES];
                for lane in 0..count {
                    let sign = mask[lane].bit(63);
                    // Each byte has a sign: they must be the same.
                    if i.mnemonic() == M::Vpblendvb && mask[lane] != sign.all_ones() {
                        return stuck("bytes chosen one by one", i);
                    }
                    chosen[lane] = sign.choose(b[lane], a[lane]);
                }
                chosen
            }
            M::Vpcmpgtb => {
                let (a, b) = (self.lanes(i, 1, count)?, self.lanes(i, 2, count)?);
                if a[..count].iter().any(|a| a.value() != Some(0)) {
                    return stuck("bytes compared with other than zero", i);
                }
                // Of all ones or zeros, the sign of each byte is that of all.
                let mut found = [W::constant(0); LANES];
                for lane in 0..count {
                    let sign = b[lane].bit(63);
                    if b[lane] != sign.all_ones() {
                        return stuck("bytes of different signs", i);
                    }
                    found[lane] = b[lane];
                }
                found
            }
            M::Vpcmpeqq | M::Vpcmpgtq if i.op0_register().is_vector_register() => {
                let truths = self.compared(i, count)?;
                each(|lane| truths[lane].all_ones(), count)
            }
            _ => return Ok(false),
        };
        self.set_lanes(i, values, count)?;
        Ok(true)
    }

    /// The truth of a comparison in each lane.
    pub(super) fn compared(&self, i: &Instruction, count: usize) -> Result<Lanes<W>, Stuck> {
        let (a, b) = (self.lanes(i, 1, count)?, self.lanes(i, 2, count)?);
        let mut truths = [W::constant(0); LANES];
        for lane in 0..count {
            let (a, b) = (a[lane], b[lane]);
            let truth = match i.mnemonic() {
                M::Vpcmpeqq => Some(a.xor(b).zero()),
                M::Vpcmpgtq => vpcmpgtq(a, b),
                M::Vptestnmq => Some(a.and(b).zero()),
                _ => None,
            };
            match truth {
                Some(truth) => truths[lane] = truth,
                None => return stuck("a comparison without a model", i),
            }
        }
        Ok(truths)
    }
}

fn is_same_register(i: &Instruction) -> bool {
    let are_registers = i.op1_kind() == OpKind::Register && i.op2_kind() == OpKind::Register;
    are_registers && i.op1_register() == i.op2_register()
}

fn is_xor(mnemonic: M) -> bool {
    matches!(
        mnemonic,
        M::Vpxor | M::Vpxorq | M::Vpxord | M::Vxorps | M::Vxorpd
    )
}

pub(super) fn each<W: Lane>(value: impl Fn(usize) -> W, count: usize) -> Lanes<W> {
    core::array::from_fn(|lane| {
        if lane < count {
            value(lane)
        } else {
            W::constant(0)
        }
    })
}

/// The number of lanes of an instruction's vectors: those of the first that it names.
pub(super) fn lanes_of(i: &Instruction) -> usize {
    let registers = (0..i.op_count()).filter(|operand| i.op_kind(*operand) == OpKind::Register);
    let mut sizes = registers
        .map(|operand| i.op_register(operand))
        .filter(|register| register.is_vector_register())
        .map(|register| register.size() / 8);
    sizes.next().unwrap_or(0)
}

/// Of numbers with a sign, the processor's product.
#[test]
fn products_of_halves_have_their_signs() {
    let ends = [
        0,
        1,
        2,
        3,
        (1 << 31) - 1,
        1 << 31,
        (1 << 31) + 1,
        (1 << 32) - 1,
    ];
    let halves = || {
        ends.into_iter()
            .flat_map(|half| [half, half | 0x9e37_79b9 << 32])
    };
    for (a, b) in halves().flat_map(|a: u64| halves().map(move |b| (a, b))) {
        let product = i64::from(a as i32) * i64::from(b as i32);
        assert_eq!(vpmuldq(a, b), product as u64, "{a:#x} {b:#x}");
    }
}

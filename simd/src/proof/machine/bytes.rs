//! Instructions on parts of lanes: bytes, and halves and quarters of words.

use iced_x86::{Instruction, Mnemonic as M, OpKind};

use super::{
    lane::Lane,
    state::{LANES, Lanes, Machine, Stuck, stuck},
    vector::{each, lanes_of},
};

impl<W: Lane> Machine<'_, W> {
    /// Instructions on parts of lanes; false if it is none.
    pub(super) fn narrow(&mut self, i: &Instruction) -> Result<bool, Stuck> {
        let count = lanes_of(i);
        let values = match i.mnemonic() {
            // Bytes to 32 bits each.
            M::Vpmovzxbd => {
                let bytes = self.parts(i, 1, 8, count * 2)?;
                joined(&bytes, 32)
            }
            // 32 bits to bytes.
            M::Vpmovdb => {
                let bytes = self.parts(i, 1, 32, 16)?;
                let bytes: Vec<W> = bytes.into_iter().map(|part| part.low_bits(8)).collect();
                self.set_lanes(i, joined(&bytes, 8), 2)?;
                return Ok(true);
            }
            M::Vpsrlvd => {
                let (parts, counts) = (
                    self.parts(i, 1, 32, count * 2)?,
                    self.parts(i, 2, 32, count * 2)?,
                );
                let mut shifted = Vec::new();
                for (part, bits) in parts.into_iter().zip(counts) {
                    let Some(bits) = bits.value() else {
                        return stuck("a shift by a secret", i);
                    };
                    shifted.push(part.shifted_right(bits.min(64) as u32));
                }
                joined(&shifted, 32)
            }
            M::Vpsrlw if i.op2_kind() == OpKind::Immediate8 => {
                let bits = u32::from(i.immediate8());
                let parts = self.parts(i, 1, 16, count * 4)?;
                let parts: Vec<W> = parts
                    .into_iter()
                    .map(|part| part.shifted_right(bits))
                    .collect();
                joined(&parts, 16)
            }
            M::Vpackssdw => {
                let signed = self.packed_parts(i, 32, count)?;
                joined(&signed, 16)
            }
            M::Vpacksswb => {
                let signed = self.packed_parts(i, 16, count)?;
                joined(&signed, 8)
            }
            M::Vmovd if i.op0_kind() == OpKind::Memory => {
                let address = self.address(i)?;
                let word = self.vectors[i.op1_register().number()][0].low_bits(32);
                self.memory.write(address, 4, word);
                return Ok(true);
            }
            M::Vmovd if i.op0_kind() == OpKind::Register && i.op0_register().is_gpr() => {
                let word = self.vectors[i.op1_register().number()][0].low_bits(32);
                self.set_scalar(i, 0, 32, word)?;
                return Ok(true);
            }
            _ => return Ok(false),
        };
        self.set_lanes(i, values, count)?;
        Ok(true)
    }

    /// The parts of a vector, of a number of bits each.
    fn parts(
        &self,
        i: &Instruction,
        operand: u32,
        bits: u32,
        count: usize,
    ) -> Result<Vec<W>, Stuck> {
        let in_word = 64 / bits as usize;
        let lanes = self.lanes(i, operand, count.div_ceil(in_word))?;
        let part = |place: usize| {
            let word = lanes[place / in_word];
            word.shifted_right(bits * (place % in_word) as u32)
                .low_bits(bits)
        };
        Ok((0..count).map(part).collect())
    }

    /// The parts of two vectors, packed with saturation, which must be all ones or zero.
    fn packed_parts(&self, i: &Instruction, bits: u32, count: usize) -> Result<Vec<W>, Stuck> {
        if count != 2 {
            return stuck("a packing of another length", i);
        }
        let number = 128 / bits as usize;
        let (a, b) = (
            self.parts(i, 1, bits, number)?,
            self.parts(i, 2, bits, number)?,
        );
        let mut packed = Vec::new();
        for part in a.into_iter().chain(b) {
            let sign = part.bit(bits - 1);
            if part != sign.all_ones().low_bits(bits) && part != W::unknown() {
                return stuck("a saturation of other than all ones", i);
            }
            packed.push(sign.all_ones().low_bits(bits / 2));
        }
        Ok(packed)
    }
}

/// Parts of a number of bits each, in words.
fn joined<W: Lane>(parts: &[W], bits: u32) -> Lanes<W> {
    let in_word = 64 / bits as usize;
    let word = |lane: usize| {
        let first = (lane * in_word).min(parts.len());
        let last = (first + in_word).min(parts.len());
        (0..)
            .zip(&parts[first..last])
            .fold(W::constant(0), |word, (place, part)| {
                word.plus(part.shifted_left(bits * place))
            })
    };
    each(word, LANES)
}

//! Instructions that move lanes, and those on masks.

use iced_x86::{Instruction, Mnemonic as M, OpKind};

use super::{
    lane::Lane,
    state::{LANES, Lanes, Machine, Stuck, full, stuck},
    vector::{each, lanes_of},
};

impl<W: Lane> Machine<'_, W> {
    /// Instructions that copy, place, extract or permute lanes.
    pub(super) fn moving(&mut self, i: &Instruction) -> Result<bool, Stuck> {
        let count = lanes_of(i);
        let values = match i.mnemonic() {
            M::Vmovdqa
            | M::Vmovdqu
            | M::Vmovdqa64
            | M::Vmovdqu64
            | M::Vmovaps
            | M::Vmovups
            | M::Vmovapd
            | M::Vmovupd => self.lanes(i, 1, count)?,
            M::Vpbroadcastq | M::Vbroadcastsd => [self.word(i, 1)?; LANES],
            M::Vmovq | M::Vmovsd if i.op0_kind() == OpKind::Register => {
                if i.op0_register().is_gpr() {
                    let word = self.word(i, 1)?;
                    self.set_scalar(i, 0, 64, word)?;
                    return Ok(true);
                }
                if i.op_count() != 2 {
                    return stuck("a move of two lanes", i);
                }
                let word = self.word(i, 1)?;
                each(|lane| if lane == 0 { word } else { W::constant(0) }, LANES)
            }
            M::Vmovq if i.op0_kind() == OpKind::Memory => {
                let address = self.address(i)?;
                let word = self.vectors[i.op1_register().number()][0];
                self.memory.write(address, 8, word);
                return Ok(true);
            }
            M::Vpextrq => {
                let lane = (i.immediate8() & 1) as usize;
                let word = self.vectors[i.op1_register().number()][lane];
                self.set_scalar(i, 0, 64, word)?;
                return Ok(true);
            }
            M::Vpunpcklqdq | M::Vpunpckhqdq | M::Vmovlhps => {
                let (a, b) = (self.lanes(i, 1, count)?, self.lanes(i, 2, count)?);
                let high = i.mnemonic() == M::Vpunpckhqdq;
                let from = |lane: usize| lane / 2 * 2 + usize::from(high);
                each(
                    |lane| {
                        if lane % 2 == 0 {
                            a[from(lane)]
                        } else {
                            b[from(lane)]
                        }
                    },
                    count,
                )
            }
            M::Vinserti128 | M::Vinsertf128 => self.inserted(i, 2)?,
            M::Vinserti64x4 | M::Vinsertf64x4 => self.inserted(i, 4)?,
            M::Vextracti128 | M::Vextracti32x4 => return self.extract(i).map(|()| true),
            M::Vpblendd => {
                let (a, b) = (self.lanes(i, 1, count)?, self.lanes(i, 2, count)?);
                let bits = i.immediate8();
                each(
                    |lane| halves(a[lane], b[lane], bits >> (2 * lane) & 3),
                    count,
                )
            }
            M::Vpermt2q => {
                let (a, index) = (self.lanes(i, 0, count)?, self.lanes(i, 1, count)?);
                self.picked(i, index, [a, self.lanes(i, 2, count)?], count)?
            }
            M::Vpermi2q => {
                let (index, a) = (self.lanes(i, 0, count)?, self.lanes(i, 1, count)?);
                self.picked(i, index, [a, self.lanes(i, 2, count)?], count)?
            }
            M::Vpermd | M::Vpermps => self.permuted_halves(i, count)?,
            _ => return Ok(false),
        };
        let count = if matches!(i.mnemonic(), M::Vmovq | M::Vmovsd) {
            2
        } else {
            count
        };
        self.set_lanes(i, values, count)?;
        Ok(true)
    }

    /// A register's first lane, or a word of memory or of a general register.
    fn word(&self, i: &Instruction, operand: u32) -> Result<W, Stuck> {
        match i.op_kind(operand) {
            OpKind::Register if i.op_register(operand).is_gpr64() => {
                Ok(self.general[i.op_register(operand).number()])
            }
            OpKind::Register if i.op_register(operand).is_vector_register() => {
                Ok(self.vectors[i.op_register(operand).number()][0])
            }
            OpKind::Memory => self.load(i, 0, 8),
            _ => stuck("not a word", i),
        }
    }

    fn inserted(&self, i: &Instruction, length: usize) -> Result<Lanes<W>, Stuck> {
        let mut lanes = self.lanes(i, 1, lanes_of(i))?;
        let part = self.lanes(i, 2, length)?;
        let pieces = lanes_of(i) / length;
        let first = i.immediate8() as usize % pieces * length;
        lanes[first..first + length].copy_from_slice(&part[..length]);
        Ok(lanes)
    }

    /// Two lanes of a register.
    fn extract(&mut self, i: &Instruction) -> Result<(), Stuck> {
        let register = i.op1_register();
        let pieces = register.size() / 16;
        let first = i.immediate8() as usize % pieces * 2;
        let mut lanes = [W::constant(0); LANES];
        lanes[..2].copy_from_slice(&self.vectors[register.number()][first..first + 2]);
        self.set_lanes(i, lanes, 2)
    }

    /// For each lane, the entry of two vectors of constants that an index names.
    fn picked(
        &self,
        i: &Instruction,
        index: Lanes<W>,
        tables: [Lanes<W>; 2],
        count: usize,
    ) -> Result<Lanes<W>, Stuck> {
        let table: Option<Vec<u64>> = tables
            .iter()
            .flat_map(|lanes| lanes[..count].iter().map(|lane| lane.value()))
            .collect();
        match table {
            Some(table) => Ok(each(|lane| index[lane].pick(&table), count)),
            // Where the index is known, anything may be permuted.
            None if index[..count].iter().all(|index| index.value().is_some()) => {
                let at = |index: W| {
                    let place = index.value().unwrap_or(0) as usize & (2 * count - 1);
                    tables[place / count][place % count]
                };
                Ok(each(|lane| at(index[lane]), count))
            }
            None => stuck("a table that is not of constants", i),
        }
    }

    /// Eight entries of 32 bits, of which the low half of a lane has one by its index. That of the
    /// high half is not followed: it may be anything.
    fn permuted_halves(&self, i: &Instruction, count: usize) -> Result<Lanes<W>, Stuck> {
        if count != 4 {
            return stuck("a permutation of another length", i);
        }
        let (index, entries) = (self.lanes(i, 1, count)?, self.lanes(i, 2, count)?);
        let halves = entries[..count].iter().flat_map(|lane| {
            let value = lane.value();
            [
                value.map(|value| value & 0xffff_ffff),
                value.map(|value| value >> 32),
            ]
        });
        let Some(table) = halves.collect::<Option<Vec<u64>>>() else {
            return stuck("a table that is not of constants", i);
        };
        Ok(each(
            |lane| {
                let low = index[lane].pick(&table);
                low.plus(W::arbitrary().shifted_left(32))
            },
            count,
        ))
    }

    /// Instructions on masks.
    pub(super) fn masking(&mut self, i: &Instruction) -> Result<bool, Stuck> {
        match i.mnemonic() {
            M::Vpcmpeqq | M::Vpcmpgtq | M::Vptestnmq => {
                let mut count = lanes_of(i);
                if count == 0 {
                    count = LANES;
                }
                let mut truths = [W::constant(0); 16];
                truths[..count].copy_from_slice(&self.compared(i, count)?[..count]);
                if i.has_op_mask() {
                    let mask = self.masks[i.op_mask().number()];
                    truths = core::array::from_fn(|lane| truths[lane].times(mask[lane]));
                }
                self.masks[i.op0_register().number()] = truths;
            }
            M::Vpmovm2q => {
                let mask = self.masks[i.op1_register().number()];
                let count = lanes_of(i);
                let values = each(|lane| mask[lane].all_ones(), count);
                self.set_lanes(i, values, count)?;
            }
            M::Knotw => {
                let mask = self.masks[i.op1_register().number()];
                self.masks[i.op0_register().number()] = mask.map(Lane::negated);
            }
            M::Kunpckbw => {
                let high = self.masks[i.op1_register().number()];
                let mut mask = self.masks[i.op2_register().number()];
                mask[8..].copy_from_slice(&high[..8]);
                self.masks[i.op0_register().number()] = mask;
            }
            M::Kmovw => return self.move_mask(i).map(|()| true),
            M::Vzeroupper => {
                for register in &mut self.vectors[..16] {
                    register[2..].fill(W::constant(0));
                }
            }
            M::Vzeroall => self.vectors[..16].fill([W::constant(0); LANES]),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Moves a mask of 16 lanes, which in memory are two bytes.
    fn move_mask(&mut self, i: &Instruction) -> Result<(), Stuck> {
        let is_mask =
            |operand: u32| i.op_kind(operand) == OpKind::Register && i.op_register(operand).is_k();
        let mask = if is_mask(1) {
            self.masks[i.op1_register().number()]
        } else {
            let word = match i.op1_kind() {
                OpKind::Memory => self.load(i, 0, 2)?,
                _ => self.general[full(i.op1_register())],
            };
            core::array::from_fn(|lane| word.bit(lane as u32))
        };
        if is_mask(0) {
            self.masks[i.op0_register().number()] = mask;
            return Ok(());
        }
        let word = W::packed(mask);
        match i.op0_kind() {
            OpKind::Memory => {
                let address = self.address(i)?;
                self.memory.write(address, 2, word);
            }
            _ => self.general[full(i.op0_register())] = word,
        }
        Ok(())
    }
}

/// The halves of two words: those of `b` where `bits` has a bit.
fn halves<W: Lane>(a: W, b: W, bits: u8) -> W {
    let high = |word: W| word.minus(word.low_bits(32));
    match bits {
        0 => a,
        1 => b.low_bits(32).plus(high(a)),
        2 => a.low_bits(32).plus(high(b)),
        _ => b,
    }
}

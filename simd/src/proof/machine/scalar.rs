//! Instructions on general registers.

use iced_x86::{Instruction, Mnemonic as M, OpKind};

use super::{
    flags::Flags,
    lane::Lane,
    state::{Machine, Stuck, stuck},
};

/// The number of bits of an operand.
fn bits_of(i: &Instruction, operand: u32) -> u32 {
    let bytes = match i.op_kind(operand) {
        OpKind::Register => i.op_register(operand).size(),
        _ => i.memory_size().size(),
    };
    8 * bytes as u32
}

impl<W: Lane> Machine<'_, W> {
    /// Does an instruction on general registers; false if it is none.
    pub(super) fn general(&mut self, i: &Instruction) -> Result<bool, Stuck> {
        if self.sums(i)? || self.shifts(i)? {
            return Ok(true);
        }
        match i.mnemonic() {
            M::Mov => {
                let bits = bits_of(i, 0);
                let value = self.scalar(i, 1, bits)?;
                self.set_scalar(i, 0, bits, value)?;
            }
            M::Movzx => {
                let value = self.scalar(i, 1, bits_of(i, 1))?;
                self.set_scalar(i, 0, bits_of(i, 0), value)?;
            }
            M::Lea => {
                let value = self.effective(i)?;
                self.set_scalar(i, 0, bits_of(i, 0), value)?;
            }
            M::Nop | M::Endbr64 => (),
            M::Cmova
            | M::Cmovae
            | M::Cmovb
            | M::Cmovbe
            | M::Cmove
            | M::Cmovne
            | M::Cmovs
            | M::Cmovns
            | M::Cmovl
            | M::Cmovge
            | M::Cmovg
            | M::Cmovle => {
                let bits = bits_of(i, 0);
                let (kept, other) = (self.scalar(i, 0, bits)?, self.scalar(i, 1, bits)?);
                let condition = self.condition(i)?;
                self.set_scalar(i, 0, bits, condition.choose(other, kept))?;
            }
            M::Sete | M::Setne | M::Setb | M::Setae => {
                let condition = self.condition(i)?;
                self.set_lowest_byte(i, condition)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether an instruction's condition holds: 0 or 1.
    pub(super) fn condition(&self, i: &Instruction) -> Result<W, Stuck> {
        match self.flags.holds(i.condition_code()) {
            Some(condition) => Ok(condition),
            None => stuck("a condition on flags without a model", i),
        }
    }

    /// An address as a value; it need not be known.
    fn effective(&self, i: &Instruction) -> Result<W, Stuck> {
        if i.is_ip_rel_memory_operand() {
            return Ok(W::constant(i.ip_rel_memory_address()));
        }
        let mut sum = W::constant(i.memory_displacement64());
        if i.memory_base() != iced_x86::Register::None {
            sum = sum.plus(self.general[i.memory_base().number()]);
        }
        if i.memory_index() != iced_x86::Register::None {
            let index = self.general[i.memory_index().number()];
            sum = sum.plus(index.times(W::constant(u64::from(i.memory_index_scale()))));
        }
        Ok(sum)
    }

    /// Sums, differences, logic, comparisons and products.
    fn sums(&mut self, i: &Instruction) -> Result<bool, Stuck> {
        let zero = W::constant(0);
        let bits = if i.op_count() > 0 { bits_of(i, 0) } else { 64 };
        let flags = match i.mnemonic() {
            M::Add | M::Adc | M::Sub | M::Cmp => {
                let (a, b) = (self.scalar(i, 0, bits)?, self.scalar(i, 1, bits)?);
                let carry = match i.mnemonic() {
                    M::Adc => self.carry(i)?,
                    _ => zero,
                };
                match i.mnemonic() {
                    M::Add | M::Adc => Flags::Sum { a, b, carry, bits },
                    _ => Flags::Difference { a, b, bits },
                }
            }
            M::And | M::Or | M::Xor | M::Test => {
                let (a, b) = (self.scalar(i, 0, bits)?, self.scalar(i, 1, bits)?);
                let clears = i.mnemonic() == M::Xor
                    && i.op1_kind() == OpKind::Register
                    && i.op0_kind() == OpKind::Register
                    && i.op0_register() == i.op1_register();
                let result = match i.mnemonic() {
                    _ if clears => zero,
                    M::Or => a.or(b),
                    M::Xor => a.xor(b),
                    _ if a == b => a,
                    _ => a.and(b),
                };
                Flags::Logic { result, bits }
            }
            M::Inc | M::Dec => {
                let a = self.scalar(i, 0, bits)?;
                let one = W::constant(1);
                let result = if i.mnemonic() == M::Inc {
                    a.plus(one)
                } else {
                    a.minus(one)
                };
                let result = result.low_bits(bits);
                let carry = self.flags.carry().unwrap_or(W::unknown());
                Flags::Counted {
                    result,
                    carry,
                    bits,
                }
            }
            M::Imul if i.op_count() >= 2 => {
                let first = i.op_count() - 2;
                let (a, b) = (
                    self.scalar(i, first, bits)?,
                    self.scalar(i, first + 1, bits)?,
                );
                self.set_scalar(i, 0, bits, a.times(b))?;
                self.flags = Flags::Unknown;
                return Ok(true);
            }
            _ => return Ok(false),
        };
        self.flags = flags;
        if !matches!(i.mnemonic(), M::Cmp | M::Test) {
            let result = flags.result().map_or(W::unknown(), |(result, _)| result);
            self.set_scalar(i, 0, bits, result)?;
        }
        Ok(true)
    }

    fn carry(&self, i: &Instruction) -> Result<W, Stuck> {
        match self.flags.carry() {
            Some(carry) => Ok(carry),
            None => stuck("a carry without a model", i),
        }
    }

    fn shifts(&mut self, i: &Instruction) -> Result<bool, Stuck> {
        let shift = match i.mnemonic() {
            M::Shl => W::shifted_left,
            M::Shr => W::shifted_right,
            _ => return Ok(false),
        };
        let bits = bits_of(i, 0);
        let a = self.scalar(i, 0, bits)?;
        let Some(count) = self.scalar(i, 1, 8)?.value() else {
            return stuck("a shift by a secret", i);
        };
        let count = count as u32 & if bits == 64 { 63 } else { 31 };
        if count == 0 {
            return Ok(true);
        }
        if count >= bits {
            return stuck("a shift of everything", i);
        }
        let result = shift(a, count).low_bits(bits);
        self.flags = Flags::Counted {
            result,
            carry: W::unknown(),
            bits,
        };
        self.set_scalar(i, 0, bits, result)?;
        Ok(true)
    }
}

/// `cmp rax, rcx` and `setne dl`: the lowest byte is whether they differ, the others stay.
#[test]
fn a_byte_is_set_by_a_condition() {
    const CODE: [u8; 6] = [0x48, 0x39, 0xc8, 0x0f, 0x95, 0xc2];
    for (a, b) in [(0, 1), (1, 1), (2, 1_u64)] {
        let mut machine = Machine::<u64>::new(super::library::released());
        (machine.general[0], machine.general[1]) = (a, b);
        machine.general[2] = 0x1122_3344_5566_7788;
        for instruction in &mut iced_x86::Decoder::new(64, &CODE, 0) {
            machine.straight(&instruction).expect("both have models");
        }
        let expected = 0x1122_3344_5566_7700 + u64::from(a != b);
        assert_eq!(machine.general[2], expected);
    }
}

/// `cmp rax, rcx` and `adc rax, -1`: one less, unless `rcx` is more.
#[test]
fn a_carry_is_added() {
    const CODE: [u8; 7] = [0x48, 0x39, 0xc8, 0x48, 0x83, 0xd0, 0xff];
    for (a, b) in [(0, 1), (1, 1), (2, 1_u64)] {
        let mut machine = Machine::<u64>::new(super::library::released());
        (machine.general[0], machine.general[1]) = (a, b);
        for instruction in &mut iced_x86::Decoder::new(64, &CODE, 0) {
            machine.straight(&instruction).expect("both have models");
        }
        assert_eq!(machine.general[0], a - u64::from(a >= b));
    }
}

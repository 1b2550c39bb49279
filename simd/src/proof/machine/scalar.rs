//! Instructions on general registers.

use iced_x86::{Instruction, Mnemonic as M, OpKind};

use super::{
    flags::Flags,
    lane::Lane,
    state::{Machine, Stuck, stuck},
};
use crate::proof::words::Integer as _;

/// The number of `rax` and of `rdx`.
const RAX: usize = 0;
const RDX: usize = 2;

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
            M::Xchg if i.op0_kind() == OpKind::Register && i.op1_kind() == OpKind::Register => {
                let bits = bits_of(i, 0);
                let (a, b) = (self.scalar(i, 0, bits)?, self.scalar(i, 1, bits)?);
                self.set_scalar(i, 0, bits, b)?;
                self.set_scalar(i, 1, bits, a)?;
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
            M::Seta | M::Setae | M::Setb | M::Setbe | M::Sete | M::Setne | M::Sets | M::Setns => {
                let condition = self.condition(i)?;
                self.set_scalar(i, 0, 8, condition)?;
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
            M::Add | M::Adc | M::Sub | M::Sbb | M::Cmp => {
                let (a, b) = (self.scalar(i, 0, bits)?, self.scalar(i, 1, bits)?);
                let carry = match i.mnemonic() {
                    M::Adc | M::Sbb => self.carry(i)?,
                    _ => zero,
                };
                match i.mnemonic() {
                    M::Add | M::Adc => Flags::Sum { a, b, carry, bits },
                    _ => Flags::Difference {
                        a,
                        b,
                        borrow: carry,
                        bits,
                    },
                }
            }
            M::Neg => {
                let b = self.scalar(i, 0, bits)?;
                Flags::Difference {
                    a: zero,
                    b,
                    borrow: zero,
                    bits,
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
            M::Not => {
                let value = self.scalar(i, 0, bits)?.xor(W::constant(u64::MAX));
                self.set_scalar(i, 0, bits, value)?;
                return Ok(true);
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
            M::Mul if bits == 64 => {
                let product = self.general[RAX]
                    .unsigned()
                    .times(self.scalar(i, 0, 64)?.unsigned());
                let high = product.floor(64).word();
                (self.general[RAX], self.general[RDX]) = (product.low(64).word(), high);
                self.flags = Flags::Unknown;
                return Ok(true);
            }
            M::Mulx if bits == 64 => {
                let product = self.general[RDX]
                    .unsigned()
                    .times(self.scalar(i, 2, 64)?.unsigned());
                let high = product.floor(64).word();
                self.set_scalar(i, 1, 64, product.low(64).word())?;
                self.set_scalar(i, 0, 64, high)?;
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
        let (count, double) = match i.mnemonic() {
            M::Shl | M::Shr | M::Sar => (1, false),
            M::Shld | M::Shrd => (2, true),
            M::Bt => {
                let (word, place) = (self.scalar(i, 0, bits_of(i, 0))?, self.scalar(i, 1, 8)?);
                let Some(place) = place.value() else {
                    return stuck("a bit at a secret place", i);
                };
                let carry = word.bit(place as u32 % bits_of(i, 0));
                self.flags = Flags::Carry { carry };
                return Ok(true);
            }
            _ => return Ok(false),
        };
        let bits = bits_of(i, 0);
        let a = self.scalar(i, 0, bits)?;
        let Some(count) = self.scalar(i, count, 8)?.value() else {
            return stuck("a shift by a secret", i);
        };
        let count = count as u32 & if bits == 64 { 63 } else { 31 };
        if count == 0 {
            return Ok(true);
        }
        if count >= bits {
            return stuck("a shift of everything", i);
        }
        let result = match i.mnemonic() {
            M::Shl => a.shifted_left(count),
            M::Shr => a.shifted_right(count),
            M::Sar if bits == 64 => a.signed().floor(count).word(),
            M::Sar => {
                let sign = a.bit(bits - 1).all_ones();
                a.shifted_right(count).plus(sign.shifted_left(bits - count))
            }
            _ if double && bits == 64 => {
                let b = self.scalar(i, 1, bits)?;
                if i.mnemonic() == M::Shld {
                    a.shifted_left(count).plus(b.shifted_right(64 - count))
                } else {
                    a.shifted_right(count).plus(b.shifted_left(64 - count))
                }
            }
            _ => return stuck("a shift without a model", i),
        };
        let result = result.low_bits(bits);
        self.flags = Flags::Counted {
            result,
            carry: W::unknown(),
            bits,
        };
        self.set_scalar(i, 0, bits, result)?;
        Ok(true)
    }
}

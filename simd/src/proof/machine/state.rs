//! Registers, and how an instruction's operands are read and written.

use iced_x86::{Instruction, Mnemonic, OpKind, Register};

use super::{flags::Flags, image::Image, lane::Lane, memory::Memory};

/// The most lanes of a vector.
pub(crate) const LANES: usize = 8;

/// Instructions whose masks have a bit for each lane of 64 bits.
const MASKED_BY_LANE: [Mnemonic; 22] = [
    Mnemonic::Vmovdqa64,
    Mnemonic::Vmovdqu64,
    Mnemonic::Vmovapd,
    Mnemonic::Vmovupd,
    Mnemonic::Vpaddq,
    Mnemonic::Vpsubq,
    Mnemonic::Vpandq,
    Mnemonic::Vpandnq,
    Mnemonic::Vporq,
    Mnemonic::Vpxorq,
    Mnemonic::Vpblendmq,
    Mnemonic::Vblendmpd,
    Mnemonic::Vpternlogq,
    Mnemonic::Vpsllq,
    Mnemonic::Vpsrlq,
    Mnemonic::Vpsraq,
    Mnemonic::Vpsllvq,
    Mnemonic::Vpsrlvq,
    Mnemonic::Vpbroadcastq,
    Mnemonic::Vpmadd52luq,
    Mnemonic::Vpmadd52huq,
    Mnemonic::Vpermt2q,
];

/// The lanes of a register; those beyond its length are zero.
pub(crate) type Lanes<W> = [W; LANES];

/// The lanes of a mask; more than a vector of words has.
pub(crate) type Mask<W> = [W; 16];

/// A processor whose words may be symbols, with a program and its memory.
pub(crate) struct Machine<'a, W> {
    pub(crate) image: &'a Image,
    pub(crate) general: [W; 16],
    pub(crate) vectors: [Lanes<W>; 32],
    /// The truth value of each lane: 0 or 1.
    pub(crate) masks: [Mask<W>; 8],
    pub(crate) flags: Flags<W>,
    pub(crate) memory: Memory<W>,
}

/// Why a program cannot be followed.
pub(crate) type Stuck = String;

/// Says of an instruction why it cannot be followed.
pub(crate) fn stuck<T>(why: &str, instruction: &Instruction) -> Result<T, Stuck> {
    let (code, address) = (instruction.code(), instruction.ip());
    Err(format!("{why}: {code:?} at {address:#x}"))
}

impl<'a, W: Lane> Machine<'a, W> {
    pub(crate) fn new(image: &'a Image) -> Self {
        Self {
            image,
            general: [W::unknown(); 16],
            vectors: [[W::unknown(); LANES]; 32],
            masks: [[W::unknown(); 16]; 8],
            flags: Flags::Unknown,
            memory: Memory::new(),
        }
    }

    /// The address of a memory operand.
    pub(crate) fn address(&self, i: &Instruction) -> Result<u64, Stuck> {
        if i.is_ip_rel_memory_operand() {
            return Ok(i.ip_rel_memory_address());
        }
        if i.segment_prefix() != Register::None {
            return stuck("an address in a segment", i);
        }
        let mut address = i.memory_displacement64();
        let index_scale = u64::from(i.memory_index_scale());
        for (register, scale) in [(i.memory_base(), 1), (i.memory_index(), index_scale)] {
            if register == Register::None {
                continue;
            }
            if !register.is_gpr64() {
                return stuck("an address that is not of 64-bit registers", i);
            }
            let Some(value) = self.general[register.number()].value() else {
                return stuck("an address that is not known", i);
            };
            address = address.wrapping_add(value.wrapping_mul(scale));
        }
        Ok(address)
    }

    /// What is loaded from memory.
    pub(crate) fn load(&self, i: &Instruction, offset: u64, bytes: u64) -> Result<W, Stuck> {
        let address = self.address(i)?;
        Ok(self.memory.read(self.image, address + offset, bytes))
    }

    /// The lanes of an operand.
    pub(crate) fn lanes(
        &self,
        i: &Instruction,
        operand: u32,
        count: usize,
    ) -> Result<Lanes<W>, Stuck> {
        let mut lanes = [W::constant(0); LANES];
        match i.op_kind(operand) {
            OpKind::Register => {
                let register = self.vectors[i.op_register(operand).number()];
                lanes[..count].copy_from_slice(&register[..count]);
            }
            OpKind::Memory if i.is_broadcast() => match i.memory_size().element_size() {
                8 => lanes[..count].fill(self.load(i, 0, 8)?),
                4 => {
                    let half = self.load(i, 0, 4)?;
                    lanes[..count].fill(half.plus(half.shifted_left(32)));
                }
                _ => return stuck("a broadcast of another size", i),
            },
            OpKind::Memory => {
                for (lane, offset) in lanes[..count].iter_mut().zip((0..).step_by(8)) {
                    *lane = self.load(i, offset, 8)?;
                }
            }
            _ => return stuck("not a vector", i),
        }
        Ok(lanes)
    }

    /// Writes the lanes of the first operand, those that its mask allows. What follows them
    /// in a register becomes zero.
    pub(crate) fn set_lanes(
        &mut self,
        i: &Instruction,
        mut values: Lanes<W>,
        count: usize,
    ) -> Result<(), Stuck> {
        let is_register = i.op0_kind() == OpKind::Register;
        if i.has_op_mask() {
            if !MASKED_BY_LANE.contains(&i.mnemonic()) {
                return stuck("masked by other elements than lanes", i);
            }
            let mask = self.masks[i.op_mask().number()];
            let old = match (is_register, i.zeroing_masking()) {
                (_, true) => [W::constant(0); LANES],
                (true, false) => self.vectors[i.op0_register().number()],
                (false, false) => self.lanes(i, 0, count)?,
            };
            for lane in 0..count {
                values[lane] = mask[lane].choose(values[lane], old[lane]);
            }
        }
        if is_register {
            values[count..].fill(W::constant(0));
            self.vectors[i.op0_register().number()] = values;
            return Ok(());
        }
        let address = self.address(i)?;
        for (lane, offset) in values[..count].iter().zip((0..).step_by(8)) {
            self.memory.write(address + offset, 8, *lane);
        }
        Ok(())
    }

    /// The value of a general operand of a number of bits, without a sign.
    pub(crate) fn scalar(&self, i: &Instruction, operand: u32, bits: u32) -> Result<W, Stuck> {
        match i.op_kind(operand) {
            OpKind::Register => {
                let register = i.op_register(operand);
                if !register.is_gpr() || is_second_byte(register) {
                    return stuck("not a general register", i);
                }
                Ok(self.general[full(register)].low_bits(bits))
            }
            OpKind::Memory => self.load(i, 0, u64::from(bits / 8)),
            OpKind::NearBranch64 => stuck("not a value", i),
            _ => Ok(W::constant(i.immediate(operand)).low_bits(bits)),
        }
    }

    /// Sets the lowest byte of the first operand; the others stay.
    pub(crate) fn set_lowest_byte(&mut self, i: &Instruction, value: W) -> Result<(), Stuck> {
        if i.op_kind(0) != OpKind::Register {
            return self.set_scalar(i, 0, 8, value);
        }
        let register = i.op_register(0);
        if !register.is_gpr() || is_second_byte(register) {
            return stuck("not a general register", i);
        }
        let whole = self.general[full(register)];
        self.general[full(register)] = whole.minus(whole.low_bits(8)).plus(value);
        Ok(())
    }

    /// Writes an operand of a number of bits. 32 bits clear the rest of a register; what fewer
    /// leave there is not followed: it may be anything.
    pub(crate) fn set_scalar(
        &mut self,
        i: &Instruction,
        operand: u32,
        bits: u32,
        value: W,
    ) -> Result<(), Stuck> {
        let value = value.low_bits(bits);
        match i.op_kind(operand) {
            OpKind::Register => {
                let register = i.op_register(operand);
                if !register.is_gpr() || is_second_byte(register) {
                    return stuck("not a general register", i);
                }
                self.general[full(register)] = match bits {
                    8 | 16 => value.plus(W::arbitrary().shifted_left(bits)),
                    _ => value,
                };
            }
            OpKind::Memory => {
                let address = self.address(i)?;
                self.memory.write(address, u64::from(bits / 8), value);
            }
            _ => return stuck("not a place", i),
        }
        Ok(())
    }
}

fn is_second_byte(register: Register) -> bool {
    matches!(
        register,
        Register::AH | Register::BH | Register::CH | Register::DH
    )
}

/// The number of the 64-bit register that a general register is part of.
pub(crate) fn full(register: Register) -> usize {
    register.full_register().number()
}

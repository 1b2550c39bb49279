//! Functions, followed from their first instruction to their return.

use std::collections::HashMap;

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic as M};

use super::{
    image::Image,
    lane::Lane,
    state::{Machine, Stuck, stuck},
};

/// The number of `rsp`, and of the registers of a function's arguments.
const RSP: usize = 4;
const ARGUMENTS: [usize; 6] = [7, 6, 2, 1, 8, 9];
const RAX: usize = 0;

/// Where the stack begins, growing downwards: aligned as the callers align it.
const STACK: u64 = 0x7fff_0000_0000;
/// Where a function that was started returns to.
const END: u64 = 0x7fff_ffff_0000;
/// More instructions than any kernel has to its return.
const MOST_STEPS: usize = 2_000_000;

/// The instructions of a program, decoded where they are first met.
pub(crate) struct Code<'a> {
    image: &'a Image,
    known: HashMap<u64, Instruction>,
}

impl<'a> Code<'a> {
    pub(crate) fn new(image: &'a Image) -> Self {
        Self {
            image,
            known: HashMap::new(),
        }
    }

    /// Puts another instruction in an instruction's place.
    pub(crate) fn alter(&mut self, instruction: Instruction) {
        self.known.insert(instruction.ip(), instruction);
    }

    /// All instructions met so far.
    pub(crate) fn met(&self) -> impl Iterator<Item = &Instruction> {
        self.known.values()
    }

    fn at(&mut self, address: u64) -> Result<Instruction, Stuck> {
        if let Some(instruction) = self.known.get(&address) {
            return Ok(*instruction);
        }
        let bytes = self.image.from(address);
        let bytes = bytes.ok_or_else(|| format!("no code at {address:#x}"))?;
        let bytes = &bytes[..bytes.len().min(15)];
        let mut decoder = Decoder::with_ip(64, bytes, address, DecoderOptions::NONE);
        let instruction = decoder.decode();
        if instruction.is_invalid() {
            return stuck("not an instruction", &instruction);
        }
        self.known.insert(address, instruction);
        Ok(instruction)
    }
}

impl<W: Lane> Machine<'_, W> {
    /// Calls a function and follows it to its return; the number of instructions.
    pub(crate) fn call(
        &mut self,
        code: &mut Code<'_>,
        function: u64,
        arguments: &[u64],
    ) -> Result<usize, Stuck> {
        self.general[RSP] = W::constant(STACK);
        for (register, argument) in ARGUMENTS.into_iter().zip(arguments) {
            self.general[register] = W::constant(*argument);
        }
        self.push(W::constant(END));
        let (mut next, mut steps) = (function, 0);
        while next != END {
            let instruction = code.at(next)?;
            next = self.step(&instruction)?;
            if let Some(name) = self.image.import(next) {
                self.imported(name)?;
                next = self.pop()?;
            }
            steps += 1;
            if steps == MOST_STEPS {
                return Err("a function that does not return".to_owned());
            }
        }
        Ok(steps)
    }

    /// Does one instruction; the address of the next.
    fn step(&mut self, i: &Instruction) -> Result<u64, Stuck> {
        match i.flow_control() {
            FlowControl::Next => {
                self.straight(i)?;
                Ok(i.next_ip())
            }
            FlowControl::UnconditionalBranch => Ok(i.near_branch_target()),
            FlowControl::ConditionalBranch => match self.condition(i)?.value() {
                Some(0) => Ok(i.next_ip()),
                Some(_) => Ok(i.near_branch_target()),
                None => stuck("a branch that depends on a secret", i),
            },
            FlowControl::Call => {
                self.push(W::constant(i.next_ip()));
                Ok(i.near_branch_target())
            }
            FlowControl::IndirectCall | FlowControl::IndirectBranch => {
                let target = match self.scalar(i, 0, 64)?.value() {
                    Some(target) => target,
                    None => return stuck("an unknown target", i),
                };
                if i.flow_control() == FlowControl::IndirectCall {
                    self.push(W::constant(i.next_ip()));
                }
                Ok(target)
            }
            FlowControl::Return => self.pop(),
            _ => stuck("an instruction without a model", i),
        }
    }

    /// Does an instruction that the next one follows.
    pub(crate) fn straight(&mut self, i: &Instruction) -> Result<(), Stuck> {
        match i.mnemonic() {
            M::Push => {
                let value = self.scalar(i, 0, 64)?;
                self.push(value);
                return Ok(());
            }
            M::Pop => {
                let value = self.popped()?;
                return self.set_scalar(i, 0, 64, value);
            }
            _ => (),
        }
        if self.general(i)? || self.vector(i)? {
            return Ok(());
        }
        stuck("an instruction without a model", i)
    }

    fn stack(&self) -> Result<u64, Stuck> {
        let pointer = self.general[RSP].value();
        pointer.ok_or_else(|| "an unknown stack".to_owned())
    }

    fn push(&mut self, value: W) {
        let pointer = self.general[RSP].minus(W::constant(8));
        self.general[RSP] = pointer;
        if let Some(pointer) = pointer.value() {
            self.memory.write(pointer, 8, value);
        }
    }

    fn popped(&mut self) -> Result<W, Stuck> {
        let pointer = self.stack()?;
        self.general[RSP] = W::constant(pointer + 8);
        Ok(self.memory.read(self.image, pointer, 8))
    }

    fn pop(&mut self) -> Result<u64, Stuck> {
        let address = self.popped()?.value();
        address.ok_or_else(|| "a return to an unknown place".to_owned())
    }

    /// What a function of another library does.
    fn imported(&mut self, name: &str) -> Result<(), Stuck> {
        let argument = |i: usize| self.general[ARGUMENTS[i]].value();
        let known = (argument(0), argument(1), argument(2));
        let (Some(to), Some(from), Some(bytes)) = known else {
            return Err(format!("{name} of unknown arguments"));
        };
        match name {
            "memcpy" | "memmove" => self.memory.copy(self.image, to, from, bytes),
            "memset" => self.memory.fill(to, from as u8, bytes),
            _ => return Err(format!("a call to {name}")),
        }
        self.general[RAX] = W::constant(to);
        for register in [1, 2, 6, 7, 8, 9, 10, 11] {
            self.general[register] = W::unknown();
        }
        self.vectors = [[W::unknown(); 8]; 32];
        self.masks = [[W::unknown(); 16]; 8];
        Ok(())
    }
}

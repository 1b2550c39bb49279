//! Where secrets flow in a function, by abstract interpretation of its instructions.
//!
//! A kernel gets one argument, a pointer to its batch: slices of scalars, points and
//! results. The pointers and the lengths in the batch are public; everything in
//! memory behind them is taken for secret, points too. From this follows for each
//! register, at each instruction and over all paths, whether it may hold a secret:
//!
//! * constants, addresses and what is computed from public registers are public;
//! * what is loaded through a pointer is secret, but for the fields of the batch;
//! * a vector or mask made of anything secret is secret, and so is a lane of it;
//! * a stack slot holds what was stored to it last, and is secret before that.
//!
//! Found are: a conditional jump on flags that may depend on a secret, an address
//! that may, a gather or scatter, any division, any indirect jump, and a call to
//! anything but what copies or fills memory (with public addresses and lengths),
//! panics without return, or is another function of the crate, which is then followed
//! with the registers as they are.
//!
//! One thing is assumed: an access through a pointer into an array on the stack
//! does not reach a slot that the compiler addresses directly. The compiler keeps
//! them apart; a write beyond an array is the business of other tests.

use std::collections::{BTreeMap, BTreeSet};

use super::listing::{Function, Instruction, Listing, Memory, Operand, Pointer};

/// What a general register may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Public,
    /// The pointer to the batch.
    Batch,
    /// What a pointer of the program holds, by the pointer's address.
    Pointer(u64),
    Secret,
}

impl Value {
    fn join(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Secret, _) | (_, Self::Secret) => Self::Secret,
            _ => Self::Public,
        }
    }

    /// The result of arithmetic on a value.
    fn computed(self) -> Self {
        match self {
            Self::Secret => Self::Secret,
            _ => Self::Public,
        }
    }
}

/// The registers, the flags, and the slots of the frame, by their distance from the
/// stack pointer, with their lengths; what is not there is secret.
#[derive(Clone, PartialEq)]
struct State {
    registers: BTreeMap<&'static str, Value>,
    vectors: [Value; 40],
    slots: BTreeMap<i64, (i64, Value)>,
    flags: Value,
}

impl State {
    fn at_entry() -> Self {
        Self {
            registers: BTreeMap::from([("rsp", Value::Public), ("rdi", Value::Batch)]),
            vectors: [Value::Secret; 40],
            slots: BTreeMap::new(),
            flags: Value::Secret,
        }
    }

    /// The same registers above another frame.
    fn in_callee(&self) -> Self {
        Self {
            slots: BTreeMap::new(),
            ..self.clone()
        }
    }

    fn get(&self, register: &str) -> Value {
        self.registers
            .get(register)
            .copied()
            .unwrap_or(Value::Secret)
    }

    fn set(&mut self, register: &'static str, value: Value) {
        if register != "rsp" {
            self.registers.insert(register, value);
        }
    }

    /// Joins another state in; tells whether that changed anything.
    fn join(&mut self, other: &Self) -> bool {
        let before = self.clone();
        self.flags = self.flags.join(other.flags);
        for (register, value) in &mut self.registers {
            *value = value.join(other.get(register));
        }
        for (value, other) in self.vectors.iter_mut().zip(&other.vectors) {
            *value = value.join(*other);
        }
        self.slots.retain(|slot, (length, value)| {
            let known = other.slots.get(slot).filter(|known| known.0 == *length);
            known
                .inspect(|known| *value = value.join(known.1))
                .is_some()
        });
        *self != before
    }
}

/// What copies or fills memory: its arguments must be public.
const MEMORY_FUNCTIONS: [&str; 3] = ["memcpy", "memmove", "memset"];

/// The length in bytes of a general register and of a slot.
const WORD: i64 = 8;

const UNKNOWN: &str = "an unknown function";

/// What a function that only panics has in its name.
const PANICS: [&str; 5] = [
    "core::panicking",
    "slice_index_fail",
    "len_mismatch_fail",
    "slice_start_index",
    "slice_end_index",
];

/// What came of following a function and those of the crate that it calls.
pub struct Flow {
    /// What was found, in words.
    pub found: BTreeSet<String>,
    /// The functions of the crate that were called, by the addresses of the calls.
    pub calls: BTreeMap<u64, u64>,
}

impl Flow {
    /// Follows the function at an address.
    pub fn of(listing: &Listing, function: u64) -> Self {
        let mut analysis = Analysis {
            listing,
            found: BTreeSet::new(),
            calls: BTreeMap::new(),
            seen: Vec::new(),
        };
        analysis.follow(function, State::at_entry());
        Self {
            found: analysis.found,
            calls: analysis.calls,
        }
    }
}

struct Analysis<'a> {
    listing: &'a Listing,
    found: BTreeSet<String>,
    calls: BTreeMap<u64, u64>,
    /// The functions followed, each with the state at its entry.
    seen: Vec<(u64, State)>,
}

impl Analysis<'_> {
    /// Follows all paths of a function until no state changes. States only rise, so
    /// what is found once stays.
    fn follow(&mut self, address: u64, entry: State) {
        if self.seen.contains(&(address, entry.clone())) {
            return;
        }
        self.seen.push((address, entry.clone()));
        let function = &self.listing.functions[&address];
        let targets = function.code.iter().filter(|i| is_jump(i));
        let targets: BTreeSet<u64> = targets.filter_map(|jump| jump.target).collect();
        let mut states = BTreeMap::from([(address, entry)]);
        let mut work = vec![address];
        while let Some(start) = work.pop() {
            let mut state = states[&start].clone();
            let place = function.code.partition_point(|i| i.address < start);
            for instruction in &function.code[place..] {
                if instruction.address != start && targets.contains(&instruction.address) {
                    arrive(instruction.address, &state, &mut states, &mut work);
                    break;
                }
                let falls_through = self.step(function, instruction, &mut state);
                if let (true, Some(target)) = (is_jump(instruction), instruction.target)
                    && contains(function, target)
                {
                    arrive(target, &state, &mut states, &mut work);
                }
                if !falls_through {
                    break;
                }
            }
        }
    }

    /// Does one instruction; tells whether the next one may follow.
    fn step(&mut self, function: &Function, instruction: &Instruction, state: &mut State) -> bool {
        let mnemonic = instruction.mnemonic.as_str();
        let mut report = |what: &str| {
            let place = instruction.address;
            self.found.insert(format!(
                "{what}: {mnemonic} at {place:#x} in {}",
                function.name
            ));
        };
        if mnemonic.contains("nop") {
            return true;
        }
        for operand in &instruction.operands {
            if let Operand::Memory(memory) = operand {
                if memory.vector_index {
                    report("a gather or scatter");
                }
                let secret = |register: &&str| state.get(register) == Value::Secret;
                if mnemonic != "lea" && memory.registers.iter().any(secret) {
                    report("an address depends on a secret");
                }
            }
        }
        if mnemonic.starts_with("div") || mnemonic.starts_with("idiv") {
            report("a division");
        }
        if is_jump(instruction) {
            if !instruction.operands.is_empty() {
                report("an indirect jump");
            } else if mnemonic != "jmp" && state.flags == Value::Secret {
                report("a branch depends on a secret");
            }
            let inside = instruction
                .target
                .is_some_and(|target| contains(function, target));
            if !inside && instruction.operands.is_empty() {
                self.call(function, instruction, state);
            }
            return mnemonic != "jmp";
        }
        if mnemonic.starts_with("call") {
            return self.call(function, instruction, state);
        }
        if mnemonic.starts_with("rep ") {
            let source = if mnemonic.contains("stos") {
                "rdi"
            } else {
                "rsi"
            };
            let arguments = ["rdi", source, "rcx"];
            if arguments
                .iter()
                .any(|register| state.get(register) == Value::Secret)
            {
                report("an address or a length depends on a secret");
            }
            return true;
        }
        if mnemonic.starts_with("ret") || mnemonic == "ud2" {
            return false;
        }
        transfer(instruction, state);
        true
    }

    /// Does a call, or a jump out of the function; tells whether it may return.
    fn call(&mut self, function: &Function, instruction: &Instruction, state: &mut State) -> bool {
        let (name, address) = self.callee(instruction, state);
        let copies = MEMORY_FUNCTIONS.contains(&name);
        let panics = PANICS.iter().any(|part| name.contains(part));
        match address {
            _ if panics => return false,
            Some(address) if name.contains("mls_lanes::") => {
                self.calls.insert(instruction.address, address);
                self.follow(address, state.in_callee());
            }
            _ if copies => {
                // The second argument of memset is a value, not an address.
                let source = if name == "memset" { "rdi" } else { "rsi" };
                let arguments = ["rdi", source, "rdx"];
                if arguments
                    .iter()
                    .any(|register| state.get(register) == Value::Secret)
                {
                    let found = format!("{name} with a secret length in {}", function.name);
                    self.found.insert(found);
                }
            }
            _ => {
                let found = format!("a call to {name} in {}", function.name);
                self.found.insert(found);
            }
        }
        state.vectors = [Value::Secret; 40];
        for register in ["rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11"] {
            state.set(register, Value::Secret);
        }
        // What copies or fills returns its destination.
        state.set("rax", if copies { Value::Public } else { Value::Secret });
        state.flags = Value::Secret;
        true
    }

    /// The name of what is called, and its address if it is part of the program.
    fn callee(&self, instruction: &Instruction, state: &State) -> (&str, Option<u64>) {
        let place = match instruction.operands.first() {
            Some(Operand::General(register)) => match state.get(register) {
                Value::Pointer(place) => Some(place),
                _ => return (UNKNOWN, None),
            },
            Some(Operand::Memory(memory)) if memory.relative => instruction.target,
            Some(_) => return (UNKNOWN, None),
            None => None,
        };
        let address = match place.map(|place| self.listing.pointers.get(&place)) {
            Some(Some(Pointer::Import(name))) => return (name, None),
            Some(Some(Pointer::Address(address))) => Some(*address),
            Some(None) => None,
            None => instruction.target,
        };
        let called = address.and_then(|address| self.listing.functions.get(&address));
        let name = called.map(|function| function.name.trim_end_matches("@plt"));
        (name.unwrap_or(UNKNOWN), address)
    }
}

/// Joins a state into that at the target of a jump, which is to be followed again if
/// that changed it.
fn arrive(target: u64, state: &State, states: &mut BTreeMap<u64, State>, work: &mut Vec<u64>) {
    let changed = match states.get_mut(&target) {
        Some(known) => known.join(state),
        None => {
            states.insert(target, state.clone());
            true
        }
    };
    if changed {
        work.push(target);
    }
}

fn contains(function: &Function, address: u64) -> bool {
    let (first, last) = (function.code.first(), function.code.last());
    first.is_some_and(|first| first.address <= address)
        && last.is_some_and(|last| address <= last.address)
}

fn is_jump(instruction: &Instruction) -> bool {
    instruction.mnemonic.starts_with('j')
}

/// Updates registers, flags and slots by an instruction that neither jumps nor calls.
fn transfer(instruction: &Instruction, state: &mut State) {
    let mnemonic = instruction.mnemonic.as_str();
    let Some((destination, sources)) = instruction.operands.split_last() else {
        // Without operands: sign extensions of rax, and what clears the upper halves.
        if ["cqto", "cltq", "cltd", "cwtl"].contains(&mnemonic) {
            state.set("rdx", state.get("rax").computed());
        }
        return;
    };
    if mnemonic.starts_with("pop") {
        if let Operand::General(register) = destination {
            state.set(register, Value::Secret);
        }
        return;
    }
    let source = sources
        .iter()
        .map(|source| read(instruction, source, state))
        .reduce(Value::join)
        .unwrap_or(Value::Public);
    let old = read(instruction, destination, state);
    let value = match kind(mnemonic) {
        _ if is_partial(instruction) => Value::Secret,
        Kind::Move if is_vector(mnemonic) => combined(instruction, source),
        Kind::Move => source,
        Kind::Address => address(sources, state),
        Kind::Compare => source.join(old),
        Kind::Conditional => source.join(old).join(state.flags),
        Kind::Set => state.flags,
        Kind::Other if clears(mnemonic, &instruction.operands) => Value::Public,
        Kind::Other => source.computed().join(old.computed()),
    };
    match kind(mnemonic) {
        Kind::Move | Kind::Address | Kind::Set => (),
        Kind::Compare => {
            state.flags = value.computed();
            return;
        }
        Kind::Conditional => (),
        Kind::Other => state.flags = value.computed(),
    }
    let length = length(instruction);
    write(destination, value, length, state);
    if mnemonic.starts_with("xchg") || mnemonic.starts_with("mulx") {
        for operand in sources {
            write(operand, value, length, state);
        }
    }
    let multiplies = mnemonic.starts_with("mul") || mnemonic.starts_with("imul");
    if multiplies && sources.is_empty() {
        let value = value.join(state.get("rax").computed());
        state.set("rax", value);
        state.set("rdx", value);
    }
}

fn is_vector(mnemonic: &str) -> bool {
    mnemonic.starts_with(['v', 'k'])
}

/// What a vector instruction makes of its sources.
fn combined(instruction: &Instruction, source: Value) -> Value {
    let [first, second, _] = &instruction.operands[..] else {
        return source.computed();
    };
    let clears = instruction.mnemonic.starts_with("vpxor") || instruction.mnemonic == "vxorps";
    if clears && first == second {
        Value::Public
    } else {
        source.computed()
    }
}

enum Kind {
    Move,
    Address,
    Compare,
    /// Depends on the flags besides its operands.
    Conditional,
    /// Depends on the flags alone.
    Set,
    Other,
}

fn kind(mnemonic: &str) -> Kind {
    match mnemonic {
        "lea" => Kind::Address,
        _ if mnemonic.starts_with("mov") || mnemonic.starts_with("push") => Kind::Move,
        _ if mnemonic.starts_with("cmov") || mnemonic.starts_with("adc") => Kind::Conditional,
        _ if mnemonic.starts_with("sbb") || mnemonic.starts_with("rc") => Kind::Conditional,
        _ if mnemonic.starts_with("set") => Kind::Set,
        _ if mnemonic.starts_with("cmp") || mnemonic.starts_with("test") => Kind::Compare,
        "bt" | "kortestb" | "kortestw" | "kortestq" | "ktestb" | "vptest" => Kind::Compare,
        "vtestps" | "vtestpd" | "vucomisd" | "vucomiss" | "vcomisd" => Kind::Compare,
        _ if mnemonic.starts_with('v') || mnemonic.starts_with('k') => Kind::Move,
        _ => Kind::Other,
    }
}

/// Whether the result does not depend on what the register held.
fn clears(mnemonic: &str, operands: &[Operand]) -> bool {
    mnemonic.starts_with("xor") && operands.len() == 2 && operands[0] == operands[1]
}

/// What the address of an operand is made of.
fn address(sources: &[Operand], state: &State) -> Value {
    let Some(Operand::Memory(memory)) = sources.first() else {
        return Value::Secret;
    };
    let parts = memory.registers.iter().map(|r| state.get(r).computed());
    parts.reduce(Value::join).unwrap_or(Value::Public)
}

fn read(instruction: &Instruction, operand: &Operand, state: &State) -> Value {
    match operand {
        Operand::Immediate => Value::Public,
        Operand::General(register) => state.get(register),
        Operand::Vector(register, _) => state.vectors[*register],
        Operand::Memory(memory) if memory.relative => {
            instruction.target.map_or(Value::Public, Value::Pointer)
        }
        Operand::Memory(memory) => load(memory, length(instruction), state),
    }
}

fn load(memory: &Memory, length: i64, state: &State) -> Value {
    match memory.registers[..] {
        ["rsp"] if !memory.indexed => {
            let slot = state.slots.get(&memory.displacement);
            let whole = slot.filter(|(stored, _)| length <= *stored);
            whole.map_or(Value::Secret, |(_, value)| *value)
        }
        [base] if !memory.indexed && state.get(base) == Value::Batch => Value::Public,
        _ => Value::Secret,
    }
}

/// Stores so many bytes at most to a register or to a slot.
fn write(destination: &Operand, value: Value, length: i64, state: &mut State) {
    match destination {
        Operand::General(register) => state.set(register, value),
        Operand::Vector(register, _) => state.vectors[*register] = value,
        Operand::Memory(memory) if memory.registers == ["rsp"] && !memory.indexed => {
            let first = memory.displacement;
            let apart = |slot: i64, stored: i64| first + length <= slot || slot + stored <= first;
            state
                .slots
                .retain(|slot, (stored, _)| apart(*slot, *stored));
            if length >= WORD && value != Value::Secret {
                state.slots.insert(first, (length, value));
            }
        }
        _ => (),
    }
}

/// How many bytes an instruction moves; a store of less than a word, and of part of
/// a vector, counts as secret.
fn length(instruction: &Instruction) -> i64 {
    let mnemonic = instruction.mnemonic.as_str();
    if ["vmovq", "vmovd", "vpextrq", "vpextrd", "vmovlps", "vmovhps"].contains(&mnemonic) {
        return WORD;
    }
    let lengths = instruction.operands.iter().map(|operand| match operand {
        Operand::Vector(_, length) => *length,
        _ if instruction.whole_words => WORD,
        _ => WORD - 1,
    });
    lengths.max().unwrap_or(WORD)
}

/// Whether a vector or mask instruction stores less than its register, or keeps some
/// of what its destination held.
fn is_partial(instruction: &Instruction) -> bool {
    const MERGING: [&str; 5] = ["vpmadd52", "vpternlog", "vpermt2", "vpermi2", "vfm"];
    const STORES: [&str; 4] = ["vmovdq", "vmovap", "vmovup", "vmovq"];
    let starts = |prefixes: &[&str]| prefixes.iter().any(|p| instruction.mnemonic.starts_with(p));
    let stores = matches!(instruction.operands.last(), Some(Operand::Memory(_)));
    let is_vector = is_vector(&instruction.mnemonic);
    instruction.masked || starts(&MERGING) || is_vector && stores && !starts(&STORES)
}

//! The functions of a program, as objdump (GNU binutils) prints them.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    process::Command,
};

/// One instruction in AT&T syntax: sources first, the destination last.
pub struct Instruction {
    pub address: u64,
    pub mnemonic: String,
    pub operands: Vec<Operand>,
    /// Whether it works on general registers as a whole, 64 bits of them.
    pub whole_words: bool,
    /// Whether a mask chooses what is written.
    pub masked: bool,
    /// The address that a jump, a call or an operand relative to the program counter means.
    pub target: Option<u64>,
}

/// An operand. General registers have their 64-bit names.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Immediate,
    General(&'static str),
    /// A vector register (0 to 31) or a mask register (from 32 on), and its bytes.
    Vector(usize, i64),
    Memory(Memory),
}

/// A memory operand.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    pub displacement: i64,
    /// The base and the index, those that there are.
    pub registers: Vec<&'static str>,
    pub indexed: bool,
    pub relative: bool,
    /// Whether a vector of addresses is the index: a gather or a scatter.
    pub vector_index: bool,
}

pub struct Function {
    pub name: String,
    pub code: Vec<Instruction>,
}

/// The functions of a program by their address, and what its loader fills in.
pub struct Listing {
    pub functions: BTreeMap<u64, Function>,
    /// The pointers that the loader fills in.
    pub pointers: HashMap<u64, Pointer>,
}

/// What a pointer of the program points to.
pub enum Pointer {
    /// A function of another library.
    Import(String),
    Address(u64),
}

impl Listing {
    /// Disassembles a program.
    pub fn of(program: &Path) -> Self {
        let code = objdump(
            &["--disassemble", "--demangle", "--no-show-raw-insn"],
            program,
        );
        let relocations = objdump(&["--dynamic-reloc"], program);
        Self {
            functions: functions(&code),
            pointers: relocations.lines().filter_map(pointer).collect(),
        }
    }

    /// The functions of the program that a function calls or jumps to.
    pub fn calls(&self, function: &Function) -> impl Iterator<Item = u64> {
        let targets = function.code.iter().filter_map(|instruction| {
            let is_call = instruction.mnemonic.starts_with(['c', 'j', 'l', 'm']);
            let target = instruction.target.filter(|_| is_call)?;
            match self.pointers.get(&target) {
                Some(Pointer::Address(address)) => Some(*address),
                _ => Some(target),
            }
        });
        targets.filter(|target| self.functions.contains_key(target))
    }

    /// The only function whose name satisfies a condition.
    pub fn find(&self, what: &str, condition: impl Fn(&str) -> bool) -> u64 {
        let found = self.functions.iter();
        let found: Vec<_> = found.filter(|(_, f)| condition(&f.name)).collect();
        let names: Vec<_> = found.iter().map(|(_, function)| &function.name).collect();
        assert_eq!(found.len(), 1, "{what}: found {names:?}");
        *found[0].0
    }
}

fn objdump(arguments: &[&str], program: &Path) -> String {
    let output = Command::new("objdump")
        .args(arguments)
        .arg(program)
        .output()
        .unwrap_or_else(|error| panic!("objdump does not run: {error} (apt-get install binutils)"));
    assert!(output.status.success(), "objdump {arguments:?} failed");
    String::from_utf8(output.stdout).expect("objdump prints UTF-8")
}

fn functions(text: &str) -> BTreeMap<u64, Function> {
    let mut functions = BTreeMap::new();
    let mut current: Option<&mut Function> = None;
    for line in text.lines() {
        if let Some((address, name)) = heading(line) {
            let function = Function {
                name: name.to_owned(),
                code: Vec::new(),
            };
            current = Some(functions.entry(address).or_insert(function));
        } else if let (Some(function), Some(instruction)) = (&mut current, instruction(line)) {
            function.code.push(instruction);
        }
    }
    functions
}

/// `0000000000001000 <name>:`
fn heading(line: &str) -> Option<(u64, &str)> {
    let (address, name) = line.strip_suffix(">:")?.split_once(" <")?;
    Some((u64::from_str_radix(address, 16).ok()?, name))
}

/// `1000: vpaddq 0x20(%rsp,%rax,8),%ymm0,%ymm1`, perhaps with a comment.
fn instruction(line: &str) -> Option<Instruction> {
    let (address, text) = line.trim_start().split_once(":\t")?;
    let address = u64::from_str_radix(address, 16).ok()?;
    let (text, comment) = text.split_once('#').unwrap_or((text, ""));
    let mut words = text.split_whitespace();
    const PREFIXES: [&str; 8] = [
        "bnd", "notrack", "data16", "cs", "addr32", "rep", "repz", "lock",
    ];
    let mut mnemonic = words.next()?;
    let mut repeated = false;
    while PREFIXES.contains(&mnemonic) {
        repeated |= mnemonic.starts_with("rep");
        mnemonic = words.next().unwrap_or("nop");
    }
    let rest = words.collect::<Vec<_>>().join(" ");
    let operands = rest.split(" <").next().unwrap_or("");
    let is_jump = mnemonic.starts_with('j') || mnemonic.starts_with("call");
    let (operands, target) = if is_jump && !operands.starts_with('*') {
        (Vec::new(), u64::from_str_radix(operands, 16).ok())
    } else {
        let target = comment.split_whitespace().next();
        let target = target.and_then(|target| u64::from_str_radix(target, 16).ok());
        (split(operands).map(operand).collect(), target)
    };
    let mnemonic = if repeated {
        format!("rep {mnemonic}")
    } else {
        mnemonic.to_owned()
    };
    let is_vector = mnemonic.starts_with(['v', 'k']);
    let whole_words = mnemonic.ends_with('q') && !is_vector || names_whole_register(&rest);
    Some(Instruction {
        address,
        mnemonic,
        whole_words,
        masked: rest.contains("{%k"),
        operands,
        target,
    })
}

/// Splits at the commas outside of parentheses.
fn split(operands: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    operands
        .split(move |character| {
            match character {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => (),
            }
            character == ',' && depth == 0
        })
        .filter(|operand| !operand.is_empty())
}

fn operand(text: &str) -> Operand {
    let text = text.trim_start_matches('*');
    if text.starts_with('$') {
        return Operand::Immediate;
    }
    if let Some(register) = text.strip_prefix('%') {
        let register = register.split(['{', ':']).next().unwrap_or(register);
        if !text.contains('(') {
            return match general(register) {
                Some(register) => Operand::General(register),
                None => vector(register),
            };
        }
    }
    memory(text)
}

/// `xmm7`, `ymm7`, `zmm7` are parts of one register; `k1` is a mask.
fn vector(name: &str) -> Operand {
    let number = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    let number: usize = number.parse().unwrap_or(0);
    match name.as_bytes()[0] {
        b'k' => Operand::Vector(32 + number, 8),
        b'x' => Operand::Vector(number, 16),
        b'y' => Operand::Vector(number, 32),
        _ => Operand::Vector(number, 64),
    }
}

/// `0x20(%rsp,%rax,8)`, `0x20(%rip)`, `%fs:0x0`.
fn memory(text: &str) -> Operand {
    let (displacement, rest) = text.split_once('(').unwrap_or((text, ""));
    let inside = rest.split(')').next().unwrap_or("");
    let names: Vec<_> = inside
        .split(',')
        .filter_map(|name| name.trim().strip_prefix('%'))
        .collect();
    Operand::Memory(Memory {
        displacement: number(displacement).unwrap_or(0),
        registers: names.iter().filter_map(|name| general(name)).collect(),
        indexed: inside.contains(','),
        relative: names.contains(&"rip"),
        vector_index: names.iter().any(|name| name.contains("mm")),
    })
}

fn number(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let magnitude = i64::from_str_radix(digits.strip_prefix("0x")?, 16).ok()?;
    Some(if negative { -magnitude } else { magnitude })
}

/// The 64-bit registers, each with the names of its parts.
const GENERAL: [(&str, &[&str]); 16] = [
    ("rax", &["eax", "ax", "al", "ah"]),
    ("rbx", &["ebx", "bx", "bl", "bh"]),
    ("rcx", &["ecx", "cx", "cl", "ch"]),
    ("rdx", &["edx", "dx", "dl", "dh"]),
    ("rsi", &["esi", "si", "sil"]),
    ("rdi", &["edi", "di", "dil"]),
    ("rbp", &["ebp", "bp", "bpl"]),
    ("rsp", &["esp", "sp", "spl"]),
    ("r8", &["r8d", "r8w", "r8b"]),
    ("r9", &["r9d", "r9w", "r9b"]),
    ("r10", &["r10d", "r10w", "r10b"]),
    ("r11", &["r11d", "r11w", "r11b"]),
    ("r12", &["r12d", "r12w", "r12b"]),
    ("r13", &["r13d", "r13w", "r13b"]),
    ("r14", &["r14d", "r14w", "r14b"]),
    ("r15", &["r15d", "r15w", "r15b"]),
];

/// Whether an operand outside of an address is a 64-bit register.
fn names_whole_register(operands: &str) -> bool {
    split(operands)
        .filter_map(|operand| operand.strip_prefix('%'))
        .any(|name| GENERAL.iter().any(|(whole, _)| *whole == name))
}

fn general(name: &str) -> Option<&'static str> {
    let mut rows = GENERAL.iter();
    rows.find(|(whole, parts)| *whole == name || parts.contains(&name))
        .map(|(whole, _)| *whole)
}

/// `0000000000123456 R_X86_64_GLOB_DAT  memcpy@GLIBC_2.14`
fn pointer(line: &str) -> Option<(u64, Pointer)> {
    let mut words = line.split_whitespace();
    let place = u64::from_str_radix(words.next()?, 16).ok()?;
    let pointer = match (words.next()?, words.next()?) {
        ("R_X86_64_RELATIVE", address) => {
            let address = address.strip_prefix("*ABS*+0x")?;
            Pointer::Address(u64::from_str_radix(address, 16).ok()?)
        }
        ("R_X86_64_GLOB_DAT" | "R_X86_64_JUMP_SLOT", name) => {
            Pointer::Import(name.split('@').next()?.to_owned())
        }
        _ => return None,
    };
    Some((place, pointer))
}

//! Which instructions a kernel's hottest loop is made of.

use std::fmt;

use super::flow::Flow;
use super::listing::{Function, Instruction, Listing, Operand};

/// How many instructions of each class.
#[derive(Default)]
pub struct Mix {
    pub multiply: usize,
    pub add: usize,
    pub shift: usize,
    pub logic: usize,
    pub choose: usize,
    pub load: usize,
    pub store: usize,
    pub other: usize,
    pub calls: usize,
}

impl Mix {
    pub const HEADING: &str = "multiply    add  shift  logic choose   load  store  other  calls";

    /// Counts code with the functions of the crate that it calls.
    fn add(&mut self, listing: &Listing, flow: &Flow, code: &[Instruction]) {
        for instruction in code {
            *self.class(instruction) += 1;
            if let Some(called) = flow.calls.get(&instruction.address) {
                self.add(listing, flow, &listing.functions[called].code);
            }
        }
    }

    fn class(&mut self, instruction: &Instruction) -> &mut usize {
        let mnemonic = instruction.mnemonic.as_str();
        let starts = |prefixes: &[&str]| prefixes.iter().any(|p| mnemonic.starts_with(p));
        match instruction.operands.last() {
            _ if mnemonic.starts_with("call") => &mut self.calls,
            _ if is_multiplication(instruction) => &mut self.multiply,
            _ if starts(&["vpadd", "vpsub"]) => &mut self.add,
            _ if starts(&["vpsll", "vpsrl", "vpsra"]) => &mut self.shift,
            _ if starts(&["vpand", "vpor", "vpxor", "vpternlog", "vpcmp", "vptest"]) => {
                &mut self.logic
            }
            _ if starts(&["vpblend", "vblend", "vperm", "vpshuf", "vpunpck"]) => &mut self.choose,
            Some(Operand::Memory(_)) if starts(&["vmov"]) => &mut self.store,
            _ if starts(&["vmov", "vpbroadcast", "vbroadcast"]) => &mut self.load,
            _ => &mut self.other,
        }
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            self.add,
            self.shift,
            self.logic,
            self.choose,
            self.load,
            self.store,
            self.other,
            self.calls,
        ];
        write!(f, "{:8}", self.multiply)?;
        counts.iter().try_for_each(|count| write!(f, "{count:7}"))
    }
}

fn is_multiplication(instruction: &Instruction) -> bool {
    let mnemonic = &instruction.mnemonic;
    mnemonic.starts_with("vpmadd52") || mnemonic.starts_with("vpmuludq")
}

/// The loop without a loop in it that has the most multiplications, those of the
/// functions that it calls included: from the target of a backward jump to the jump.
pub fn hottest_loop(listing: &Listing, flow: &Flow, function: &Function) -> Mix {
    let first = function.code[0].address;
    let mut loops: Vec<(u64, u64)> = function
        .code
        .iter()
        .filter(|instruction| instruction.mnemonic.starts_with('j'))
        .filter_map(|jump| Some((jump.target?, jump.address)))
        .filter(|(target, jump)| first <= *target && target <= jump)
        .collect();
    loops.sort_by_key(|(target, jump)| jump - target);
    let mix = |(target, jump): &(u64, u64)| {
        let start = function.code.partition_point(|i| i.address < *target);
        let end = function.code.partition_point(|i| i.address <= *jump);
        let mut mix = Mix::default();
        mix.add(listing, flow, &function.code[start..end]);
        mix
    };
    let busy = loops.iter().map(|range| (range, mix(range)));
    let busy: Vec<_> = busy.filter(|(_, mix)| mix.multiply > 0).collect();
    let innermost = (0..busy.len()).filter(|&i| {
        let (target, jump) = busy[i].0;
        let inside = |other: &(u64, u64)| target <= &other.0 && other.1 <= *jump;
        !busy[..i].iter().any(|(other, _)| inside(other))
    });
    let hottest = innermost.max_by_key(|&i| busy[i].1.multiply);
    hottest.map_or_else(Mix::default, |i| mix(busy[i].0))
}

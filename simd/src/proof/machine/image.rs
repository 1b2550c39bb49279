//! The code and the data of a library as cargo leaves it, placed as a linker would.

use std::collections::{BTreeMap, HashMap};

use object::{
    Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags, RelocationTarget,
    SectionIndex, SectionKind, SymbolIndex, elf,
    read::{archive::ArchiveFile, elf::ElfFile64},
};

type Elf<'a> = ElfFile64<'a, object::Endianness>;

/// Where the first section is placed.
const START: u64 = 0x1000_0000;
/// Where the functions of other libraries would be.
const IMPORTS: u64 = 0x7000_0000;
/// Where the pointers are that code calls through.
const POINTERS: u64 = 0x6000_0000;
const ALIGNMENT: u64 = 64;

/// Sections at their addresses, and what is found there.
pub(crate) struct Image {
    /// By their first address.
    sections: BTreeMap<u64, Vec<u8>>,
    /// The functions and constants that have a name.
    symbols: BTreeMap<String, u64>,
    /// The functions of other libraries, by the addresses that stand for them.
    imports: BTreeMap<u64, String>,
    pointers: HashMap<u64, u64>,
}

impl Image {
    /// Places a library (`.rlib`).
    pub(crate) fn of(library: &[u8]) -> Self {
        let mut image = Self {
            sections: BTreeMap::new(),
            symbols: BTreeMap::new(),
            imports: BTreeMap::new(),
            pointers: HashMap::new(),
        };
        let archive = ArchiveFile::parse(library).expect("a library is an archive");
        let members = archive.members().map(|member| {
            let member = member.expect("a library has members");
            member.data(library).expect("a member has data")
        });
        let objects: Vec<Elf<'_>> = members.filter_map(|data| Elf::parse(data).ok()).collect();
        let places: Vec<_> = objects.iter().map(|object| image.place(object)).collect();
        for (object, places) in objects.iter().zip(&places) {
            image.relocate(object, places);
        }
        image
    }

    /// Copies the sections that are loaded; their addresses.
    fn place(&mut self, object: &Elf<'_>) -> HashMap<SectionIndex, u64> {
        let mut places = HashMap::new();
        for section in object.sections() {
            let loaded = matches!(
                section.kind(),
                SectionKind::Text
                    | SectionKind::ReadOnlyData
                    | SectionKind::ReadOnlyString
                    | SectionKind::ReadOnlyDataWithRel
                    | SectionKind::Data
            );
            let data = section.data().expect("a section has data");
            if !loaded || data.is_empty() {
                continue;
            }
            let end = self.sections.last_key_value();
            let end = end.map_or(START, |(start, bytes)| start + bytes.len() as u64);
            let alignment = section.align().max(ALIGNMENT);
            // Nothing is read across a gap.
            let address = (end + 1).next_multiple_of(alignment);
            places.insert(section.index(), address);
            self.sections.insert(address, data.to_vec());
        }
        for symbol in object.symbols() {
            let place = symbol.section_index().and_then(|index| places.get(&index));
            if let (Ok(name), Some(place)) = (symbol.name(), place)
                && !name.is_empty()
            {
                self.symbols
                    .insert(name.to_owned(), place + symbol.address());
            }
        }
        places
    }

    fn relocate(&mut self, object: &Elf<'_>, places: &HashMap<SectionIndex, u64>) {
        for section in object.sections() {
            let Some(place) = places.get(&section.index()) else {
                continue;
            };
            for (offset, relocation) in section.relocations() {
                let RelocationTarget::Symbol(symbol) = relocation.target() else {
                    panic!("a relocation without a symbol");
                };
                let RelocationFlags::Elf { r_type } = relocation.flags() else {
                    panic!("a relocation that is not ELF's");
                };
                let target = self.target(object, places, symbol);
                let target = match r_type {
                    elf::R_X86_64_GOTPCREL
                    | elf::R_X86_64_GOTPCRELX
                    | elf::R_X86_64_REX_GOTPCRELX => self.pointer(target),
                    _ => target,
                };
                let value = target.wrapping_add_signed(relocation.addend());
                let relative = value.wrapping_sub(place + offset);
                let bytes = self.sections.get_mut(place).expect("a placed section");
                let bytes = &mut bytes[offset as usize..];
                match r_type {
                    elf::R_X86_64_64 => bytes[..8].copy_from_slice(&value.to_le_bytes()),
                    elf::R_X86_64_PC32
                    | elf::R_X86_64_PLT32
                    | elf::R_X86_64_GOTPCREL
                    | elf::R_X86_64_GOTPCRELX
                    | elf::R_X86_64_REX_GOTPCRELX => {
                        bytes[..4].copy_from_slice(&(relative as u32).to_le_bytes());
                    }
                    other => panic!("a relocation of type {other:?} at {:#x}", place + offset),
                }
            }
        }
    }

    /// The address of a symbol.
    fn target(
        &mut self,
        object: &Elf<'_>,
        places: &HashMap<SectionIndex, u64>,
        index: SymbolIndex,
    ) -> u64 {
        let symbol = object.symbol_by_index(index).expect("a symbol");
        if let Some(place) = symbol.section_index().and_then(|index| places.get(&index)) {
            return place + symbol.address();
        }
        let name = symbol.name().expect("a symbol has a name");
        if let Some(address) = self.symbols.get(name) {
            return *address;
        }
        let known = self.imports.iter().find(|(_, known)| *known == name);
        match known {
            Some((address, _)) => *address,
            None => {
                let address = IMPORTS + ALIGNMENT * self.imports.len() as u64;
                self.imports.insert(address, name.to_owned());
                address
            }
        }
    }

    /// The address of a pointer to a target.
    fn pointer(&mut self, target: u64) -> u64 {
        let next = POINTERS + 16 * self.pointers.len() as u64;
        let address = *self.pointers.entry(target).or_insert(next);
        self.sections.insert(address, target.to_le_bytes().to_vec());
        address
    }

    /// What is loaded from an address on, up to the end of its section.
    pub(crate) fn from(&self, address: u64) -> Option<&[u8]> {
        let (start, bytes) = self.sections.range(..=address).next_back()?;
        bytes
            .get((address - start) as usize..)
            .filter(|bytes| !bytes.is_empty())
    }

    /// The name of a function of another library.
    pub(crate) fn import(&self, address: u64) -> Option<&str> {
        self.imports.get(&address).map(String::as_str)
    }

    /// The address of the only symbol whose name contains all the parts, one after the other.
    pub(crate) fn find(&self, parts: &[&str]) -> u64 {
        let contains = |name: &str| {
            let mut rest = Some(name);
            for part in parts {
                rest = rest
                    .and_then(|rest| rest.split_once(part))
                    .map(|(_, after)| after);
            }
            rest.is_some()
        };
        let found: Vec<_> = self
            .symbols
            .iter()
            .filter(|(name, _)| contains(name))
            .collect();
        assert_eq!(found.len(), 1, "{parts:?} is {found:x?}");
        *found[0].1
    }
}

//! A bug as data.

/// A bug that is planted into the source of the lanes.
#[derive(Debug)]
pub struct Mutant {
    /// The file, in `simd/src`.
    pub file: &'static str,
    /// What kind of bug it is.
    pub kind: Kind,
    /// What the file says, once.
    pub from: &'static str,
    /// What it says instead.
    pub to: &'static str,
    /// What that does.
    pub changes: Changes,
}

/// What a bug is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Constant,
    Carry,
    Limb,
    Mask,
    Shift,
    Bound,
    Sign,
    Select,
    Formula,
    Recoding,
    Table,
}

impl Kind {
    /// As a report says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Carry => "carry",
            Self::Limb => "limb",
            Self::Mask => "mask",
            Self::Shift => "shift",
            Self::Bound => "bound",
            Self::Sign => "sign",
            Self::Select => "select",
            Self::Formula => "formula",
            Self::Recoding => "recoding",
            Self::Table => "table",
        }
    }
}

/// What a bug is in: whoever planted it in the proofs has left the lanes as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What ships.
    Lanes,
    /// The models of instructions, and how machine code is read.
    Proofs,
}

/// What a bug does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// Some input has another result, or leaves a range: the proof has to fail.
    TheResult,
    /// No input has another result, for the reason given: it is no bug, and the proof has to hold.
    Nothing(&'static str),
}

/// A bug that changes the result.
pub const fn bug(file: &'static str, kind: Kind, from: &'static str, to: &'static str) -> Mutant {
    Mutant {
        file,
        kind,
        from,
        to,
        changes: Changes::TheResult,
    }
}

/// What looks like a bug, and is none.
pub const fn harmless(
    file: &'static str,
    kind: Kind,
    from: &'static str,
    to: &'static str,
    why: &'static str,
) -> Mutant {
    Mutant {
        changes: Changes::Nothing(why),
        ..bug(file, kind, from, to)
    }
}

impl Mutant {
    /// What the bug is in.
    pub fn part(&self) -> Part {
        match self.file.starts_with("proof/") {
            true => Part::Proofs,
            false => Part::Lanes,
        }
    }

    /// The file with the bug in it.
    ///
    /// # Errors
    /// That the file does not say `from` just once.
    pub fn planted_in(&self, source: &str) -> Result<String, String> {
        match source.matches(self.from).count() {
            1 => Ok(source.replacen(self.from, self.to, 1)),
            count => Err(format!("{}: {count} times {:?}", self.file, self.from)),
        }
    }
}

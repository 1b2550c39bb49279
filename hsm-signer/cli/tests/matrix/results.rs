//! What the drill found of each module: published in a file for each, and as the table in
//! `docs/modules.md`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mls_hsm_signer::Scheme;
use serde::{Deserialize, Serialize};

const DOCUMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");

/// Every module must be there where it is set, and `write` publishes what is found.
const VARIABLE: &str = "MLS_MATRIX";

const BEGIN: &str = "<!-- made by: cargo xtask tables modules -->\n";
const END: &str = "<!-- end of what is made -->\n";

/// The modules, in the order of the table.
const MODULES: [&str; 7] = [
    "SoftHSM",
    "kryoptic",
    "NSS softokn",
    "p11-kit to SoftHSM",
    "TPM 2.0, tpm2-abrmd",
    "TPM 2.0 alone",
    "opencryptoki",
];

/// The steps, in the order of the table.
const STEPS: [&str; 11] = [
    "token init",
    "keys generate",
    "keys import",
    "keys rotate",
    "keys retire",
    "keys destroy",
    "propose-remove",
    "doctor",
    "serve",
    "daemon killed and back",
    "third wrong PIN tried",
];

/// How a step ended.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Done,
    /// Why not.
    Refused(String),
    /// The module has nothing of the kind.
    NotThere,
}

impl Outcome {
    /// The first sentence of what was said.
    pub fn refused(said: &str) -> Self {
        let said = said.trim_start_matches("error: ");
        let ends = ["; ", ". ", " (", "\n"];
        let end = ends.iter().filter_map(|end| said.find(end)).min();
        Self::Refused(said[..end.unwrap_or(said.len())].into())
    }
}

/// What was found of one module.
#[derive(Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Results {
    /// What the module says of itself, which may differ from one machine to another.
    pub module: String,
    /// The row of quirks that holds.
    pub quirks: String,
    steps: BTreeMap<String, Outcome>,
    of_schemes: BTreeMap<String, BTreeMap<String, Outcome>>,
}

fn path(module: &str) -> PathBuf {
    let name = module
        .to_lowercase()
        .replace([' ', ','], "-")
        .replace("--", "-");
    PathBuf::from(format!("{DOCUMENTS}/modules/{name}.json"))
}

fn writes() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|value| value == "write")
}

/// Whether every module must be there.
pub fn is_wanted() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

impl Results {
    pub fn add(&mut self, step: &str, outcome: Outcome) {
        assert!(STEPS.contains(&step), "{step}");
        println!("  {step}: {outcome:?}");
        self.steps.insert(step.into(), outcome);
    }

    pub fn of_scheme(&mut self, step: &str, scheme: &Scheme, outcome: Outcome) {
        assert!(STEPS.contains(&step), "{step}");
        println!("  {step}, {}: {outcome:?}", scheme.title);
        let of_step = self.of_schemes.entry(step.into()).or_default();
        of_step.insert(scheme.name.into(), outcome);
    }

    /// Asserts that what is published of the module is this.
    pub fn are_published(&self, module: &str) {
        assert!(MODULES.contains(&module), "{module}");
        if writes() {
            let text = serde_json::to_string_pretty(self).unwrap() + "\n";
            std::fs::create_dir_all(path(module).parent().unwrap()).unwrap();
            std::fs::write(path(module), text).unwrap();
        }
        let published = Self::published(module);
        let found = (&self.quirks, &self.steps, &self.of_schemes);
        let there = (&published.quirks, &published.steps, &published.of_schemes);
        assert_eq!(
            found, there,
            "cargo xtask tables modules publishes what is found"
        );
    }

    fn published(module: &str) -> Self {
        let text = std::fs::read_to_string(path(module)).unwrap_or_else(|error| {
            panic!(
                "{}: {error}; cargo xtask tables modules",
                path(module).display()
            )
        });
        serde_json::from_str(&text).unwrap()
    }

    /// What the table says of a step.
    fn cell(&self, step: &str) -> String {
        if let Some(schemes) = self.of_schemes.get(step) {
            let done =
                Scheme::all_of_wire().filter(|s| schemes.get(s.name) == Some(&Outcome::Done));
            let titles: Vec<_> = done.map(short).collect();
            return if titles.is_empty() {
                "no".into()
            } else {
                titles.join(", ")
            };
        }
        match self.steps.get(step) {
            Some(Outcome::Done) => "yes".into(),
            Some(Outcome::Refused(_)) => "no".into(),
            Some(Outcome::NotThere) => "has none".into(),
            None => "-".into(),
        }
    }

    /// What it said where it could not.
    fn refusals(&self) -> Vec<String> {
        let mut refusals = Vec::new();
        for step in STEPS {
            if let Some(Outcome::Refused(why)) = self.steps.get(step) {
                refusals.push(format!("`{step}`: {why}"));
            }
            let of_step = self.of_schemes.get(step);
            for scheme in Scheme::all_of_wire() {
                if let Some(Outcome::Refused(why)) = of_step.and_then(|all| all.get(scheme.name)) {
                    refusals.push(format!("`{step}`, {}: {why}", short(scheme)));
                }
            }
        }
        refusals
    }
}

fn short(scheme: &Scheme) -> &str {
    scheme.title.trim_start_matches("ECDSA ")
}

/// The table, and below it what each module said where it could not.
fn table() -> String {
    let there = MODULES.into_iter().filter(|module| path(module).exists());
    let all: Vec<_> = there
        .map(|module| (module, Results::published(module)))
        .collect();
    let head: String = all
        .iter()
        .map(|(module, _)| format!(" {module} |"))
        .collect();
    let mut table = format!("| |{head}\n|---|{}\n", "---|".repeat(all.len()));
    for step in STEPS {
        let cells = all
            .iter()
            .map(|(_, results)| format!(" {} |", results.cell(step)));
        table += &format!("| {step} |{}\n", cells.collect::<String>());
    }
    table += "\nWhat was said where the answer is no, or a scheme is missing:\n";
    for (module, results) in &all {
        table += &format!("\n**{module}** ({})\n\n", results.module);
        let refusals = results.refusals();
        if refusals.is_empty() {
            table += "- nothing\n";
        }
        for refusal in refusals {
            table += &format!("- {refusal}\n");
        }
    }
    table + "\n"
}

/// Runs no module: the table is that of what is published of each.
#[test]
fn the_table_is_that_of_the_results() {
    let path = format!("{DOCUMENTS}/modules.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (there, after) = rest.split_once(END).unwrap();
    let table = format!("\n{}", table());
    if writes() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert!(
            there == table,
            "cargo xtask tables modules writes it:\n{table}"
        );
    }
}

//! Which CPU this is, what of it MLS can use, and who does.

mod features;
mod models;

use serde::{Deserialize, Serialize};

pub(crate) use features::maskable;
pub use features::{FEATURES, Feature};

use mls_lanes::Backend;

/// The CPU of a machine, as far as it can be told from inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cpu {
    /// The instruction set, as Rust names it: `x86_64`, `aarch64`.
    pub architecture: String,
    /// The model as the CPU names itself.
    pub model: String,
    /// The microarchitecture by family and model, `None` if it is not in our table.
    pub microarchitecture: Option<String>,
    /// The cores that this process may use.
    pub cores: usize,
    /// Whether a hypervisor says that it is there, and its name.
    pub hypervisor: Option<String>,
    /// The names of the [`FEATURES`] that the CPU and the operating system offer.
    pub features: Vec<String>,
    /// The names of the [`FEATURES`] that CPUs of this microarchitecture have, and that
    /// are not offered here.
    pub hidden: Vec<String>,
    /// The instruction set that our lanes run on.
    pub lanes: String,
}

impl Cpu {
    /// The CPU that this process runs on.
    pub fn detect() -> Self {
        let identity = models::identify();
        let is_offered = |feature: &&Feature| (feature.is_offered)();
        let names = |feature: &Feature| feature.name.to_owned();
        let features: Vec<String> = FEATURES.iter().filter(is_offered).map(names).collect();
        let expected = identity
            .microarchitecture
            .map_or(&[][..], |row| row.features);
        let is_hidden = |name: &&&str| !features.iter().any(|offered| offered == **name);
        Self {
            architecture: std::env::consts::ARCH.to_owned(),
            model: identity.model,
            microarchitecture: identity.microarchitecture.map(|row| row.name.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            hypervisor: identity.hypervisor,
            hidden: expected
                .iter()
                .filter(is_hidden)
                .map(|name| (*name).to_owned())
                .collect(),
            features,
            lanes: Backend::selected().map_or_else(
                |error| error.to_string(),
                |backend| backend.name().to_owned(),
            ),
        }
    }

    /// Whether the feature called `name` is offered.
    pub fn has(&self, name: &str) -> bool {
        self.features.iter().any(|feature| feature == name)
    }

    /// The features offered here that `library` uses, by the table of [`FEATURES`].
    pub fn used_by(&self, library: &str) -> Vec<String> {
        let uses = |feature: &&Feature| feature.users.iter().any(|user| user.starts_with(library));
        let used = FEATURES
            .iter()
            .filter(uses)
            .filter(|row| self.has(row.name));
        used.map(|feature| feature.name.to_owned()).collect()
    }

    /// The features that our lanes run on here: those of the backend that dispatch chose.
    pub fn used_by_lanes(&self) -> Vec<String> {
        let needed: &[&str] = match self.lanes.as_str() {
            "avx512ifma" => &["AVX-512", "AVX-512 IFMA"],
            "avx2" => &["AVX2"],
            _ => &[],
        };
        needed.iter().map(|&name| name.to_owned()).collect()
    }

    /// The model with its microarchitecture, each word once: hypervisors shorten
    /// models until many CPUs share one.
    pub fn described(&self) -> String {
        match &self.microarchitecture {
            Some(name) if !self.model.contains(name.as_str()) => format!("{} {name}", self.model),
            _ => self.model.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_cpu_has_a_model_and_cores_and_hides_nothing_that_it_offers() {
        let cpu = Cpu::detect();
        println!("{cpu:#?}");
        assert!(!cpu.model.is_empty());
        assert!(cpu.cores > 0);
        assert!(cpu.hidden.iter().all(|name| !cpu.has(name)));
        let known = |name: &String| FEATURES.iter().any(|feature| feature.name == name);
        assert!(cpu.features.iter().chain(&cpu.hidden).all(known));
        assert!(Backend::NAMES.contains(&cpu.lanes.as_str()));
        let used = cpu.used_by("AWS-LC");
        assert!(used.iter().all(|name| cpu.has(name)), "{used:?}");
        assert!(cpu.used_by_lanes().iter().all(|name| cpu.has(name)));
        assert_eq!(cpu.used_by("no library"), [""; 0]);
    }
}

//! Microarchitectures, and the features that their CPUs have.
//!
//! A hypervisor may hide what a CPU has. The family and the model it seldom hides, and
//! they say what should be there.

/// A row of [`MICROARCHITECTURES`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Microarchitecture {
    pub(super) name: &'static str,
    /// The names of rows of [`FEATURES`](super::FEATURES).
    pub(super) features: &'static [&'static str],
    #[cfg_attr(
        not(target_arch = "x86_64"),
        allow(dead_code, reason = "x86-64's identity")
    )]
    family: u8,
    /// The models of the family, or all.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        allow(dead_code, reason = "x86-64's identity")
    )]
    models: &'static [u8],
    #[cfg_attr(
        not(target_arch = "x86_64"),
        allow(dead_code, reason = "x86-64's identity")
    )]
    vendor: &'static str,
}

/// What a CPU says of itself.
pub(super) struct Identity {
    pub(super) model: String,
    pub(super) microarchitecture: Option<&'static Microarchitecture>,
    pub(super) hypervisor: Option<String>,
}

const HASWELL: &[&str] = &["AES-NI", "PCLMULQDQ", "AVX2"];
const BROADWELL: &[&str] = &["AES-NI", "PCLMULQDQ", "BMI2 and ADX", "AVX2"];
const SKYLAKE_SP: &[&str] = &["AES-NI", "PCLMULQDQ", "BMI2 and ADX", "AVX2", "AVX-512"];
const ZEN: &[&str] = &["AES-NI", "PCLMULQDQ", "SHA-NI", "BMI2 and ADX", "AVX2"];
const ZEN_3: &[&str] = &[
    "AES-NI",
    "PCLMULQDQ",
    "VAES",
    "SHA-NI",
    "BMI2 and ADX",
    "AVX2",
];
const EVERYTHING: &[&str] = &[
    "AES-NI",
    "PCLMULQDQ",
    "VAES",
    "SHA-NI",
    "BMI2 and ADX",
    "AVX2",
    "AVX-512",
    "AVX-512 IFMA",
];

const INTEL: &str = "GenuineIntel";
const AMD: &str = "AuthenticAMD";

const fn row(
    name: &'static str,
    vendor: &'static str,
    family: u8,
    models: &'static [u8],
    features: &'static [&'static str],
) -> Microarchitecture {
    Microarchitecture {
        name,
        features,
        family,
        models,
        vendor,
    }
}

/// By vendor, family and model: Intel's Software Developer's Manual, volume 4, table 2-1;
/// AMD's Processor Programming References.
#[cfg_attr(
    not(target_arch = "x86_64"),
    allow(dead_code, reason = "x86-64's identity")
)]
static MICROARCHITECTURES: &[Microarchitecture] = &[
    row("Haswell", INTEL, 6, &[0x3c, 0x3f, 0x45, 0x46], HASWELL),
    row("Broadwell", INTEL, 6, &[0x3d, 0x47, 0x4f, 0x56], BROADWELL),
    row(
        "Skylake",
        INTEL,
        6,
        &[0x4e, 0x5e, 0x8e, 0x9e, 0xa5, 0xa6],
        BROADWELL,
    ),
    row("Skylake-SP", INTEL, 6, &[0x55], SKYLAKE_SP),
    row("Ice Lake", INTEL, 6, &[0x6a, 0x6c, 0x7d, 0x7e], EVERYTHING),
    row("Tiger Lake", INTEL, 6, &[0x8c, 0x8d], EVERYTHING),
    row("Rocket Lake", INTEL, 6, &[0xa7], EVERYTHING),
    row(
        "Alder Lake",
        INTEL,
        6,
        &[0x97, 0x9a, 0xb7, 0xba, 0xbf],
        ZEN_3,
    ),
    row("Sapphire Rapids", INTEL, 6, &[0x8f], EVERYTHING),
    row("Emerald Rapids", INTEL, 6, &[0xcf], EVERYTHING),
    row("Granite Rapids", INTEL, 6, &[0xad, 0xae], EVERYTHING),
    row("Zen", AMD, 0x17, &[0x01, 0x08, 0x11, 0x18, 0x20], ZEN),
    row(
        "Zen 2",
        AMD,
        0x17,
        &[0x31, 0x60, 0x68, 0x71, 0x90, 0x98, 0xa0],
        ZEN,
    ),
    row(
        "Zen 3",
        AMD,
        0x19,
        &[0x00, 0x01, 0x08, 0x21, 0x40, 0x44, 0x50],
        ZEN_3,
    ),
    row(
        "Zen 4",
        AMD,
        0x19,
        &[0x11, 0x18, 0x61, 0x74, 0x75, 0x78, 0xa0],
        EVERYTHING,
    ),
    row("Zen 5", AMD, 0x1a, &[], EVERYTHING),
];

#[cfg(target_arch = "x86_64")]
pub(super) fn identify() -> Identity {
    use raw_cpuid::CpuId;

    let cpuid = CpuId::new();
    let vendor = cpuid.get_vendor_info();
    let vendor = vendor.as_ref().map_or("", |vendor| vendor.as_str());
    let numbers = cpuid.get_feature_info();
    let numbers = numbers.map(|info| (info.family_id(), info.model_id(), info.has_hypervisor()));
    let (family, model, is_guest) = numbers.unwrap_or((0, 0, false));
    let name = cpuid.get_processor_brand_string();
    let name = name.map(|name| name.as_str().trim().to_owned());
    let fallback = || format!("{vendor} family {family} model {model}");
    let hypervisor = || {
        let known = cpuid.get_hypervisor_info();
        known.map_or_else(
            || "unnamed".to_owned(),
            |info| format!("{:?}", info.identify()),
        )
    };
    Identity {
        model: name
            .filter(|name| !name.is_empty())
            .unwrap_or_else(fallback),
        microarchitecture: MICROARCHITECTURES.iter().find(|row| {
            let has_model = row.models.is_empty() || row.models.contains(&model);
            row.vendor == vendor && row.family == family && has_model
        }),
        hypervisor: is_guest.then(hypervisor),
    }
}

/// CPUs of other kinds have no CPUID; Linux passes on what they say, or their numbers.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn identify() -> Identity {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let numbers = || {
        let (implementer, part) = (field("CPU implementer")?, field("CPU part")?);
        Some(format!("implementer {implementer} part {part}"))
    };
    let unknown = || format!("{} CPU", std::env::consts::ARCH);
    Identity {
        model: field("model name").or_else(numbers).unwrap_or_else(unknown),
        microarchitecture: None,
        hypervisor: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::FEATURES;

    #[test]
    fn rows_name_features_and_share_no_model() {
        for row in MICROARCHITECTURES {
            for name in row.features {
                assert!(
                    FEATURES.iter().any(|feature| feature.name == *name),
                    "{name}"
                );
            }
            for model in row.models {
                let same = |other: &&Microarchitecture| {
                    (other.vendor, other.family) == (row.vendor, row.family)
                        && other.models.contains(model)
                };
                assert_eq!(MICROARCHITECTURES.iter().filter(same).count(), 1);
            }
        }
    }
}

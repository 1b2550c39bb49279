//! The operating environment: what runs this process, against what a certificate was tested on.

use std::collections::BTreeMap;
use std::fs;

use serde::Serialize;

use crate::affirmed_by;

/// An operating environment that is on a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TestedEnvironment {
    /// The operating system, as the certificate names it.
    pub os: &'static str,
    /// The processor, as the certificate names it.
    pub processor: &'static str,
    /// `ID` and `VERSION_ID` of its `/etc/os-release`.
    #[serde(skip)]
    os_release: [&'static str; 2],
    #[serde(skip)]
    mark: ProcessorMark,
}

/// By what a processor is told in `/proc/cpuinfo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProcessorMark {
    /// On x86-64, the `model name` has this in it.
    Model(&'static str),
    /// On aarch64, `CPU implementer` and `CPU part`. A core is licensed to many: this is the
    /// core of the processor, not the processor.
    Core(&'static str, &'static str),
}

impl ProcessorMark {
    /// The architecture of the processors that are told by it.
    fn architecture(self) -> &'static str {
        match self {
            Self::Model(_) => "x86_64",
            Self::Core(..) => "aarch64",
        }
    }
}

impl TestedEnvironment {
    pub(crate) const AMAZON_LINUX_2023_XEON_8375C: Self = Self {
        os: "Amazon Linux 2023",
        processor: "Intel Xeon Platinum 8375C",
        os_release: ["amzn", "2023"],
        mark: ProcessorMark::Model("8375C"),
    };

    pub(crate) const AMAZON_LINUX_2023_GRAVITON4: Self = Self {
        os: "Amazon Linux 2023",
        processor: "AWS Graviton4",
        os_release: ["amzn", "2023"],
        // Arm's Neoverse V2.
        mark: ProcessorMark::Core("0x41", "0xd4f"),
    };
}

/// Whether an environment is on a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tested {
    /// It is.
    Yes,
    /// The operating system is, and the processor's core; whether the processor is, nothing
    /// here can tell.
    CoreOnly,
    /// It is not, or there is no certificate.
    No,
}

/// What this process runs on. What could not be read is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Environment {
    /// `PRETTY_NAME` of `/etc/os-release`.
    pub os: String,
    /// The architecture that this program was built for.
    pub architecture: &'static str,
    /// The processor, as `/proc/cpuinfo` describes it.
    pub processor: String,
    /// Whether this is one of the certificate's environments.
    pub tested: Tested,
    /// The operator who affirms it ([`affirm`](crate::affirm)), if anyone does.
    pub affirmed_by: Option<&'static str>,
}

impl Environment {
    /// This process's, against the environments `tested`.
    pub(crate) fn here(tested: &[TestedEnvironment]) -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let (os, cpu) = (read("/etc/os-release"), read("/proc/cpuinfo"));
        let affirmed_by = affirmed_by();
        Self {
            affirmed_by,
            ..Self::of(&os, &cpu, std::env::consts::ARCH, tested)
        }
    }

    /// A program that an emulator runs reads of the emulator's processor, which is of
    /// another architecture: `architecture` is the program's.
    fn of(
        os_release: &str,
        cpuinfo: &str,
        architecture: &'static str,
        tested: &[TestedEnvironment],
    ) -> Self {
        let os = Fields::of(os_release, '=');
        let cpu = Fields::of(cpuinfo, ':');
        let same = |tested: &&TestedEnvironment| tested.mark.architecture() == architecture;
        let matches = tested.iter().filter(same).map(|row| row.compare(&os, &cpu));
        let core = [cpu.get("CPU implementer"), cpu.get("CPU part")];
        Self {
            os: os.get("PRETTY_NAME").to_owned(),
            architecture,
            processor: match cpu.get("model name") {
                "" => core.join(" ").trim().to_owned(),
                model => model.to_owned(),
            },
            tested: matches
                .min_by_key(|&found| found as u8)
                .unwrap_or(Tested::No),
            affirmed_by: None,
        }
    }
}

impl TestedEnvironment {
    fn compare(&self, os: &Fields, cpu: &Fields) -> Tested {
        if [os.get("ID"), os.get("VERSION_ID")] != self.os_release {
            return Tested::No;
        }
        match self.mark {
            ProcessorMark::Model(mark) if cpu.get("model name").contains(mark) => Tested::Yes,
            ProcessorMark::Core(implementer, part)
                if [cpu.get("CPU implementer"), cpu.get("CPU part")] == [implementer, part] =>
            {
                Tested::CoreOnly
            }
            _ => Tested::No,
        }
    }
}

/// The first value of each name in a file of names and values, without quotation marks.
struct Fields<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Fields<'a> {
    fn of(text: &'a str, separator: char) -> Self {
        let mut fields = BTreeMap::new();
        for (name, value) in text.lines().filter_map(|line| line.split_once(separator)) {
            let value = value.trim().trim_matches('"');
            fields.entry(name.trim()).or_insert(value);
        }
        Self(fields)
    }

    fn get(&self, name: &str) -> &'a str {
        self.0.get(name).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Certificate;

    const AMAZON: &str = "NAME=\"Amazon Linux\"\nID=\"amzn\"\nVERSION_ID=\"2023\"\n\
                          PRETTY_NAME=\"Amazon Linux 2023\"\n";
    const DEBIAN: &str =
        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n";
    const XEON: &str =
        "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz\n";
    const EPYC: &str = "processor\t: 0\nmodel name\t: AMD EPYC\n";
    const NEOVERSE_V2: &str = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd4f\n";
    const NEOVERSE_N1: &str = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n";

    #[test]
    fn both_the_system_and_the_processor_have_to_be_the_certificates() {
        let tested = Certificate::of("3.1.0").unwrap().tested;
        for (os, cpu, architecture, expected) in [
            (AMAZON, XEON, "x86_64", Tested::Yes),
            (AMAZON, NEOVERSE_V2, "aarch64", Tested::CoreOnly),
            (AMAZON, EPYC, "x86_64", Tested::No),
            (AMAZON, NEOVERSE_N1, "aarch64", Tested::No),
            (DEBIAN, XEON, "x86_64", Tested::No),
            (DEBIAN, NEOVERSE_V2, "aarch64", Tested::No),
            // Emulated: what is read is not the processor of the program.
            (AMAZON, XEON, "aarch64", Tested::No),
            (AMAZON, NEOVERSE_V2, "x86_64", Tested::No),
            ("", "", "aarch64", Tested::No),
        ] {
            let here = |tested| Environment::of(os, cpu, architecture, tested);
            assert_eq!(here(tested).tested, expected, "{os}{cpu}{architecture}");
            assert_eq!(here(&[]).tested, Tested::No);
        }
    }

    #[test]
    fn what_is_there_is_named() {
        let here = Environment::of(DEBIAN, EPYC, "x86_64", &[]);
        assert_eq!(here.os, "Debian GNU/Linux 12 (bookworm)");
        assert_eq!(here.processor, "AMD EPYC");
        let arm = |cpu| Environment::of("", cpu, "aarch64", &[]);
        assert_eq!(arm(NEOVERSE_V2).processor, "0x41 0xd4f");
        assert_eq!(arm(NEOVERSE_V2).architecture, "aarch64");
        assert_eq!(arm("").processor, "");
    }
}

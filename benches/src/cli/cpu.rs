//! `cpu`: what this CPU has, what is hidden of it, who uses what.

use std::io::{self, Write};

use clap::Args;

use super::{progress::Bar, text::wrapped};
use crate::{
    BenchError,
    cpu::{Cpu, FEATURES},
    record::Record,
    report::counted,
    survey::{self, Survey},
    worth::{greatest, worth},
};

#[derive(Debug, Args)]
pub(super) struct CpuCommand {
    /// Measure what each feature is worth: this program runs itself with it masked
    #[arg(long)]
    worth: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl CpuCommand {
    pub(super) fn run(self) -> Result<(), BenchError> {
        let cpu = Cpu::detect();
        let mut out = io::stdout().lock();
        if self.json {
            serde_json::to_writer_pretty(&mut out, &cpu).map_err(io::Error::from)?;
            return Ok(writeln!(out)?);
        }
        write_cpu(&mut out, &cpu)?;
        write_features(&mut out, &cpu)?;
        if self.worth {
            let survey = Survey {
                masked: true,
                ..Survey::default()
            };
            write_worth(&mut out, &survey::run(&survey, &mut Bar::default())?)?;
        }
        Ok(())
    }
}

/// The CPU in a few lines.
pub(super) fn write_cpu(out: &mut impl Write, cpu: &Cpu) -> io::Result<()> {
    let list = |names: &[String]| match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    };
    writeln!(
        out,
        "CPU          {}, {}",
        cpu.described(),
        counted(cpu.cores, "core")
    )?;
    if let Some(hypervisor) = &cpu.hypervisor {
        writeln!(out, "hypervisor   {hypervisor}")?;
    }
    writeln!(out, "features     {}", list(&cpu.features))?;
    let hidden = match &cpu.microarchitecture {
        Some(name) => format!("{} (of what {name} has)", list(&cpu.hidden)),
        None => "not known: this microarchitecture is not in our table".to_owned(),
    };
    writeln!(out, "hidden       {hidden}")?;
    writeln!(out, "our lanes    {}", cpu.lanes)?;
    writeln!(out, "AWS-LC uses  {}", list(&cpu.used_by("AWS-LC")))?;
    writeln!(out, "lanes use    {}", list(&cpu.used_by_lanes()))
}

fn write_features(out: &mut impl Write, cpu: &Cpu) -> io::Result<()> {
    let offered = FEATURES.iter().filter(|feature| cpu.has(feature.name));
    for feature in offered {
        writeln!(out, "\n{} ({})", feature.name, feature.purpose)?;
        for user in feature.users {
            writeln!(out, "{}", wrapped(user, 2))?;
        }
    }
    writeln!(
        out,
        "\nThe ground truth: `mls-bench cpu --worth` masks each feature and measures who slows down."
    )
}

fn write_worth(out: &mut impl Write, record: &Record) -> io::Result<()> {
    let all = worth(record);
    writeln!(
        out,
        "\nwithout          slowest without it                              times as long"
    )?;
    for worth in greatest(&all) {
        let what = format!("{} {} {}", worth.scenario, worth.suite, worth.engine);
        let also = match worth.also {
            [] => String::new(),
            also => format!("  ({} too)", also.join(", ")),
        };
        writeln!(
            out,
            "{:17}{what:48}{:>6.2}{also}",
            worth.feature, worth.factor
        )?;
    }
    if let Some(noise) = record.noise() {
        writeln!(out, "\n{}", wrapped(&noise, 0))?;
    }
    Ok(())
}

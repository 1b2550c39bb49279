//! Without a subcommand: which suite on this CPU, in under two minutes.

use std::io::{self, IsTerminal, Write};

use super::{cpu::write_cpu, progress::Bar, text::wrapped};
use crate::{
    BenchError,
    answer::{Advice, Table, advise, table},
    duration,
    record::Record,
    suite, survey,
};

/// Measures, prints the table and the advice.
pub(super) fn run() -> Result<(), BenchError> {
    write_cpu(&mut io::stdout().lock(), &crate::cpu::Cpu::detect())?;
    let record = survey::run(&survey::answer(), &mut Bar::default())?;
    let is_terminal = io::stdout().is_terminal();
    Ok(write(&mut io::stdout().lock(), &record, is_terminal)?)
}

fn write(out: &mut impl Write, record: &Record, is_terminal: bool) -> io::Result<()> {
    writeln!(out)?;
    write_table(out, &table(record), is_terminal)?;
    for advice in advise(record) {
        write_advice(out, &advice)?;
    }
    if let Some(noise) = record.noise() {
        writeln!(out, "\n{}", wrapped(&noise, 0))?;
    }
    writeln!(
        out,
        "\n{:.0} seconds. All engines, charts and samples: mls-bench report --html report.html",
        record.conditions.seconds
    )
}

/// The width of the first column, and of the others.
const WIDTHS: (usize, usize) = (24, 12);

fn write_table(out: &mut impl Write, table: &Table, is_terminal: bool) -> io::Result<()> {
    let (bold, plain) = if is_terminal {
        ("\x1b[1;32m", "\x1b[0m")
    } else {
        ("", "")
    };
    let (first, other) = WIDTHS;
    write!(out, "{:first$}", "median")?;
    for &suite in &table.suites {
        write!(out, "{:>other$}", suite::number(suite))?;
    }
    writeln!(out)?;
    for (row, cells) in &table.rows {
        write!(out, "{:first$}", row.title)?;
        for cell in cells {
            let Some(cell) = cell else {
                write!(out, "{:>other$}", "-")?;
                continue;
            };
            let text = duration::text(cell.summary.median_us);
            let width = other - 2;
            if cell.is_fastest {
                write!(out, "{bold}{text:>width$} *{plain}")?;
            } else {
                write!(out, "{text:>width$}  ")?;
            }
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "* fastest, or not to be told from it. Commits and joins include what is prepared."
    )
}

fn write_advice(out: &mut impl Write, advice: &Advice) -> io::Result<()> {
    let suite = advice.suite.map_or_else(
        || "no advice".to_owned(),
        |suite| format!("{} {suite:?}", suite::number(suite)),
    );
    writeln!(out, "\n{}: {suite}", advice.role.title())?;
    for reason in &advice.reasons {
        writeln!(out, "{}", wrapped(reason, 2))?;
    }
    Ok(())
}

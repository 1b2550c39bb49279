//! What charts show: names, colours, and which series belong together.

use crate::{
    engines::ENGINES,
    record::{Place, Record, Series},
};

/// `1 core`, `4 cores`.
pub(crate) fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// What an engine's series are called: those of another process say so.
pub(super) fn engine_title(series: &Series) -> String {
    match series.place {
        Place::Here => series.engine.clone(),
        Place::OtherProcess => format!("{} (other process)", series.engine),
    }
}

/// The colour of an engine, the same in every chart, told apart on light and on dark
/// grounds and by people who confuse red and green. This project's are the strong ones.
pub(super) fn colour(engine: &str) -> &'static str {
    match engine {
        "hw" | "avx512ifma" => "#2f6fed",
        "hw-batch" | "avx2" => "#12a594",
        "hw-fips" | "portable" => "#7a5af8",
        "hw-batch-fips" => "#b3a1f7",
        "hw-batch, prepared" => "#d9b343",
        "rust-crypto" => "#e5843b",
        "libcrux" => "#c45bb0",
        "mls-rs-openssl" => "#8a94a6",
        "mls-rs-rustcrypto" => "#d9b343",
        "mls-rs-awslc" | "aws-lc-rs" => "#7da453",
        _ => "#b08968",
    }
}

/// The engines that `series` are of, in the order of the table of engines, those of
/// other processes behind.
pub(super) fn engines<'a>(series: &[&'a Series]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for one in series {
        if !names.contains(&one.engine.as_str()) {
            names.push(&one.engine);
        }
    }
    let place = |name: &&str| ENGINES.iter().position(|row| row.name == *name);
    names.sort_by_key(|name| place(name).unwrap_or(usize::MAX));
    names
}

/// The series of a scenario that nothing was kept from.
pub(super) fn unmasked<'a>(record: &'a Record, scenario: &str) -> Vec<&'a Series> {
    let is_it = |series: &&Series| series.masked.is_none() && series.scenario == scenario;
    record.series.iter().filter(is_it).collect()
}

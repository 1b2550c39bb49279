//! What to deploy, with the reasons.

use mls_fips::{Algorithm, Approval};
use openmls_traits::types::{AeadType, Ciphersuite};

use super::{ROWS, table::summary};
use crate::{
    duration,
    engines::FIPS_SUFFIX,
    record::{Record, Wanted},
    statistics::Summary,
    suite,
};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A delivery service: it looks into key packages and handshake messages, and signs
    /// removals.
    Server,
    /// A client in groups of a thousand.
    Client,
    /// A client that may use approved algorithms alone.
    Fips,
}

/// Advice for one role.
#[derive(Clone, Debug)]
pub struct Advice {
    /// For whom.
    pub role: Role,
    /// The suite to take, `None` if nothing was measured that could tell.
    pub suite: Option<Ciphersuite>,
    /// Why, a sentence each.
    pub reasons: Vec<String>,
}

/// How often each scenario occurs in a workload: its name, the members, the count.
type Workload = &'static [(&'static str, Option<usize>, f64)];

/// Per client that a server deals with: the two signatures of its key package, one
/// handshake message; one removal for every hundred of them.
const SERVER: Workload = &[("verify", None, 3.0), ("sign", None, 0.01)];

/// A day of a client in a group of a thousand.
const CLIENT: Workload = &[
    ("join", Some(1000), 1.0),
    ("commit", Some(1000), 5.0),
    ("process", Some(1000), 50.0),
    ("key-package", None, 10.0),
    ("aead-encrypt", None, 200.0),
    ("aead-decrypt", None, 5000.0),
    ("aead-decrypt-64k", None, 200.0),
];

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Server, Self::Client, Self::Fips];

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Server => "A server",
            Self::Client => "A client",
            Self::Fips => "A FIPS deployment",
        }
    }

    /// What it is assumed to do, in words.
    pub fn workload(self) -> &'static str {
        match self {
            Self::Server => {
                "three signatures verified for each client, one removal signed for a hundred"
            }
            Self::Client | Self::Fips => {
                "a day in a group of 1,000: one join, 5 commits, 50 commits of others, 10 key \
                 packages, 200 messages of 1 KiB sent and 5,000 received, 200 of 64 KiB received"
            }
        }
    }

    fn items(self) -> Workload {
        match self {
            Self::Server => SERVER,
            Self::Client | Self::Fips => CLIENT,
        }
    }
}

/// Advice for every role, from the medians of `record`.
pub fn advise(record: &Record) -> Vec<Advice> {
    Role::ALL
        .into_iter()
        .map(|role| advise_role(record, role))
        .collect()
}

fn advise_role(record: &Record, role: Role) -> Advice {
    let allowed = suite::all()
        .into_iter()
        .filter(|&suite| role != Role::Fips || is_approved(suite));
    let costs = allowed.filter_map(|suite| Some((suite, cost(record, role, suite)?)));
    let mut costs: Vec<(Ciphersuite, f64)> = costs.collect();
    // Of those that cannot be told apart, the first of the table.
    let least = costs
        .iter()
        .map(|(_, cost)| *cost)
        .fold(f64::INFINITY, f64::min);
    costs.sort_by(|(_, a), (_, b)| beyond(*a, least).total_cmp(&beyond(*b, least)));
    let Some(&(best, cost)) = costs.first() else {
        let nothing = "The record has no samples of what this deployment does.".to_owned();
        return Advice {
            role,
            suite: None,
            reasons: vec![nothing],
        };
    };
    let mut reasons = vec![comparison(role, cost, &costs[1..])];
    if role == Role::Fips {
        reasons.extend(fips_reasons(record));
    }
    reasons.extend(hardware(record, best));
    Advice {
        role,
        suite: Some(best),
        reasons,
    }
}

/// Microseconds of the role's workload; `None` if a part of it was not measured.
fn cost(record: &Record, role: Role, suite: Ciphersuite) -> Option<f64> {
    let items = role.items().iter();
    let costs = items.map(|(scenario, members, count)| {
        let is_it = |row: &&super::Row| row.scenario == *scenario && row.members == *members;
        let row = ROWS.iter().find(is_it)?;
        let measured = match role {
            Role::Fips => fips_summary(record, row, suite),
            Role::Server | Role::Client => summary(record, row, suite),
        };
        Some(measured?.median_us * count)
    });
    costs.sum()
}

/// Over the FIPS module where that was measured, else over whatever is linked here.
fn fips_summary(record: &Record, row: &super::Row, suite: Ciphersuite) -> Option<Summary> {
    let engine = format!("{}{FIPS_SUFFIX}", row.engine);
    let number = suite::number(suite);
    let wanted = Wanted {
        scenario: row.scenario,
        suite: Some(&number),
        size: row.members,
        engine: &engine,
    };
    if has_fips(record) {
        record.find(wanted)?.summary()
    } else {
        summary(record, row, suite)
    }
}

/// Whether `record` has samples of this project's provider over the FIPS module.
fn has_fips(record: &Record) -> bool {
    record
        .series
        .iter()
        .any(|series| series.engine.ends_with(FIPS_SUFFIX))
}

/// The share by which costs of the same machine differ without meaning it.
const ALIKE: f64 = 0.05;

/// How many times the least a cost is, those alike as one.
fn beyond(cost: f64, least: f64) -> f64 {
    let ratio = cost / least;
    if ratio < 1.0 + ALIKE { 1.0 } else { ratio }
}

fn comparison(role: Role, own: f64, others: &[(Ciphersuite, f64)]) -> String {
    let other = |&(suite, cost): &(Ciphersuite, f64)| {
        let number = suite::number(suite);
        match cost / own {
            alike if alike < 1.0 + ALIKE => format!("{number} as much"),
            ratio => format!("{number} {ratio:.1} times as much"),
        }
    };
    let compared: Vec<String> = others.iter().map(other).collect();
    let own = duration::text(own);
    format!("{own} for {}; {}.", role.workload(), compared.join(", "))
}

/// What the standards say of the suite's algorithms; none of a suite they do not know.
fn algorithms(suite: Ciphersuite) -> &'static [Algorithm] {
    let mut suites = mls_fips::SUITES.iter();
    let known = suites.find(|row| row.code_point == u16::from(suite));
    known.map_or(&[], |row| &row.algorithms)
}

fn is_approved(suite: Ciphersuite) -> bool {
    mls_fips::approval(algorithms(suite).iter().copied()) == Approval::Approved
}

/// Which suites are out, by which algorithm, and what the linked module is.
fn fips_reasons(record: &Record) -> Vec<String> {
    let out = suite::all().into_iter().filter_map(|suite| {
        let refused = algorithms(suite)
            .iter()
            .copied()
            .find(|algorithm| mls_fips::approval([*algorithm]) == Approval::NotApproved)?;
        let rule = mls_fips::ALGORITHMS
            .iter()
            .find(|rule| rule.algorithm == refused)?;
        Some(format!(
            "{} is out: {refused:?} ({}).",
            suite::number(suite),
            rule.citation
        ))
    });
    let module = if has_fips(record) {
        "These figures are of AWS-LC's FIPS module in FIPS mode, in another process.".to_owned()
    } else {
        format!(
            "These figures are of the module linked here, whose FIPS 140-3 status is {:?}.",
            mls_fips::status().status
        )
    };
    out.chain([module]).collect()
}

/// What of this CPU speaks for or against the suite.
fn hardware(record: &Record, suite: Ciphersuite) -> Vec<String> {
    let cpu = &record.cpu;
    let has_aes = cpu.has("AES-NI") || cpu.has("Arm AES");
    let is_aes = suite.aead_algorithm() != AeadType::ChaCha20Poly1305;
    let aes = match (has_aes, is_aes) {
        (true, true) if cpu.has("VAES") => "AES-GCM runs on VAES here, faster than ChaCha20.",
        (true, true) => "AES-GCM runs in the CPU's AES instructions here.",
        (false, false) => "This CPU offers no AES instructions, and ChaCha20 needs none.",
        (false, true) => "This CPU offers no AES instructions: AES-GCM is slow here.",
        (true, false) => return Vec::new(),
    };
    vec![aes.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{series, tests::record};

    /// A record in which every row of the first suites takes these times.
    fn record_of(times: &[f64]) -> Record {
        let mut record = record();
        for (suite, &time) in suite::all().into_iter().zip(times) {
            for row in ROWS {
                let mut series = series(row.scenario, row.engine, &[time]);
                series.suite = Some(suite::number(suite));
                series.size = row.members;
                record.series.push(series);
            }
        }
        record
    }

    #[test]
    fn the_cheapest_suite_is_taken_and_for_fips_the_cheapest_approved_one() {
        let chosen = |times: &[f64]| -> Vec<u16> {
            let advice = advise(&record_of(times)).into_iter();
            advice.map(|advice| advice.suite.unwrap().into()).collect()
        };
        assert_eq!(chosen(&[1.0, 2.0, 3.0, 4.0, 5.0]), [1, 1, 2]);
        assert_eq!(chosen(&[3.0, 5.0, 1.0, 9.0, 4.0]), [3, 3, 7]);
        // As much, and so the first.
        assert_eq!(chosen(&[1.02, 5.0, 1.0, 9.0, 4.0]), [1, 1, 7]);
    }

    #[test]
    fn the_reasons_name_the_others_and_what_is_out() {
        let advice = advise(&record_of(&[2.0, 3.0, 4.0, 5.0, 6.0]));
        assert!(
            advice[0].reasons[0].contains("0x0002 1.5 times"),
            "{advice:?}"
        );
        let fips = advice[2].reasons.join(" ");
        assert!(fips.contains("0x0001 is out: X25519"), "{fips}");
        assert!(fips.contains("0x0003 is out"), "{fips}");
        let status = format!("{:?}", mls_fips::status().status);
        assert!(fips.contains(&status), "{fips}");
    }

    #[test]
    fn a_fips_deployment_is_advised_by_figures_of_the_fips_module() {
        let mut record = record_of(&[9.0, 1.0, 9.0, 9.0, 9.0]);
        let of_p384 = |series: &&crate::record::Series| series.suite.as_deref() == Some("0x0007");
        let own: Vec<_> = record.series.iter().filter(of_p384).cloned().collect();
        record.series.extend(own.into_iter().map(|mut series| {
            series.engine += FIPS_SUFFIX;
            series
        }));
        let advice = advise_role(&record, Role::Fips);
        assert_eq!(advice.suite.map(u16::from), Some(7));
        let reasons = advice.reasons.join(" ");
        assert!(reasons.contains("FIPS module in FIPS mode"), "{reasons}");
    }

    #[test]
    fn without_samples_there_is_no_advice() {
        assert!(
            advise(&record())
                .iter()
                .all(|advice| advice.suite.is_none())
        );
    }
}

//! Engine `mls-rs-awslc`: a guest of `mls-bench`, which tells it by standard input what to
//! measure.

use std::{env, io, process::ExitCode};

use mls_bench::{
    engine::MlsRsProvider,
    engines::EngineRow,
    survey,
};
use mls_rs_core::crypto::{CipherSuite, CryptoProvider};
use mls_rs_crypto_awslc::{AwsLcCipherSuite, AwsLcCryptoProvider};

/// mls-rs's provider on AWS-LC.
#[derive(Default)]
struct AwsLc(AwsLcCryptoProvider);

impl CryptoProvider for AwsLc {
    type CipherSuiteProvider = AwsLcCipherSuite;

    fn supported_cipher_suites(&self) -> Vec<CipherSuite> {
        self.0.supported_cipher_suites()
    }

    fn cipher_suite_provider(&self, suite: CipherSuite) -> Option<AwsLcCipherSuite> {
        self.0.cipher_suite_provider(suite)
    }
}

impl MlsRsProvider for AwsLc {
    const NAME: &'static str = "mls-rs-awslc";
    const ABOUT: &'static str = "mls-rs-crypto-awslc under OpenMLS, by an adapter of ours";
}

static ROWS: &[EngineRow] = &[EngineRow::of_mls_rs::<AwsLc>()];

fn main() -> ExitCode {
    if env::args().nth(1).as_deref() != Some(survey::GUEST) {
        eprintln!("run by mls-bench: mls-bench report --guest PATH/mls-bench-awslc");
        return ExitCode::FAILURE;
    }
    match survey::work(ROWS, io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use mls_bench::{
        scenario::{Case, scenarios},
        suite,
    };

    use super::*;

    #[test]
    fn every_scenario_of_every_suite_runs_and_verifies() {
        let mut ran = 0;
        for scenario in scenarios() {
            for suite in suite::all() {
                let case = Case { suite, members: 3 };
                let trial = ROWS[0].prepare(scenario.name, &case).unwrap();
                let mut trial = trial.unwrap_or_else(|| panic!("{} {suite:?}", scenario.name));
                trial.run(1).unwrap();
                ran += 1;
            }
        }
        println!("{ran} combinations of scenario and suite verified");
        assert_eq!(ran, scenarios().len() * 5);
    }
}

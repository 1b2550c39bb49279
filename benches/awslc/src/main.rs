//! Engine `mls-rs-awslc`: a guest of `mls-bench`, which tells it by standard input what to
//! measure.

use std::{
    env, io,
    process::ExitCode,
};

use mls_bench::{
    engine::{EngineRow, MlsRsProvider},
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

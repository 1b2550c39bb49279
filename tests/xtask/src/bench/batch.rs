//! What is done for many at once, and prepared.

use super::report::mls_bench;
use crate::packages::Purpose;
use crate::task::Task;

/// How many times as long as hw-batch the others take is the last column; of one thread and two, and
/// of 500 to 50,000 recipients, divide the medians.
const MEASUREMENTS: [&str; 7] = [
    "seal-many --suite 0x0001,0x0002 --members 2000 --threads 1",
    "seal-many --suite 0x0001,0x0002 --members 2000 --threads 1,2 --engines hw-batch",
    "seal-many --suite 0x0001 --members 500,2000,10000,50000 --threads 1 --engines hw-batch",
    "commit,commit-prepared --suite 0x0001,0x0002 --members 2000",
    "join --suite 0x0001,0x0002 --members 2000",
    "key-packages-validate --suite 0x0001,0x0002 --members 2000",
    "key-packages-generate,derive-many --suite 0x0001,0x0002,0x0003 --members 2000",
];

const AGAINST: &str = "--reference hw-batch --seconds 8";

/// Each measurement in a process of its own.
pub fn task() -> Task {
    let measure = |words: &&str| mls_bench("measure").words(words).words(AGAINST);
    Task {
        purpose: Purpose::Test,
        commands: MEASUREMENTS.iter().map(measure).collect(),
    }
}

//! The README's chart and table, made again from the record that it names.

use std::{fs, path::Path};

use mls_bench::{
    record,
    report::readme::{block, chart, record_of, with_block},
};

const CHART: &str = "benches/record/chart.svg";

#[test]
fn the_readme_shows_its_record() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let path = record_of(&readme).expect("the README names a record");
    let record = record::read(&root.join(path)).unwrap();
    let made = with_block(&readme, &block(&record, path, CHART)).unwrap();
    assert_eq!(made, readme, "make it again: mls-bench readme");
    let drawn = fs::read_to_string(root.join(CHART)).unwrap();
    assert_eq!(
        drawn,
        chart(&record).unwrap(),
        "make it again: mls-bench readme"
    );
    println!("{path}: {} series", record.series.len());
}

/// Every committed record can be read, and lies in its CPU's folder.
#[test]
fn every_record_is_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("record");
    let mut count = 0;
    for cpu in fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        if !cpu.is_dir() {
            continue;
        }
        for path in fs::read_dir(&cpu)
            .unwrap()
            .map(|entry| entry.unwrap().path())
        {
            let record = record::read(&path).unwrap();
            assert_eq!(
                cpu.file_name().unwrap(),
                &*record::directory_name(&record.cpu)
            );
            assert!(!record.series.is_empty());
            count += 1;
        }
    }
    println!("{count} records");
    assert!(count > 0);
}

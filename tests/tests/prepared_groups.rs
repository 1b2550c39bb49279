//! Groups of OpenMLS whose members prepare: what was prepared is just what OpenMLS asks for, and
//! nobody notices but by the time it takes.

use std::collections::BTreeMap;
use std::panic::catch_unwind;

use mls_tests::choices::Choices;
use mls_tests::groups::{Committing, Crowd, Kind, Member, Operation, Tally, Tree, sent};
use mls_tests::openers::print_engines;
use openmls::prelude::tls_codec::{DeserializeBytes, Serialize};
use openmls::prelude::{
    Ciphersuite, KeyPackageIn, KeyPackageVerifyError, ProtocolVersion, RatchetTreeIn, Welcome,
};
use openmls_hw_crypto::{HwCrypto, PrepareError, SUITES};

/// The environment variable with the size of one more group.
const SIZE: &str = "MLS_TESTS_GROUP_SIZE";

fn suite(code_point: u16) -> Ciphersuite {
    let suite = SUITES.iter().find(|suite| suite.code_point() == code_point);
    suite.expect("a suite of ours").ciphersuite
}

/// A group's whole life, `rounds` times each operation when just added, when populated, and when
/// partly blank.
fn live(suite: Ciphersuite, size: usize, tree: Tree, rounds: usize) -> Tally {
    let mut crowd = Crowd::new(suite, size, tree);
    crowd.perform(&[Operation::Update]);
    crowd.perform_all(rounds);
    crowd.populate();
    crowd.perform_all(rounds);
    crowd.blank_a_third();
    crowd.perform_all(rounds);
    crowd.finish()
}

/// Groups of these sizes, the tree delivered either way.
fn prove(code_point: u16, sizes: &[usize], rounds: usize) {
    print_engines(&HwCrypto::default());
    let mut tally = Tally::default();
    for &size in sizes {
        for tree in [Tree::InGroupInfo, Tree::Apart] {
            tally += live(suite(code_point), size, tree, rounds);
        }
    }
    println!("{code_point:#06x}: {tally:?}");
    let lives = 2 * sizes.len();
    assert_eq!(tally.external_joins, 3 * rounds * lives);
    assert!(tally.commits >= (3 * 7 * rounds + 1) * lives);
    // Who commits and who joins is random, but for those that build the groups.
    assert!(tally.prepared_commits >= lives);
    assert!(tally.prepared_seals > tally.prepared_commits);
    assert!(tally.prepared_joins > 0 && tally.key_packages > 0);
    assert!(tally.proposals >= 3 * rounds * lives * 14);
    assert!(tally.key_package_leaves > 0);
}

#[test]
fn small_groups_on_suite_1() {
    prove(0x0001, &[2, 3, 5, 8, 9, 17], 1);
}

#[test]
fn small_groups_on_suite_2() {
    prove(0x0002, &[2, 5, 9], 1);
}

#[test]
fn small_groups_on_suite_3() {
    prove(0x0003, &[3, 8], 1);
}

/// Which ring has not.
#[test]
#[cfg(any(feature = "aws-lc", feature = "fips"))]
fn small_groups_on_suite_5() {
    prove(0x0005, &[4], 1);
}

#[test]
fn small_groups_on_suite_7() {
    prove(0x0007, &[4], 1);
}

#[test]
fn middling_groups() {
    prove(0x0001, &[65], 1);
    prove(0x0002, &[64], 1);
}

#[test]
fn a_group_of_300() {
    prove(0x0001, &[300], 1);
}

/// One group of the size that the environment asks for, else of 40.
#[test]
fn a_group_of_any_size() {
    let size = std::env::var(SIZE).map_or(40, |size| size.parse().expect("a number"));
    println!("{SIZE}={size}");
    let tally = live(suite(0x0001), size, Tree::InGroupInfo, 1);
    println!("{tally:?}");
    assert!(tally.prepared_commits > 0);
}

/// A commit of pending additions alone has no path: what was prepared for one is left over, and
/// the new members' keys are used.
#[test]
fn additions_alone_have_no_path() {
    const ADDED: usize = 3;
    let suite = suite(0x0001);
    let mut tally = Tally::default();
    let mut members = two_members(suite, Tree::InGroupInfo, &mut tally);
    let clients = [0; ADDED].map(|_| Member::new("new", Kind::Unprepared, suite));
    for client in &clients {
        let key_package = client.key_package();
        let valid = members[1].validate(vec![key_package], &mut tally).unwrap();
        let proposal = members[1].propose_add(&valid[0]);
        members[0].process(&proposal);
    }
    // `members[0]` itself does not prepare, so it asserts nothing.
    let hw = members[0].hw().clone();
    let prepared = hw.prepare_commit(members[0].group()).unwrap();
    assert_eq!(prepared.unused(), ADDED + 1);
    members[0].commit(&Committing::Pending, &mut tally);
    assert_eq!(prepared.unused(), 1);
}

/// A member that does not prepare by itself, and one that does.
fn two_members(suite: Ciphersuite, tree: Tree, tally: &mut Tally) -> [Member; 2] {
    let mut creator = Member::new("creator", Kind::Unprepared, suite);
    creator.create(tree);
    let joiner = Member::new("joiner", Kind::Prepared, suite);
    let joiner = add(&mut creator, joiner, tree, tally);
    [creator, joiner]
}

/// `adder` adds `client`, who joins.
fn add(adder: &mut Member, mut client: Member, tree: Tree, tally: &mut Tally) -> Member {
    let (welcome, ratchet_tree) = invite(adder, &client, tally);
    let apart = (tree == Tree::Apart).then_some(ratchet_tree);
    client.join(welcome, apart, tally).unwrap();
    client
}

fn invite(adder: &mut Member, client: &Member, tally: &mut Tally) -> (Welcome, RatchetTreeIn) {
    let key_packages = adder.validate(vec![client.key_package()], tally).unwrap();
    let commit = adder.commit(&Committing::Adding(key_packages), tally);
    (commit.welcome.expect("a Welcome"), adder.ratchet_tree())
}

/// What a receiver makes of `bytes`: nothing, if they are malformed. In debug builds `tls_codec`
/// asserts that vectors are as long as they say.
fn decoded<T: DeserializeBytes>(bytes: &[u8]) -> Option<T> {
    let decoding = catch_unwind(|| T::tls_deserialize_exact_bytes(bytes).ok());
    decoding.ok().flatten()
}

/// A tree in which one byte differs: the joiner that prepared says the same as one that did not,
/// and as one on another provider.
#[test]
fn tampered_trees_are_refused_with_the_same_error() {
    let suite = suite(0x0001);
    let mut tally = Tally::default();
    let [mut creator, mut second] = two_members(suite, Tree::Apart, &mut tally);
    let sleeper = Member::new("sleeper", Kind::Unprepared, suite);
    let key_packages = second
        .validate(vec![sleeper.key_package()], &mut tally)
        .unwrap();
    let commit = second.commit(&Committing::Adding(key_packages), &mut tally);
    creator.process(&commit.commit);
    let update = second.propose_update();
    creator.process(&update);
    creator.commit(&Committing::Pending, &mut tally);
    let joiner = Member::new("joiner", Kind::Prepared, suite);
    let (welcome, tree) = invite(&mut creator, &joiner, &mut tally);

    // The tree as it is, so that what follows is due to the byte. Its leaves are of every source.
    let before = tally;
    for kind in [Kind::Prepared, Kind::Unprepared, Kind::RustCrypto] {
        let joined = joiner
            .copy(kind)
            .join(welcome.clone(), Some(tree.clone()), &mut tally);
        assert_eq!(joined, Ok(()));
    }
    assert_eq!(tally.key_package_leaves - before.key_package_leaves, 2);
    assert_eq!(tally.update_leaves - before.update_leaves, 1);
    assert_eq!(tally.commit_leaves - before.commit_leaves, 1);

    let encoded = tree.tls_serialize_detached().unwrap();
    let mut choices = Choices::new("flipped bits");
    let mut errors = BTreeMap::new();
    for place in 0..encoded.len() {
        let mut tampered = encoded.clone();
        tampered[place] ^= 1 << choices.below(8);
        let Some(tampered) = decoded::<RatchetTreeIn>(&tampered) else {
            *errors.entry("no tree".to_owned()).or_insert(0) += 1;
            continue;
        };
        let [prepared, unprepared, other] = [Kind::Prepared, Kind::Unprepared, Kind::RustCrypto]
            .map(|kind| {
                let mut joiner = joiner.copy(kind);
                joiner.join(welcome.clone(), Some(tampered.clone()), &mut tally)
            });
        assert!(prepared.is_err(), "byte {place} was flipped");
        assert_eq!(prepared, unprepared, "byte {place}");
        assert_eq!(prepared, other, "byte {place}");
        *errors.entry(prepared.unwrap_err()).or_insert(0) += 1;
    }
    println!("{errors:#?}");
    assert_eq!(errors.values().sum::<usize>(), encoded.len());
    let bad_signatures: usize = errors
        .iter()
        .filter(|(error, _)| error.contains("InvalidNodeSignature"))
        .map(|(_, count)| count)
        .sum();
    // Each of the four leaves has 64 bytes of signature, 64 of keys, and what was signed.
    assert!(bad_signatures > 4 * 128, "{bad_signatures} bad signatures");
}

/// The same for key packages, among good ones.
#[test]
fn tampered_key_packages_are_refused_with_the_same_error() {
    let mut tally = Tally::default();
    let mut choices = Choices::new("flipped bits");
    for suite in [suite(0x0001), suite(0x0002)] {
        let client = Member::new("client", Kind::Unprepared, suite);
        let good = client.key_package();
        let encoded = good.tls_serialize_detached().unwrap();
        let members = [Kind::Prepared, Kind::Unprepared, Kind::RustCrypto]
            .map(|kind| Member::new("member", kind, suite));
        let held = members[0]
            .hw()
            .prepare_key_packages(std::slice::from_ref(&good))
            .unwrap();
        let mut errors = BTreeMap::new();
        for place in 0..encoded.len() {
            let mut tampered = encoded.clone();
            tampered[place] ^= 1 << choices.below(8);
            let Some(tampered) = decoded::<KeyPackageIn>(&tampered) else {
                *errors.entry("no key package".to_owned()).or_insert(0) += 1;
                continue;
            };
            let results = members.each_ref().map(|member| {
                let both = vec![good.clone(), tampered.clone()];
                member.validate(both, &mut tally).map(drop)
            });
            assert!(results[0].is_err(), "byte {place} was flipped");
            assert_eq!(results[0], results[1], "byte {place}");
            assert_eq!(results[0], results[2], "byte {place}");
            let error = results[0].clone().unwrap_err();
            *errors.entry(format!("{error:?}")).or_insert(0) += 1;
        }
        println!("{suite:?}: {errors:#?}");
        assert_eq!(errors.values().sum::<usize>(), encoded.len());
        for error in [
            KeyPackageVerifyError::InvalidLeafNodeSignature,
            KeyPackageVerifyError::InvalidSignature,
        ] {
            let count = errors.get(&format!("{error:?}")).copied().unwrap_or(0);
            assert!(count > 32, "{error:?}: {count}");
        }
        // Only the good one's own signatures can have been answered from what was held.
        assert!(held.unused() <= 2);
    }
}

/// What is prepared for other suites or for nothing.
#[test]
fn welcomes_are_of_one_suite() {
    let hw = HwCrypto::default();
    let key_packages: Vec<_> = [0x0001, 0x0002, 0x0001]
        .map(|code_point| Member::new("client", Kind::Unprepared, suite(code_point)).key_package())
        .into_iter()
        .map(|key_package| key_package.validate(&hw, ProtocolVersion::Mls10).unwrap())
        .collect();
    assert_eq!(hw.prepare_welcome(&[]).unwrap().unused(), 0);
    assert_eq!(hw.prepare_welcome(&key_packages[..1]).unwrap().unused(), 1);
    let mixed = hw.prepare_welcome(&key_packages);
    assert_eq!(mixed.err(), Some(PrepareError::Unsupported));
    // Signatures of several suites are prepared together.
    let all: Vec<KeyPackageIn> = key_packages.iter().map(sent).collect();
    assert_eq!(hw.prepare_key_packages(&all).unwrap().unused(), 6);
    assert_eq!(hw.prepare_key_packages(&[]).unwrap().unused(), 0);
}

//! The machine code of the vector kernels: no branch, no address, no division and no
//! call to a stranger that depends on a secret.
//!
//! The program looks at itself. objdump disassembles this test, which is linked with
//! the kernels as a release has them, and [`flow`] follows secrets through every
//! instruction of every kernel, over all paths; it says what it takes for secret. Each
//! thing that it looks for is planted in a function of its own and must be found
//! there. This sees what the compiler made of the source, on every vector backend,
//! whether this CPU has its instructions or not. It says nothing of the portable
//! backend, whose secrets pass through general registers by design; `checks/secret-flow`
//! runs that one.
//!
//! It needs an optimised build: `cargo test --release -p mls_lanes --test machine_code`.

#[cfg(not(target_arch = "x86_64"))]
#[test]
fn there_are_vector_kernels() {
    println!("NOT TESTED: the vector backends are x86-64's");
}

#[cfg(target_arch = "x86_64")]
mod machine_code {
    pub mod flow;
    pub mod listing;
    pub mod mix;
    pub mod planted;
}

#[cfg(target_arch = "x86_64")]
mod on_x86_64 {
    use std::{collections::BTreeSet, hint::black_box};

    use mls_lanes::{Backend, SharedSecret, outputs, p256, x25519};

    use crate::machine_code::{
        flow::Flow,
        listing::Listing,
        mix::{Mix, hottest_loop},
        planted::{Batch, PLANTED},
    };

    /// What starts a kernel on every backend, and its name.
    const KERNELS: [(&str, &str); 4] = [
        ("mls_lanes::curve25519::ladder::Ladder", "X25519 ladder"),
        ("mls_lanes::curve25519::comb::Comb", "X25519 comb"),
        ("mls_lanes::nistp256::window::Windowed", "P-256 window"),
        ("mls_lanes::nistp256::comb::Comb", "P-256 comb"),
    ];

    /// What has the instruction set enabled, and its backend's name.
    const BACKENDS: [(&str, &str); 2] = [
        ("mls_lanes::isa::avx2::Avx2", "avx2"),
        ("mls_lanes::isa::avx512ifma::Avx512Ifma", "avx512ifma"),
    ];

    fn listing() -> Listing {
        keep_the_code();
        Listing::of(&std::env::current_exe().expect("a program has a path"))
    }

    /// Calls what is looked at, or the linker would leave it out.
    fn keep_the_code() {
        let backend = Backend::best();
        let scalars = [[7; 32]];
        let mut keys = outputs(1);
        x25519::public_keys(backend, &scalars, &mut keys).unwrap();
        let mut secrets = outputs::<SharedSecret>(1);
        x25519::diffie_hellman(backend, &scalars, &[keys[0].unwrap()], &mut secrets).unwrap();
        let mut keys = outputs(1);
        p256::public_keys(backend, &scalars, &mut keys).unwrap();
        p256::diffie_hellman(backend, &scalars, &[keys[0].unwrap()], &mut secrets).unwrap();
        if is_x86_feature_detected!("avx2") {
            let (words, mut results) = ([3; 8], [0; 8]);
            for planted in PLANTED {
                let (words, results) = (&words[..], &mut results[..]);
                black_box(planted)(&mut Batch { words, results });
            }
        }
        black_box(PLANTED);
    }

    /// `name` is that of a function `run` of `owner`, generic or not.
    fn is_run(name: &str, owner: &str) -> bool {
        let bare = name.replace(['<', '>'], "");
        let rest = bare.strip_prefix(owner);
        rest.is_some_and(|rest| rest.starts_with("::run"))
    }

    /// The one function of a backend that a kernel's start reaches by calls.
    fn kernel(listing: &Listing, kernel: &str, backend: &str) -> u64 {
        let start = listing.find(kernel, |name| is_run(name, kernel));
        let mut reached = BTreeSet::from([start]);
        let mut found = BTreeSet::new();
        let mut work = vec![start];
        while let Some(address) = work.pop() {
            let function = &listing.functions[&address];
            if is_run(&function.name, backend) {
                found.insert(address);
                continue;
            }
            let called = listing.calls(function);
            work.extend(called.filter(|called| reached.insert(*called)));
        }
        assert_eq!(found.len(), 1, "{kernel} on {backend}: {found:x?}");
        found.first().copied().unwrap()
    }

    #[test]
    #[cfg_attr(debug_assertions, ignore = "looks at optimised code: needs --release")]
    fn no_kernel_lets_a_secret_choose_what_is_done() {
        let listing = listing();
        println!("{:14}{:12} {}", "hottest loop", "", Mix::HEADING);
        let mut looked_at = BTreeSet::new();
        for (start, name) in KERNELS {
            for (owner, backend) in BACKENDS {
                let address = kernel(&listing, start, owner);
                let flow = Flow::of(&listing, address);
                assert_eq!(flow.found, BTreeSet::new(), "{name} on {backend}");
                let mix = hottest_loop(&listing, &flow, &listing.functions[&address]);
                println!("{name:14}{backend:12} {mix}");
                assert!(mix.multiply > 0, "{name} on {backend} has no loop");
                looked_at.insert(address);
            }
        }
        assert_eq!(looked_at.len(), KERNELS.len() * BACKENDS.len());
    }

    #[test]
    #[cfg_attr(debug_assertions, ignore = "looks at optimised code: needs --release")]
    fn what_is_planted_is_found() {
        let listing = listing();
        let cases = [
            ("branch_on_a_word", "a branch depends on a secret"),
            ("branch_by_test", "a branch depends on a secret"),
            ("branch_by_lane", "a branch depends on a secret"),
            ("index_by_a_word", "an address depends on a secret"),
            ("gather_by_vector", "a gather or scatter"),
            ("divide", "a division"),
            ("call_a_stranger", "a call to "),
            ("copy_by_a_secret_length", "memcpy with a secret length"),
        ];
        let look_at = |name: &str| {
            let wanted = format!("planted::{name}");
            let address = listing.find(name, |found| found.ends_with(&wanted));
            Flow::of(&listing, address).found
        };
        for (name, expected) in cases {
            let found = look_at(name);
            println!("{name}: {found:?}");
            assert!(
                found.iter().any(|found| found.starts_with(expected)),
                "{name}"
            );
        }
        assert_eq!(look_at("nothing_wrong"), BTreeSet::new());
    }
}

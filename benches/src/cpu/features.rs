//! The CPU features that matter to MLS: one row each.

/// A row of [`FEATURES`].
#[derive(Debug)]
pub struct Feature {
    /// The name that people use.
    pub name: &'static str,
    /// What of MLS it is for.
    pub purpose: &'static str,
    /// Who uses it in this project: a library, and what for.
    pub users: &'static [&'static str],
    /// How it is kept from AWS-LC (and from OpenSSL), `None` if it cannot be.
    pub mask: Option<Mask>,
    pub(crate) is_offered: fn() -> bool,
}

/// How features are kept from a library at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask {
    /// The variables of its environment, with their values.
    pub variables: &'static [(&'static str, &'static str)],
    /// The engine on which the feature shows.
    pub engine: &'static str,
    /// What else is gone with it, because one rests on the other.
    pub also: &'static [&'static str],
}

macro_rules! offered {
    ($x86:tt, $arm:tt) => {
        || {
            #[cfg(target_arch = "x86_64")]
            let offered = offered!(@x86 $x86);
            #[cfg(target_arch = "aarch64")]
            let offered = offered!(@arm $arm);
            #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
            let offered = false;
            offered
        }
    };
    (@x86 none) => { false };
    (@x86 $name:tt) => { std::arch::is_x86_feature_detected!($name) };
    (@arm none) => { false };
    (@arm $name:tt) => { std::arch::is_aarch64_feature_detected!($name) };
}

/// `OPENSSL_ia32cap` has two 64-bit words: EDX and, shifted by 32, ECX of CPUID leaf 1;
/// EBX and, shifted by 32, ECX of leaf 7. A tilde clears the bits that are set (AWS-LC's
/// `crypto/fipsmodule/cpucap/cpu_intel.c`; OpenSSL's manual page of that name).
const IA32: &str = "OPENSSL_ia32cap";

const fn mask(
    engine: &'static str,
    variables: &'static [(&'static str, &'static str)],
    also: &'static [&'static str],
) -> Option<Mask> {
    Some(Mask {
        variables,
        engine,
        also,
    })
}

/// Every feature that can matter, those of x86-64 first.
pub static FEATURES: &[Feature] = &[
    Feature {
        name: "AES-NI",
        purpose: "AES-GCM",
        users: &["AWS-LC: AES-GCM"],
        // Leaf 1, ECX bit 25; what is wider rests on it, leaf 7, ECX bit 9.
        mask: mask(
            "hw",
            &[(IA32, "~0x200000000000000:~0x20000000000")],
            &["VAES"],
        ),
        is_offered: offered!("aes", none),
    },
    Feature {
        name: "PCLMULQDQ",
        purpose: "GHASH of AES-GCM",
        users: &["AWS-LC: AES-GCM"],
        // Leaf 1, ECX bit 1; leaf 7, ECX bit 10.
        mask: mask(
            "hw",
            &[(IA32, "~0x200000000:~0x40000000000")],
            &["VPCLMULQDQ"],
        ),
        is_offered: offered!("pclmulqdq", none),
    },
    Feature {
        name: "VAES",
        purpose: "AES-GCM, four blocks an instruction",
        users: &["AWS-LC: AES-GCM"],
        // Leaf 7, ECX bits 9 and 10: AWS-LC uses the two together.
        mask: mask("hw", &[(IA32, ":~0x60000000000")], &["VPCLMULQDQ"]),
        is_offered: offered!("vaes", none),
    },
    Feature {
        name: "SHA-NI",
        purpose: "SHA-256, and all that is derived by it",
        users: &[
            "sha2: SHA-256, HMAC, HKDF (asks the CPU itself; no mask reaches it)",
            "AWS-LC: the hash inside ECDSA",
        ],
        // Leaf 7, EBX bit 29. OpenSSL obeys the same variable, and hashes by the same
        // instructions.
        mask: mask("mls-rs-openssl", &[(IA32, ":~0x20000000")], &[]),
        is_offered: offered!("sha", none),
    },
    Feature {
        name: "BMI2 and ADX",
        purpose: "the field arithmetic of every curve, one at a time",
        users: &[
            "AWS-LC: X25519, Ed25519, P-256, P-384, P-521",
            "AWS-LC: ChaCha20-Poly1305, beside AVX2",
        ],
        // Leaf 7, EBX bits 8 and 19.
        mask: mask("hw", &[(IA32, ":~0x80100")], &[]),
        is_offered: offered!("adx", none),
    },
    Feature {
        name: "AVX2",
        purpose: "Diffie-Hellman, four at once; ChaCha20-Poly1305",
        users: &[
            "our lanes, without AVX-512 IFMA",
            "AWS-LC: ChaCha20-Poly1305",
        ],
        // Leaf 7, EBX bit 5, and the AVX-512 that rests on it: bits 16, 17, 21, 30, 31.
        mask: mask(
            "hw",
            &[(IA32, ":~0xc0230020"), ("MLS_LANES_BACKEND", "portable")],
            &["AVX-512"],
        ),
        is_offered: offered!("avx2", none),
    },
    Feature {
        name: "AVX-512",
        purpose: "AES-GCM and ChaCha20 on wider vectors",
        users: &["AWS-LC: AES-GCM"],
        // Leaf 7, EBX bits 16, 17, 21, 30, 31.
        mask: mask(
            "hw",
            &[(IA32, ":~0xc0230000"), ("MLS_LANES_BACKEND", "avx2")],
            &["AVX-512 IFMA"],
        ),
        is_offered: offered!("avx512f", none),
    },
    Feature {
        name: "AVX-512 IFMA",
        purpose: "Diffie-Hellman, eight at once",
        users: &["our lanes: X25519 and P-256 of batches and of what is prepared"],
        mask: mask("hw-batch", &[("MLS_LANES_BACKEND", "avx2")], &[]),
        is_offered: offered!("avx512ifma", none),
    },
    Feature {
        name: "Arm AES",
        purpose: "AES-GCM",
        users: &["AWS-LC: AES-GCM"],
        // ARMV8_AES, bit 2 of OPENSSL_armcap_P.
        mask: mask("hw", &[("OPENSSL_armcap", "~0x4")], &[]),
        is_offered: offered!(none, "aes"),
    },
    Feature {
        name: "Arm PMULL",
        purpose: "GHASH of AES-GCM",
        users: &["AWS-LC: AES-GCM"],
        // ARMV8_PMULL, bit 5.
        mask: mask("hw", &[("OPENSSL_armcap", "~0x20")], &[]),
        is_offered: offered!(none, "pmull"),
    },
    Feature {
        name: "Arm SHA-256",
        purpose: "SHA-256, and all that is derived by it",
        users: &["sha2: SHA-256, HMAC, HKDF", "AWS-LC: the hash inside ECDSA"],
        // ARMV8_SHA256, bit 4. It shows on OpenSSL's hash.
        mask: mask("mls-rs-openssl", &[("OPENSSL_armcap", "~0x10")], &[]),
        is_offered: offered!(none, "sha2"),
    },
];

/// The features that this CPU offers and that can be masked.
pub(crate) fn maskable() -> Vec<(&'static Feature, Mask)> {
    let with_mask = |feature: &'static Feature| Some((feature, feature.mask?));
    let offered = FEATURES.iter().filter(|feature| (feature.is_offered)());
    offered.filter_map(with_mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_masks_name_engines() {
        for (index, feature) in FEATURES.iter().enumerate() {
            assert!(
                FEATURES[index + 1..]
                    .iter()
                    .all(|other| other.name != feature.name)
            );
            if let Some(mask) = feature.mask {
                assert!(
                    crate::engines::find(mask.engine).is_ok(),
                    "{}",
                    feature.name
                );
                assert!(!mask.variables.is_empty());
            }
        }
    }
}

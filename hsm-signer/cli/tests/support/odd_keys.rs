//! Removal keys as other tools leave them in a token: pkcs11-tool (Debian package opensc), which
//! with SoftHSM makes keys that may decrypt and unwrap, whatever it is told.

use std::ffi::OsStr;

use super::programs::program;
use super::sandbox::Sandbox;
use super::softhsm::{PIN, module_path};

/// The label of every odd key: the removal key's of ECDSA P-256.
pub const P256: &str = "mls-removal-ecdsa_secp256r1_sha256";

/// What pkcs11-tool's keys may do beside signing, admitted.
pub const ADMITTED: [&str; 4] = ["--admit-use", "decrypt", "--admit-use", "unwrap"];

/// pkcs11-tool and the token of this label.
pub struct Tool<'a> {
    pub sandbox: &'a Sandbox,
    pub token: &'a str,
}

impl<'a> Tool<'a> {
    /// On the removal keys' token of a sandbox.
    pub fn of(sandbox: &'a Sandbox) -> Self {
        Self {
            sandbox,
            token: "removal",
        }
    }

    /// Runs it; it must succeed.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> String {
        let mut command = program("pkcs11-tool", "opensc");
        command.env("SOFTHSM2_CONF", self.sandbox.path("softhsm2.conf"));
        command.arg("--module").arg(module_path());
        command.args(["--token-label", self.token, "--login", "--pin", PIN]);
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        // It prints labels as they are, text or not.
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Makes a pair.
    pub fn make(&self, kind: &str, label: &str, id: &str, more: &[&str]) {
        let pair = ["--keypairgen", "--key-type", kind, "--label", label];
        self.run(&[&pair, ["--id", id].as_slice(), more].concat());
    }

    /// Makes a pair that signs, and keeps its value from being read.
    pub fn signing(&self, kind: &str, label: &str, id: &str, more: &[&str]) {
        let more = [&["--usage-sign", "--sensitive"], more].concat();
        self.make(kind, label, id, &more);
    }
}

/// A key that cannot be a removal key, labelled [`P256`].
pub struct OddKey {
    pub make: fn(&Tool<'_>, &str),
    /// A part of what is said of it.
    pub reason: &'static str,
    /// Whether the reason goes once [`ADMITTED`] is.
    pub admitted: bool,
}

/// One of each kind that pkcs11-tool makes. The functions get the key's label.
pub const ODD_KEYS: &[OddKey] = &[
    OddKey {
        make: |tool, label| tool.make("EC:prime256v1", label, "01", &["--usage-sign"]),
        reason: "CKA_DECRYPT is true; CKA_UNWRAP is true",
        admitted: true,
    },
    OddKey {
        make: |tool, label| tool.signing("EC:prime256v1", label, "01", &["--always-auth"]),
        reason: "CKA_ALWAYS_AUTHENTICATE is true",
        admitted: false,
    },
    OddKey {
        make: |tool, label| {
            let allowed = ["--allowed-mechanisms", "ECDSA-SHA256"];
            tool.signing("EC:prime256v1", label, "01", &allowed);
        },
        reason: "CKA_ALLOWED_MECHANISMS has no CKM_ECDSA",
        admitted: false,
    },
    OddKey {
        make: |tool, label| tool.signing("EC:prime256v1", label, "01", &["--extractable"]),
        reason: "CKA_EXTRACTABLE is not false",
        admitted: false,
    },
    OddKey {
        make: |tool, label| {
            tool.signing("EC:prime256v1", label, "01", &[]);
            tool.run(&["--delete-object", "--type", "pubkey", "--id", "01"]);
        },
        reason: "the token has no public key with id 01",
        admitted: false,
    },
    OddKey {
        make: |tool, label| {
            tool.signing("EC:prime256v1", label, "01", &[]);
            tool.signing("EC:prime256v1", "another", "02", &[]);
            tool.run(&["--delete-object", "--type", "pubkey", "--id", "01"]);
            tool.run(&["--set-id", "01", "--type", "pubkey", "--label", "another"]);
        },
        reason: "does not verify",
        admitted: false,
    },
    OddKey {
        make: |tool, label| tool.signing("EC:secp384r1", label, "01", &[]),
        reason: "its label says ECDSA P-256, it is ECDSA P-384",
        admitted: false,
    },
    OddKey {
        make: |tool, label| tool.make("rsa:2048", label, "01", &["--usage-sign"]),
        reason: "its label says ECDSA P-256, and it is no key of that",
        admitted: false,
    },
    OddKey {
        make: |tool, label| {
            tool.signing("EC:prime256v1", label, "01", &[]);
            tool.signing("EC:prime256v1", label, "02", &[]);
        },
        reason: "2 objects that are a private key",
        admitted: false,
    },
];

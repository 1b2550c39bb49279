//! A key that cannot be a removal key beside good ones: the service serves, and says so.

use std::time::Duration;

use crate::support::odd_keys::{ODD_KEYS, P256, Tool};
use crate::support::{Setup, item};

/// The odd key is the newest generation, which new groups would get.
#[test]
fn an_odd_key_is_never_shown_and_restarts_nothing() {
    for odd in ODD_KEYS {
        let mut setup = Setup::new();
        if !odd.admitted {
            setup.of_tokens("admit_key_uses = [\"decrypt\", \"unwrap\"]");
        }
        let label = format!("{P256}-g2");
        let tool = Tool {
            sandbox: &setup.sandbox,
            token: "example.com",
        };
        (odd.make)(&tool, &label);
        let service = setup.start();
        let processes = service.children();
        let keys = service.wire().get("/v1/keys").json();
        assert_eq!(keys["keys"].as_array().unwrap().len(), 4, "{keys}");
        let refused = keys["refused"].as_array().unwrap();
        assert!(!refused.is_empty(), "{keys}");
        for key in refused {
            assert_eq!(key["label"], label.as_str(), "{keys}");
            let reason = key["reason"].as_str().unwrap();
            assert!(reason.contains(odd.reason), "{reason}");
        }
        assert_eq!(refused[0]["id"], "01");
        let log = service.log();
        let line = log
            .lines()
            .find(|line| line.contains("a removal key is not used"));
        let line = line.unwrap_or_else(|| panic!("{log}"));
        assert!(line.contains(&label) && line.contains("01"), "{line}");
        let shown = service.wire().get("/mls/public-keys").json();
        let first = keys["keys"]
            .as_array()
            .unwrap()
            .iter()
            .find(|key| key["label"] == P256);
        assert_eq!(
            shown["removal"]["ecdsa_secp256r1_sha256"],
            first.unwrap()["public_key"]
        );
        // Longer than a probe of each key takes.
        for leaf in 0..5 {
            service
                .propose(vec![item("ecdsa_secp256r1_sha256", "group", leaf)])
                .unwrap();
            std::thread::sleep(Duration::from_millis(300));
        }
        assert_eq!(service.children(), processes);
        let log = service.log();
        assert!(!log.contains("recover"), "{log}");
        let labels = "{tenant=\"example.com\"}";
        let count = service.counted(&format!("mls_hsm_signer_refused_keys{labels}"));
        assert_eq!(count, refused.len() as u64);
    }
}

//! Who may ask for what.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

use mls_signer_message::scheme::Scheme;
use serde::{Deserialize, Serialize};

use super::{ConfigError, invalid};
use mls_signer_message::encoding::from_hex;

/// One caller: how it is known, and what it may do.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CallerConfig {
    /// Its name in the audit log, logs and metrics.
    pub name: String,
    /// The user ids by which it is known on the Unix socket.
    #[serde(default)]
    pub unix_uids: Vec<u32>,
    /// The subject alternative names by which its certificates are known.
    #[serde(default)]
    pub sans: Vec<San>,
    /// A file with the root of its certificates, which must be among `listen.tls.client_roots`
    /// and must be named where there are several; in PEM or DER.
    #[serde(default)]
    pub client_root: Option<PathBuf>,
    /// The tenants whose keys it may use and see.
    #[serde(default)]
    pub tenants: Vec<String>,
    pub may: Vec<Permission>,
    /// The schemes that it may use; if there are none, all are.
    #[serde(default)]
    pub schemes: Vec<String>,
    /// How the ids of its groups begin, in hexadecimal; if there are none, any group is allowed.
    #[serde(default)]
    pub group_id_prefixes: Vec<String>,
    /// Removals a second on average; 0 for no bound.
    #[serde(default)]
    pub removals_per_second: u32,
    /// Removals at once after a pause; 0 for ten seconds' worth.
    #[serde(default)]
    pub burst: u32,
    /// Removals in one request; 0 for `limits.batch`.
    #[serde(default)]
    pub batch: usize,
    /// Removals of it that wait, for each tenant; 0 for half of `limits.waiting`.
    #[serde(default)]
    pub waiting: usize,
    /// Its share of the HSM in proportion to the others' when they want it too.
    #[serde(default = "one")]
    pub weight: u32,
}

fn one() -> u32 {
    1
}

/// What a caller may do with its tenants.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    ProposeRemovals,
    ReadKeys,
    /// Read the audit log, of all tenants.
    ReadAudit,
    /// Read metrics, of all tenants.
    ReadMetrics,
}

/// A subject alternative name (RFC 5280, section 4.2.1.6): `dns:host.example` or
/// `uri:spiffe://example/galley`, compared as a whole.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String")]
pub struct San(String);

impl TryFrom<String> for San {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fit = |value: &str| !value.is_empty() && !value.contains('*') && value.is_ascii();
        match text.split_once(':') {
            // Host names are the same in either case.
            Some(("dns", host)) if fit(host) => Ok(Self(text.to_ascii_lowercase())),
            Some(("uri", uri)) if fit(uri) && uri.contains(':') => Ok(Self(text)),
            _ => Err(format!(
                "{text:?} is neither dns:HOST nor uri:URI; wildcards are not allowed"
            )),
        }
    }
}

impl fmt::Display for San {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl CallerConfig {
    pub(super) fn check(&self, tenants: &HashSet<&str>) -> Result<(), ConfigError> {
        let name = &self.name;
        if let Some(absent) = self.tenants.iter().find(|t| !tenants.contains(t.as_str())) {
            return invalid(format!("caller {name:?}: there is no tenant {absent:?}"));
        }
        if let Some(absent) = self.schemes.iter().find(|s| Scheme::by_name(s).is_none()) {
            return invalid(format!("caller {name:?}: there is no scheme {absent:?}"));
        }
        if let Some(prefix) = self.group_id_prefixes.iter().find(|p| bytes(p).is_none()) {
            return invalid(format!(
                "caller {name:?}: the group id prefix {prefix:?} is not hexadecimal, two digits \
                 for each byte"
            ));
        }
        if self.weight == 0 || self.weight > 1_000 {
            return invalid(format!("caller {name:?}: weight must be 1 to 1000"));
        }
        Ok(())
    }

    pub(crate) fn prefixes(&self) -> Vec<Vec<u8>> {
        let prefixes = self.group_id_prefixes.iter();
        prefixes.filter_map(|prefix| bytes(prefix)).collect()
    }
}

/// Decodes hexadecimal digits, two for each byte.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    from_hex(digits).filter(|bytes| !bytes.is_empty())
}

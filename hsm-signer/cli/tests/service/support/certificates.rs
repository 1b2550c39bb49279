//! Certificates made for a test.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};

use super::sandbox::Sandbox;
use std::path::PathBuf;

/// The serial number of the certificate that is revoked.
const REVOKED: u64 = 4711;

/// A root that issues certificates.
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, as files.
#[derive(Clone, Debug)]
pub struct Leaf {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let pem = parameters.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(parameters, key),
        }
    }

    /// Its own certificate, as a file.
    pub fn write(&self, sandbox: &Sandbox, name: &str) -> PathBuf {
        sandbox.write(name, &self.pem, 0o600)
    }

    /// A certificate for names such as `dns:host` and `uri:scheme:rest`.
    pub fn issue(&self, sandbox: &Sandbox, file: &str, names: &[&str]) -> Leaf {
        self.issue_for(sandbox, file, names, (2020, 2096), 1)
    }

    /// One that is valid between the first days of two years.
    pub fn issue_between(
        &self,
        sandbox: &Sandbox,
        file: &str,
        names: &[&str],
        years: (i32, i32),
    ) -> Leaf {
        self.issue_for(sandbox, file, names, years, 1)
    }

    /// One that [`revoke`](Self::revoke) revokes.
    pub fn issue_revoked(&self, sandbox: &Sandbox, file: &str, names: &[&str]) -> Leaf {
        self.issue_for(sandbox, file, names, (2020, 2096), REVOKED)
    }

    fn issue_for(
        &self,
        sandbox: &Sandbox,
        file: &str,
        names: &[&str],
        (from, until): (i32, i32),
        serial: u64,
    ) -> Leaf {
        let mut parameters = CertificateParams::default();
        parameters.not_before = date_time_ymd(from, 1, 1);
        parameters.not_after = date_time_ymd(until, 1, 1);
        parameters.serial_number = Some(SerialNumber::from(serial));
        parameters.subject_alt_names = names.iter().map(|name| san(name)).collect();
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        Leaf {
            certificate: sandbox.write(&format!("{file}.pem"), &certificate.pem(), 0o600),
            key: sandbox.write(&format!("{file}.key"), &key.serialize_pem(), 0o600),
        }
    }

    /// The list of what it has revoked, as a file.
    pub fn revoke(&self, sandbox: &Sandbox, name: &str) -> PathBuf {
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(2096, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![RevokedCertParams {
                serial_number: SerialNumber::from(REVOKED),
                revocation_time: date_time_ymd(2020, 1, 1),
                reason_code: None,
                invalidity_date: None,
            }],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.issuer).unwrap();
        sandbox.write(name, &list.pem().unwrap(), 0o600)
    }
}

fn san(name: &str) -> SanType {
    match name.split_once(':').unwrap() {
        ("dns", host) => SanType::DnsName(host.try_into().unwrap()),
        ("uri", uri) => SanType::URI(uri.try_into().unwrap()),
        ("ip", address) => SanType::IpAddress(address.parse().unwrap()),
        other => panic!("{other:?}"),
    }
}

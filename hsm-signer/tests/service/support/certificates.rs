//! Certificates made for a test.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
    date_time_ymd,
};

use super::sandbox::Sandbox;
use std::path::PathBuf;

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
        self.issue_until(sandbox, file, names, 2096)
    }

    /// One that is not valid after a year's first day.
    pub fn issue_until(&self, sandbox: &Sandbox, file: &str, names: &[&str], year: i32) -> Leaf {
        let mut parameters = CertificateParams::default();
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(year, 1, 1);
        parameters.subject_alt_names = names.iter().map(|name| san(name)).collect();
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        Leaf {
            certificate: sandbox.write(&format!("{file}.pem"), &certificate.pem(), 0o600),
            key: sandbox.write(&format!("{file}.key"), &key.serialize_pem(), 0o600),
        }
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

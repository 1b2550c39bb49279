//! Certificates made for a test.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationList,
    CertificateRevocationListParams, DnType, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};

use super::sandbox::Sandbox;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The serial number of the certificate that is revoked.
pub const REVOKED: u64 = 4711;

/// A root that issues certificates.
pub struct Authority {
    pub pem: String,
    pub der: Vec<u8>,
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
        let parameters = authority(name);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        Self::of(&certificate, parameters, key)
    }

    /// One that this one has issued.
    pub fn intermediate(&self, name: &str) -> Self {
        let (parameters, key) = (authority(name), KeyPair::generate().unwrap());
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        Self::of(&certificate, parameters, key)
    }

    fn of(certificate: &Certificate, parameters: CertificateParams, key: KeyPair) -> Self {
        Self {
            pem: certificate.pem(),
            der: certificate.der().to_vec(),
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
        let mut parameters = leaf(names, serial);
        parameters.not_before = date_time_ymd(from, 1, 1);
        parameters.not_after = date_time_ymd(until, 1, 1);
        self.issued(sandbox, file, &parameters)
    }

    fn issued(&self, sandbox: &Sandbox, file: &str, parameters: &CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        Leaf {
            certificate: sandbox.write(&format!("{file}.pem"), &certificate.pem(), 0o600),
            key: sandbox.write(&format!("{file}.key"), &key.serialize_pem(), 0o600),
        }
    }

    /// One that is valid for so long from now on.
    pub fn issue_briefly(
        &self,
        sandbox: &Sandbox,
        file: &str,
        names: &[&str],
        valid: Duration,
    ) -> Leaf {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let mut parameters = leaf(names, 1);
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(1970, 1, 1) + now + valid;
        self.issued(sandbox, file, &parameters)
    }

    /// The list of what it has revoked, as a file.
    pub fn revoke(&self, sandbox: &Sandbox, name: &str) -> PathBuf {
        sandbox.write(name, &self.list(&[REVOKED], 2096).pem().unwrap(), 0o600)
    }

    /// A list of revoked serial numbers that is valid until the first day of a year.
    pub fn list(&self, revoked: &[u64], until: i32) -> CertificateRevocationList {
        let revoked = revoked.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2020, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(until, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).unwrap()
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn leaf(names: &[&str], serial: u64) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.serial_number = Some(SerialNumber::from(serial));
    parameters.subject_alt_names = names.iter().map(|name| san(name)).collect();
    parameters
}

fn san(name: &str) -> SanType {
    match name.split_once(':').unwrap() {
        ("dns", host) => SanType::DnsName(host.try_into().unwrap()),
        ("uri", uri) => SanType::URI(uri.try_into().unwrap()),
        ("ip", address) => SanType::IpAddress(address.parse().unwrap()),
        other => panic!("{other:?}"),
    }
}

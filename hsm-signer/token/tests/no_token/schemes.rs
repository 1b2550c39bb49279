//! The schemes as PKCS#11 knows them, beside those of MLS.

use der::Encode;
use mls_signer_message::scheme::{Algorithm, SCHEMES};
use mls_signer_token::pkcs11_scheme::{PKCS11_SCHEMES, Parameters, Pkcs11Scheme};

fn forms(row: &Pkcs11Scheme) -> &'static [&'static [u8]] {
    match row.parameters {
        Parameters::Curve(forms) => forms,
        Parameters::Set(_) => &[],
    }
}

#[test]
fn every_scheme_has_both_halves() {
    assert_eq!(PKCS11_SCHEMES.len(), SCHEMES.len());
    for (scheme, row) in SCHEMES.iter().zip(PKCS11_SCHEMES) {
        assert!(std::ptr::eq(Pkcs11Scheme::of(scheme).unwrap(), row));
        let hashes = matches!(scheme.algorithm, Algorithm::EcDsa { .. });
        assert_eq!(row.hash_and_sign.is_some(), hashes, "{}", scheme.name);
    }
}

#[test]
fn parameters_name_the_same_curve_as_the_oids() {
    for scheme in SCHEMES.iter().filter(|s| s.algorithm != Algorithm::MlDsa) {
        let curve = scheme.curve_oid.unwrap_or(scheme.algorithm_oid);
        let encoded = curve.to_der().unwrap();
        let row = Pkcs11Scheme::of(scheme).unwrap();
        assert!(forms(row).contains(&encoded.as_slice()), "{}", scheme.name);
    }
}

#[test]
fn every_scheme_is_found_by_what_a_token_says() {
    for row in PKCS11_SCHEMES {
        let by_curve = forms(row)
            .iter()
            .map(|form| Pkcs11Scheme::scheme_of(row.key_type, Some(form), None));
        let set = match row.parameters {
            Parameters::Set(set) => Some(*set.as_ref()),
            Parameters::Curve(_) => None,
        };
        let by_set = set.map(|set| Pkcs11Scheme::scheme_of(row.key_type, None, Some(set)));
        for scheme in by_curve.chain(by_set) {
            assert_eq!(scheme.unwrap().signature_scheme, row.signature_scheme);
        }
        assert!(Pkcs11Scheme::scheme_of(row.key_type, None, None).is_none());
    }
}

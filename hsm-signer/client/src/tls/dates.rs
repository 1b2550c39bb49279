//! Certificates and revocation lists that are out of date: whoever checks them refuses, and the
//! operator should know it first.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use der::{DateTime, Decode, Reader, SliceReader, Tag, Tagged};

use super::files::{certificates, revocation_lists};

/// What is out of date now, of an end's own certificates and the revocation lists by which it checks
/// the other's: each with its file, since when, and what follows. Files that cannot be read are
/// passed over, as who loads them says.
pub fn out_of_date(certificate: &Path, lists: &[PathBuf]) -> Vec<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default();
    let mut said = Vec::new();
    for der in certificates(certificate).unwrap_or_default() {
        let path = certificate.display();
        let Some((from, until)) = validity(&der) else {
            continue;
        };
        if until.unix_duration() < now {
            said.push(format!(
                "{path}: a certificate in it is out of date since {until}, and callers refuse the \
                 service; have it renewed"
            ));
        } else if from.unix_duration() > now {
            said.push(format!(
                "{path}: a certificate in it counts from {from} on, and callers refuse the service \
                 until then; is this machine's clock right?"
            ));
        }
    }
    for list in lists {
        let path = list.display();
        for der in revocation_lists(std::slice::from_ref(list)).unwrap_or_default() {
            if let Some(next) = next_update(&der)
                && next.unix_duration() < now
            {
                said.push(format!(
                    "{path}: a revocation list in it is out of date since {next}, and the callers of \
                     its issuer are refused; fetch the newest"
                ));
            }
        }
    }
    said
}

/// Until when all of these certificates hold, in seconds since 1970 (UTC): the first notAfter.
pub(super) fn certificates_until<'a>(ders: impl IntoIterator<Item = &'a [u8]>) -> Option<u64> {
    let ends = ders.into_iter().filter_map(validity);
    ends.map(|(_, until)| until.unix_duration().as_secs()).min()
}

/// Until when all of these revocation lists hold, in seconds since 1970 (UTC): the first nextUpdate.
pub(super) fn lists_until<'a>(ders: impl IntoIterator<Item = &'a [u8]>) -> Option<u64> {
    let ends = ders.into_iter().filter_map(next_update);
    ends.map(|next| next.unix_duration().as_secs()).min()
}

/// notBefore and notAfter (RFC 5280, section 4.1).
fn validity(certificate: &[u8]) -> Option<(DateTime, DateTime)> {
    let fields = signed_fields(certificate)?;
    // After the version, where it is there: serial number, algorithm, issuer.
    let first = usize::from(matches!(fields.first()?.tag(), Tag::ContextSpecific { .. }));
    let validity = elements(fields.get(first + 3)?.value())?;
    Some((time(validity.first()?)?, time(validity.get(1)?)?))
}

/// nextUpdate (RFC 5280, section 5.1), where the list has one.
fn next_update(list: &[u8]) -> Option<DateTime> {
    let fields = signed_fields(list)?;
    // After the version, where it is there: algorithm, issuer, thisUpdate.
    let first = usize::from(fields.first()?.tag() == Tag::Integer);
    time(fields.get(first + 3)?)
}

/// The fields of what is signed, which is the first in a certificate and in a list.
fn signed_fields(der: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let whole = AnyRef::from_der(der).ok()?;
    let signed = elements(whole.value())?;
    elements(signed.first()?.value())
}

fn elements(content: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(content).ok()?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        elements.push(AnyRef::decode(&mut reader).ok()?);
    }
    Some(elements)
}

fn time(value: &AnyRef<'_>) -> Option<DateTime> {
    match value.tag() {
        Tag::UtcTime => Some(value.decode_as::<UtcTime>().ok()?.to_date_time()),
        Tag::GeneralizedTime => Some(value.decode_as::<GeneralizedTime>().ok()?.to_date_time()),
        _ => None,
    }
}

//! Encodings and hashes, which are stored and signed.

use mls_fips::{FipsStatus, Requirement};
use mls_signer_audit::chain::next;
use mls_signer_audit::{
    Caller, Chain, Fault, FipsMark, Kind, Line, Record, SignedStatement, Statement, StoredRecord,
    Trust, Verification, VerifyingKey,
};
use mls_signer_message::Removal;
use mls_signer_message::encoding::{from_hex, hex};
use mls_signer_message::hash::sha256;
use openmls_traits::types::SignatureScheme;

fn record(fips: FipsMark) -> Record {
    Record {
        chain_id: [1; 32],
        sequence: 2,
        time: 3,
        tenant: "tenant".into(),
        caller: Caller {
            name: "caller".into(),
            authentication: "unix uid 1000".into(),
        },
        request_id: "request".into(),
        key_label: "key".into(),
        key_fingerprint: [4; 32],
        scheme: SignatureScheme::ED25519,
        source: "token".into(),
        removal: Removal {
            group_id: vec![5],
            epoch: 6,
            leaf_index: 7,
            sender_index: 8,
        },
        proposal_ref: vec![9; 32],
        signature_hash: [10; 32],
        message_hash: [11; 32],
        fips,
    }
}

/// The numbers of the encoding, which those of the enumerations must not leave.
#[test]
fn every_fips_status_is_read_back_and_no_other_number() {
    let mut read = 0;
    let statuses = [
        FipsStatus::Unvalidated,
        FipsStatus::Pending,
        FipsStatus::Affirmed,
        FipsStatus::Certified,
    ];
    let requirements = [Requirement::None, Requirement::Fips, Requirement::Strict];
    for (status, number) in statuses.into_iter().zip(0u8..) {
        for (requirement, other) in requirements.into_iter().zip(0u8..) {
            let record = record(FipsMark {
                status,
                requirement,
                module: "4.2.0".into(),
            });
            let encoded = record.encode();
            assert!(encoded.ends_with(&[&[number, other, 5][..], b"4.2.0"].concat()));
            assert_eq!(Record::decode(&encoded), Some(record));
            read += 1;
        }
    }
    assert_eq!(read, 12);
    let encoded = record(FipsMark::of_process()).encode();
    assert!(Record::decode(&encoded).is_some());
    let module = FipsMark::of_process().module.len();
    for (place, number) in [(3 + module, 4), (2 + module, 3), (1 + module, 0x3f)] {
        let mut wrong = encoded.clone();
        let at = wrong.len() - place;
        wrong[at] = number;
        assert_eq!(Record::decode(&wrong), None, "{place} from the end");
    }
}

/// Records are stored and hashed: these bytes stay as they are.
#[test]
fn the_bytes_of_a_record_are_the_same_for_ever() {
    let mut record = record(FipsMark {
        status: FipsStatus::Certified,
        requirement: Requirement::Strict,
        module: "4.2.0".into(),
    });
    record.scheme = SignatureScheme::ECDSA_SECP521R1_SHA512;
    record.tenant = "Zürich".into();
    record.removal.group_id = vec![0x55; 64];
    record.removal.epoch = 0x0102_0304_0506_0708;
    record.proposal_ref = vec![0x99; 0x4000];
    let encoded = record.encode();
    let (head, rest) = encoded.split_at(200);
    assert_eq!(
        hex(head),
        "000201010101010101010101010101010101010101010101010101010101010101010000\
         0000000000020000000000000003075ac3bc726963680663616c6c65720d756e69782075\
         696420313030300772657175657374036b65790404040404040404040404040404040404\
         040404040404040404040404040404060305746f6b656e40405555555555555555555555\
         555555555555555555555555555555555555555555555555555555555555555555555555\
         5555555555555555555555555555555555010203"
    );
    assert_eq!(
        hex(&sha256(rest)),
        "87ff6a9b03afcaf559a80dcb46aa23553231a01db7824a8002b4f3117938db56"
    );
    assert_eq!(encoded.len(), 16673);
    assert_eq!(Record::decode(&encoded), Some(record));
}

/// Nothing behind a record, no length that could be shorter, no text that is not UTF-8.
#[test]
fn there_is_one_encoding_of_each_record() {
    let record = record(FipsMark::of_process());
    let encoded = record.encode();
    for length in 0..encoded.len() {
        assert_eq!(Record::decode(&encoded[..length]), None, "{length}");
    }
    assert_eq!(Record::decode(&[&encoded[..], &[0]].concat()), None);
    let tenant = 2 + 32 + 8 + 8;
    assert_eq!(encoded[tenant..][..7], *b"\x06tenant");
    for wrong in [
        &b"\x40\x06tenant"[..],
        b"\x80\0\0\x06tenant",
        b"\x06t\xffnant",
    ] {
        let wrong = [&encoded[..tenant], wrong, &encoded[tenant + 7..]].concat();
        assert_eq!(Record::decode(&wrong), None);
    }
    let mut later = encoded.clone();
    later[1] = 3;
    assert_eq!(Record::decode(&later), None);
}

fn statement(kind: Kind) -> Statement {
    Statement {
        kind,
        chain_id: [1; 32],
        tenant: "Zürich".into(),
        sequence: 2,
        head: [3; 32],
        time: 0x0102_0304_0506_0708,
    }
}

/// Statements are stored and signed: these bytes stay as they are.
#[test]
fn the_bytes_of_a_statement_are_the_same_for_ever() {
    for (kind, expected) in [
        (
            Kind::Checkpoint,
            "000101010101010101010101010101010101010101010101010101010101010101010107\
             5ac3bc726963680000000000000002030303030303030303030303030303030303030303\
             03030303030303030303030102030405060708",
        ),
        (
            Kind::Pruning,
            "000102010101010101010101010101010101010101010101010101010101010101010107\
             5ac3bc726963680000000000000002030303030303030303030303030303030303030303\
             03030303030303030303030102030405060708",
        ),
    ] {
        let statement = statement(kind);
        assert_eq!(hex(&statement.encode()), expected);
        assert_eq!(Statement::decode(&statement.encode()), Some(statement));
    }
    assert_eq!(
        hex(&statement(Kind::Checkpoint).signature_input()),
        "1e6d6c732d68736d2d7369676e65722061756469742073746174656d656e74405b000101\
         0101010101010101010101010101010101010101010101010101010101010101075ac3bc\
         726963680000000000000002030303030303030303030303030303030303030303030303\
         03030303030303030102030405060708"
    );
}

#[test]
fn other_versions_kinds_and_lengths_of_statements_are_refused() {
    let encoded = statement(Kind::Pruning).encode();
    for (place, number) in [(1, 2), (2, 0), (2, 3), (35, 0x40)] {
        let mut wrong = encoded.clone();
        wrong[place] = number;
        assert_eq!(Statement::decode(&wrong), None, "{place}");
    }
    assert_eq!(Statement::decode(&[&encoded[..], &[0]].concat()), None);
}

fn bytes<T: TryFrom<Vec<u8>>>(text: &str) -> T {
    from_hex(text).unwrap().try_into().ok().unwrap()
}

/// A chain without records that begins with `anchor`.
fn chain(anchor: [u8; 32]) -> Chain {
    Chain {
        tenant: "Zürich".into(),
        id: [1; 32],
        pruned: 0,
        anchor,
        sequence: 0,
        head: anchor,
    }
}

/// Hashes are stored and signed: those of a chain stay as they are.
#[test]
fn the_hashes_are_the_same_for_ever() {
    let first = bytes("c3afc696487f9b37303c1c9e911ebbc1fa46b0ff2e3ec98b7ec3549f7a8f6d51");
    let begun = Verification::begin(chain(first), Vec::new(), &Trust::default());
    assert!(begun.finish().sound());
    let other = Verification::begin(chain([0; 32]), Vec::new(), &Trust::default());
    assert_eq!(other.finish().findings[0].fault, Fault::Genesis);
    assert_eq!(
        hex(&next(&first, &[2; 300])),
        "ed3fc1af86c95d999ebaf39fefe7722fc2d023e9b09e30068eb5405554bb8fd9"
    );
}

/// Digests are stored: that of a request stays as it is.
#[test]
fn a_digest_is_the_same_for_ever() {
    let mut record = record(FipsMark::of_process());
    record.tenant = "Zürich".into();
    record.key_fingerprint = [1; 32];
    record.removal = Removal {
        group_id: vec![2; 64],
        epoch: 0x0102_0304_0506_0708,
        leaf_index: 3,
        sender_index: 4,
    };
    // Of a message that is another than the one recorded nothing more is asked.
    record.message_hash = sha256(&[]);
    let other_request = |digest: [u8; 32]| {
        let mut log = Verification::begin(chain([0; 32]), Vec::new(), &Trust::default());
        log.record(&StoredRecord {
            sequence: 1,
            request: Some(digest),
            encoded: record.encode(),
            hash: [0; 32],
            message: Vec::new(),
            proposal_ref: record.proposal_ref.clone(),
        });
        let findings = log.finish().findings;
        findings.iter().any(|found| found.fault == Fault::Request)
    };
    let digest = "5ea354d8160fbaddc111c9c044a65794b02b62ad4e8de9edc13cac055b8833b3";
    assert!(!other_request(bytes(digest)));
    assert!(other_request([0; 32]));
}

/// A line of each type, and its text.
fn lines() -> [(Line, String); 3] {
    let [one, three, four, nine, ten, eleven, twelve] =
        [1, 3, 4, 9, 10, 11, 12].map(|byte| hex(&[byte; 32]));
    let signed = SignedStatement {
        statement: statement(Kind::Pruning),
        key: VerifyingKey {
            scheme: SignatureScheme::ED25519,
            public_key: vec![1, 2, 3],
        },
        signature: vec![4, 5, 6],
    };
    let record = record(FipsMark {
        status: FipsStatus::Certified,
        requirement: Requirement::Strict,
        module: "4.2.0".into(),
    });
    let stored = StoredRecord {
        sequence: 2,
        request: None,
        encoded: record.encode(),
        hash: [12; 32],
        message: vec![1, 2, 3],
        proposal_ref: record.proposal_ref,
    };
    [
        (
            Line::Chain(chain([3; 32])),
            format!(
                "{{'type':'chain','format':2,'tenant':'Zürich','chain_id':'{one}','pruned':0,\
                 'anchor':'{three}','sequence':0,'head':'{three}'}}"
            ),
        ),
        (
            Line::Statement(signed),
            format!(
                "{{'type':'statement','kind':'pruning','tenant':'Zürich','chain_id':'{one}',\
                 'sequence':2,'head':'{three}','time':72623859790382856,'scheme':'ed25519',\
                 'public_key':'AQID','signature':'BAUG'}}"
            ),
        ),
        (
            Line::Record(Box::new(stored)),
            format!(
                "{{'type':'record','chain_id':'{one}','sequence':2,'time':3,'tenant':'tenant',\
                 'caller':'caller','authentication':'unix uid 1000','request_id':'request',\
                 'key_label':'key','key_fingerprint':'{four}','scheme':'ed25519','source':'token',\
                 'group_id':'05','epoch':6,'leaf_index':7,'sender_index':8,\
                 'proposal_ref':'{nine}','signature_hash':'{ten}','message_hash':'{eleven}',\
                 'fips_status':'Certified','fips_requirement':'strict','fips_module':'4.2.0',\
                 'hash':'{twelve}','message':'AQID'}}"
            ),
        ),
    ]
    .map(|(line, text)| (line, text.replace('\'', "\"")))
}

/// Exports are archived: their lines stay as they are.
#[test]
fn lines_of_an_export_are_the_same_for_ever() {
    for (line, text) in lines() {
        assert_eq!(line.write().unwrap(), text);
        assert_eq!(Line::read(&text).unwrap(), line);
    }
}

/// No field more, none less, none twice, and each in its one form.
#[test]
fn lines_of_an_export_are_read_strictly() {
    let mut refused = 0;
    for (_, text) in lines() {
        let fields: Vec<&str> = text.trim_matches(['{', '}']).split(',').collect();
        for at in 0..fields.len() {
            let mut less = fields.clone();
            less.remove(at);
            let mut twice = fields.clone();
            twice.insert(at, fields[at]);
            for wrong in [less, twice] {
                let wrong = format!("{{{}}}", wrong.join(","));
                assert!(Line::read(&wrong).is_err(), "{wrong}");
                refused += 1;
            }
        }
        for (from, to) in [
            ("{", r#"{"more":1,"#),
            ("0101", "010"),
            ("0101", "0G01"),
            ("0101", "A101"),
            (r#""sequence":"#, r#""sequence":-"#),
        ] {
            assert!(text.contains(from), "{from}");
            let wrong = text.replacen(from, to, 1);
            assert!(Line::read(&wrong).is_err(), "{wrong}");
            refused += 1;
        }
    }
    assert_eq!(refused, 2 * (8 + 10 + 24) + 3 * 5);
    let (_, chain) = &lines()[0];
    let other = chain.replace(r#""format":2"#, r#""format":3"#);
    assert!(Line::read(&other).is_err());
}

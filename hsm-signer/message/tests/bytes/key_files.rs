//! Key files in every form that openssl and others write: what openssl reads is read, anything else
//! is refused with its reason and the command that helps.

use std::process::{Command, Stdio};

use mls_signer_message::encoding::EncodingError;
use mls_signer_message::encoding::key_file::NotPkcs8::{self, *};
use mls_signer_message::encoding::pkcs8::PrivateKey;

const PASSPHRASE: &str = "correct horse";

/// What openssl writes for `arguments`, given `input`.
fn openssl(arguments: &str, input: &[u8]) -> Vec<u8> {
    let child = Command::new("openssl")
        .args(arguments.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.expect("openssl (apt-get install openssl)");
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments}: {output:?}");
    output.stdout
}

fn generate(options: &str) -> String {
    text(openssl(&format!("genpkey {options}"), b""))
}

fn generate_ec(curve: &str) -> String {
    generate(&format!("-algorithm EC -pkeyopt ec_paramgen_curve:{curve}"))
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn der(pem: &str) -> Vec<u8> {
    let arguments = "pkcs8 -topk8 -nocrypt -outform DER";
    openssl(arguments, pem.as_bytes())
}

/// One of each scheme of Wire.
fn four() -> [String; 4] {
    let [p256, p384, p521] = ["P-256", "P-384", "P-521"].map(generate_ec);
    [generate("-algorithm ed25519"), p256, p384, p521]
}

fn read(content: &[u8]) -> Result<PrivateKey, EncodingError> {
    PrivateKey::from_file(content, Some(PASSPHRASE.as_bytes()))
}

fn refused(content: &[u8]) -> String {
    read(content).unwrap_err().to_string()
}

fn reason(content: &[u8]) -> NotPkcs8 {
    match read(content).unwrap_err() {
        EncodingError::NotPkcs8(reason) => reason,
        other => panic!("{other}"),
    }
}

/// Forms of a key that openssl reads, of each scheme.
fn forms(pem: &str) -> Vec<(&'static str, Vec<u8>)> {
    let lines: Vec<_> = pem.lines().collect();
    let body = lines[1..lines.len() - 1].concat();
    let wide = |width: usize| {
        let body: Vec<_> = body.as_bytes().chunks(width).map(str::from_utf8).collect();
        let body: Vec<_> = body.into_iter().map(Result::unwrap).collect();
        let [first, .., last] = &lines[..] else {
            panic!("{pem}")
        };
        format!("{first}\n{}\n{last}\n", body.join("\n")).into_bytes()
    };
    let with = |before: &str, after: &str| format!("{before}{pem}{after}").into_bytes();
    let public = text(openssl("pkey -pubout", pem.as_bytes()));
    let parameters = text(openssl("ecparam -name prime256v1", b""));
    let bag = "Bag Attributes\n    friendlyName: removal\nKey Attributes: <No Attributes>\n";
    let ended = |end: &str| pem.replace('\n', end).into_bytes();
    vec![
        ("as it is", pem.into()),
        ("DER", der(pem)),
        ("no last line break", pem.trim_end().into()),
        ("CRLF", ended("\r\n")),
        ("blanks at the ends of lines", ended("  \t\n")),
        ("blank lines after it", with("", "\n  \n")),
        ("text after it", with("", "# the end\n")),
        ("bag attributes", with(bag, "")),
        ("a byte order mark", with("\u{feff}", "")),
        ("lines of 40", wide(40)),
        ("lines of 76", wide(76)),
        ("one long line", wide(body.len())),
        ("a public key before it", with(&public, "")),
        ("a public key after it", with("", &public)),
        ("parameters before it", with(&parameters, "")),
        ("DER and a line break", [&der(pem)[..], b"\n"].concat()),
        (
            "DER and blank lines",
            [&der(pem)[..], b"\r\n \r\n"].concat(),
        ),
        (
            "what is not visible at the ends of lines",
            ended("\u{200b}\n"),
        ),
        ("umlauts at the ends of lines", ended("\u{e4}\u{a0}\r\n")),
    ]
}

#[test]
fn what_openssl_reads_is_read() {
    for pem in four() {
        let public = openssl("pkey -pubout -outform DER", pem.as_bytes());
        for (name, content) in forms(&pem) {
            let key = read(&content).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(public.ends_with(key.public_key()), "{name}");
            openssl("pkey -noout", &content);
        }
    }
}

#[test]
fn a_certificate_beside_the_key_does_not_matter() {
    let pem = generate_ec("P-256");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &pem).unwrap();
    let request = format!("req -x509 -subj /CN=x -key {}", file.path().display());
    let certificate = text(openssl(&request, b""));
    for both in [[&pem, &certificate], [&certificate, &pem]] {
        read(both.map(String::as_str).concat().as_bytes()).unwrap();
    }
    assert_eq!(reason(certificate.as_bytes()), Certificate);
    let certificate = openssl("x509 -outform DER", certificate.as_bytes());
    assert_eq!(reason(&certificate), Certificate);
}

#[test]
fn openssls_points_in_every_form_are_read() {
    for curve in ["P-256", "P-384", "P-521"] {
        let pem = generate_ec(curve);
        let plain = read(pem.as_bytes()).unwrap();
        for form in ["compressed", "hybrid", "uncompressed"] {
            let sec1 = openssl(&format!("ec -conv_form {form}"), pem.as_bytes());
            let key = openssl("pkcs8 -topk8 -nocrypt", &sec1);
            assert_eq!(
                read(&key).unwrap().public_key(),
                plain.public_key(),
                "{form}"
            );
        }
        let sec1 = openssl("ec -no_public", pem.as_bytes());
        read(&openssl("pkcs8 -topk8 -nocrypt", &sec1)).unwrap();
    }
}

#[cfg(not(feature = "fips"))]
#[test]
fn encrypted_keys_are_read_or_the_method_is_named() {
    let pem = generate_ec("P-256");
    let encrypted = |options: &str| {
        let arguments = format!("pkcs8 -topk8 {options} -passout");
        let mut command = arguments.split(' ').map(str::to_owned).collect::<Vec<_>>();
        command.push(format!("pass:{PASSPHRASE}"));
        let mut child = Command::new("openssl")
            .args(&command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), pem.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{options}");
        output.stdout
    };
    for options in [
        "-v2 aes-256-cbc",
        "-v2 aes-256-cbc -outform DER",
        "-v2 aes-192-cbc",
        "-v2 aes-128-cbc -v2prf hmacWithSHA512",
        "-scrypt",
    ] {
        let file = encrypted(options);
        read(&file).unwrap_or_else(|error| panic!("{options}: {error}"));
        let wrong = PrivateKey::from_file(&file, Some(b"wrong")).unwrap_err();
        assert_eq!(wrong, EncodingError::NotDecrypted, "{options}");
        let without = PrivateKey::from_file(&file, None).unwrap_err();
        assert_eq!(without, EncodingError::Encrypted, "{options}");
    }
    const LEGACY: &str = "-provider legacy -provider default";
    for (options, name) in [
        ("-v2 des3", "DES-EDE3-CBC"),
        ("-v2 camellia-256-cbc", "Camellia-256-CBC"),
        ("-v2 aes-256-cbc -v2prf hmacWithSHA1", "HMAC-SHA-1"),
        ("-v1 PBE-SHA1-3DES", "pbeWithSHAAnd3-KeyTripleDES-CBC"),
        (&format!("-v1 PBE-MD5-DES {LEGACY}"), "pbeWithMD5AndDES-CBC"),
        (
            &format!("-v1 PBE-SHA1-RC2-40 {LEGACY}"),
            "pbeWithSHAAnd40BitRC2-CBC",
        ),
        (&format!("-v2 des-cbc {LEGACY}"), "DES-CBC"),
    ] {
        let file = encrypted(options);
        let said = refused(&file);
        assert!(
            said.contains(&format!("and {name} is not read")),
            "{options}: {said}"
        );
        // As the message says.
        let (_, command) = said.rsplit_once(": ").unwrap();
        assert_eq!(command.contains(LEGACY), options.contains(LEGACY), "{said}");
        let converted = converted(command, &file, &["-passin", &format!("pass:{PASSPHRASE}")]);
        read(&converted).unwrap_or_else(|error| panic!("{command}: {error}"));
    }
}

#[test]
fn other_keys_are_named() {
    for curve in ["secp256k1", "secp224r1", "brainpoolP256r1"] {
        let said = refused(generate_ec(curve).as_bytes());
        assert!(said.contains(curve), "{said}");
        assert!(said.contains("ECDSA P-256"), "{said}");
    }
    for algorithm in ["X25519", "RSA", "RSA-PSS"] {
        let said = refused(generate(&format!("-algorithm {algorithm}")).as_bytes());
        assert!(said.contains(&format!("of {algorithm},")), "{said}");
    }
    let explicit = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit";
    let explicit = generate(explicit);
    let error = read(explicit.as_bytes()).unwrap_err();
    assert_eq!(error, EncodingError::ExplicitParameters);
    // As the message says.
    let named = openssl("pkey -ec_param_enc named_curve", explicit.as_bytes());
    read(&named).unwrap();
}

#[test]
fn other_forms_are_named_with_the_command_that_converts_them() {
    let pem = generate_ec("P-256");
    let sec1 = openssl("ec", pem.as_bytes());
    let traditional = openssl("genrsa -traditional 2048", b"");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let public = openssl("pkey -pubout", pem.as_bytes());
    let cases: Vec<(NotPkcs8, Vec<u8>)> = vec![
        (Empty, "".into()),
        (Empty, " \n\r\n".into()),
        (Empty, "\u{feff}\n".into()),
        (OtherText, "no key".into()),
        (Binary, vec![0xde, 0xad, 0, 0xbe, 0xef]),
        (Truncated, pem[..100].into()),
        (TruncatedDer, der(&pem)[..100].into()),
        (
            OtherEnd,
            pem.replace("END PRIVATE", "END EC PRIVATE").into(),
        ),
        (TrailingBytes, [&der(&pem)[..], b"\nx"].concat()),
        (Damaged, pem.replacen("MIG", "AAA", 1).into()),
        (Damaged, pem.replacen("MIG", "M*G", 1).into()),
        (Several, [pem.as_str(), &pem].concat().into()),
        (Several, [pem.as_bytes(), &sec1].concat()),
        (PublicKey, openssl("pkey -pubin -outform DER", &public)),
        (PublicKey, public),
        (Sec1, openssl("ec -outform DER", pem.as_bytes())),
        (Sec1, openssl("ecparam -name prime256v1 -genkey", b"")),
        (Sec1, sec1),
        (
            RsaOrDsa,
            openssl("rsa -outform DER -traditional", &traditional),
        ),
        (RsaOrDsa, traditional),
        (OtherPem, openssl("ecparam -name prime256v1", b"")),
        (OpenSsh, pem.replace("PRIVATE", "OPENSSH PRIVATE").into()),
        (CarriageReturns, pem.replace('\n', "\r").into()),
        (
            Indented,
            format!("    {}", pem.replace('\n', "\n    ")).into(),
        ),
        (LowerCase, pem.replace("PRIVATE KEY", "private key").into()),
        (LowerCase, pem.to_ascii_lowercase().into()),
        (LineBreaksLost, pem.replace('\n', "").into()),
        (LineBreaksLost, pem.replace('\n', " ").into()),
        (LineBreaksEscaped, pem.replace('\n', "\\n").into()),
        (Base64, body.into()),
        (Base64OfPem, openssl("base64", pem.as_bytes())),
        (
            Utf16,
            pem.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        (
            Utf16,
            format!("\u{feff}{pem}")
                .encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect(),
        ),
        (Sops, "ENC[AES256_GCM,data:Zm9v,type:str]".into()),
        (AnsibleVault, "$ANSIBLE_VAULT;1.1;AES256\n33\n".into()),
    ];
    for (wanted, content) in &cases {
        assert_eq!(reason(content), *wanted);
    }
    println!("{} forms were refused", cases.len());
}

#[test]
fn pkcs12_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), generate_ec("P-256")).unwrap();
    let request = format!("req -x509 -subj /CN=x -key {}", file.path().display());
    let certificate = openssl(&request, b"");
    let arguments = "pkcs12 -export -passout pass:x -inkey";
    let arguments = format!("{arguments} {}", file.path().display());
    assert_eq!(reason(&openssl(&arguments, &certificate)), Pkcs12);
}

/// What a command that a message says makes of `form`; `more` goes after its first word but one.
fn converted(command: &str, form: &[u8], more: &[&str]) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("FILE"), form).unwrap();
    let quoted: Vec<_> = more.iter().map(|word| format!("'{word}'")).collect();
    let command = command.replacen(" -topk8", &format!(" -topk8 {}", quoted.join(" ")), 1);
    let mut shell = Command::new("sh");
    let run = shell.args(["-c", &command]).current_dir(directory.path());
    let output = run.output().unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
    std::fs::read(directory.path().join("KEY.pem")).unwrap()
}

/// Whatever stands around PEM, in whatever encoding, openssl reads it.
#[test]
fn bytes_that_are_no_text_around_pem_do_not_matter() {
    let pem = generate_ec("P-256");
    let forms: [(&str, Vec<u8>); 5] = [
        (
            "a Latin-1 byte before it",
            [b"# cl\xe9 de suppression\n", pem.as_bytes()].concat(),
        ),
        (
            "a Latin-1 byte after it",
            [pem.as_bytes(), b"\xe9\n"].concat(),
        ),
        ("zero bytes after it", [pem.as_bytes(), &[0; 3]].concat()),
        (
            "a page of zero bytes after it",
            [pem.as_bytes(), &[0; 4096]].concat(),
        ),
        (
            "a zero byte in a line before it",
            [b"\0\n", pem.as_bytes()].concat(),
        ),
    ];
    for (name, form) in &forms {
        openssl("pkey -noout", form);
        read(form).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    assert_eq!(reason(pem.replace("\nM", "\n\0M").as_bytes()), Damaged);
}

/// Run as they are said, they give a key that is read.
#[test]
fn the_commands_help() {
    let pem = generate_ec("P-256");
    let explicit = "ecparam -name prime256v1 -genkey -param_enc explicit -noout";
    let forms: [Vec<u8>; 10] = [
        openssl("ec", pem.as_bytes()),
        openssl("ec -outform DER", pem.as_bytes()),
        openssl(explicit, b""),
        pem.replace('\n', "\r").into(),
        format!("  {}", pem.replace('\n', "\n\t ")).into(),
        pem.replace('\n', "").into(),
        pem.replace('\n', " ").into(),
        pem.replace('\n', "\\n").into(),
        openssl("base64", pem.as_bytes()),
        format!("\u{feff}{pem}")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
    ];
    for form in forms {
        let said = refused(&form);
        let (_, command) = said.rsplit_once(": ").unwrap();
        let converted = converted(command, &form, &[]);
        read(&converted).unwrap_or_else(|error| panic!("{command}: {error}"));
    }
}

/// Whatever is missing from a file or changed in it, it is read or refused.
#[test]
fn no_damage_panics() {
    for pem in four() {
        for whole in [pem.clone().into_bytes(), der(&pem)] {
            for at in 0..whole.len() {
                let _ = read(&whole[..at]);
                let _ = read(&whole[at..]);
                for bit in 0..8 {
                    let mut changed = whole.clone();
                    changed[at] ^= 1 << bit;
                    let _ = read(&changed);
                }
            }
        }
    }
}

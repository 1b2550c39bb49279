#!/usr/bin/env python3
"""Select RFC 9180 test vectors and write them in compact form.

Usage: rfc9180.py base PATH/TO/test-vectors.json > rfc9180-base.json
       rfc9180.py psk PATH/TO/test-vectors.json > rfc9180-psk.json
       rfc9180.py x448 PATH/TO/test-vectors.json > rfc9180-x448.json

The input is the file named in SOURCE; its SHA-256 is checked. What a reader can
compute (additional data, nonces) is left out, after checking that the rule holds.
"""

import hashlib
import json
import sys

SOURCE = {
    "origin": "RFC 9180, Appendix A: the test-vectors.json published with the RFC",
    "package": "pyhpke 0.6.5 source distribution (PyPI, MIT licence)",
    "file": "tests/vectors/test-vectors.json",
    "sha256": "c9811a43b62e0a5919fbd65912578d8835b85f3c108763a7f899cd03690bdda2",
}
BASE, PSK = 0x00, 0x01
P256, P521, X25519, X448 = 0x0010, 0x0012, 0x0020, 0x0021
SELECTIONS = {
    "base": ({BASE}, {P256, P521, X25519}),
    "psk": ({PSK}, {P256, P521, X25519}),
    "x448": ({BASE}, {X448}),
}
EXPORT_ONLY = 0xFFFF
NAMES = {
    "ikm_r": "ikmR", "ikm_e": "ikmE",
    "sk_r": "skRm", "sk_e": "skEm", "pk_r": "pkRm", "pk_e": "pkEm",
    "enc": "enc", "shared_secret": "shared_secret", "info": "info",
    "key_schedule_context": "key_schedule_context", "secret": "secret",
    "key": "key", "base_nonce": "base_nonce", "exporter_secret": "exporter_secret",
}


def nonce_of(base_nonce: str, sequence: int) -> str:
    """ComputeNonce(seq) of RFC 9180, Section 5.2."""
    length = len(base_nonce) // 2
    return (int(base_nonce, 16) ^ sequence).to_bytes(length, "big").hex()


def compact(case: dict) -> dict:
    row = {name: case[name] for name in ("kem_id", "kdf_id", "aead_id")}
    row |= {ours: case[theirs] for ours, theirs in NAMES.items()}
    if case["mode"] == PSK:
        row |= {name: case[name] for name in ("psk", "psk_id")}
    encryptions = case["encryptions"]
    assert bool(encryptions) == (case["aead_id"] != EXPORT_ONLY)
    for sequence, encryption in enumerate(encryptions):
        assert encryption["pt"] == encryptions[0]["pt"]
        assert bytes.fromhex(encryption["aad"]) == b"Count-%d" % sequence
        assert encryption["nonce"] == nonce_of(case["base_nonce"], sequence)
    row["pt"] = encryptions[0]["pt"] if encryptions else ""
    row["ciphertexts"] = [encryption["ct"] for encryption in encryptions]
    row["exports"] = [
        {"context": export["exporter_context"], "length": export["L"],
         "value": export["exported_value"]}
        for export in case["exports"]
    ]
    return row


def main() -> None:
    modes, kems = SELECTIONS[sys.argv[1]]
    data = open(sys.argv[2], "rb").read()
    assert hashlib.sha256(data).hexdigest() == SOURCE["sha256"], "not the file named in SOURCE"
    cases = [
        compact(case) for case in json.loads(data)
        if case["mode"] in modes and case["kem_id"] in kems
    ]
    counts = {
        "cases": len(cases),
        "export_only_cases": sum(case["aead_id"] == EXPORT_ONLY for case in cases),
        "encryptions": sum(len(case["ciphertexts"]) for case in cases),
        "exports": sum(len(case["exports"]) for case in cases),
    }
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    print('{"source":%s,\n"counts":%s,\n"cases":[\n%s\n]}'
          % (json.dumps(SOURCE), json.dumps(counts), lines))


main()

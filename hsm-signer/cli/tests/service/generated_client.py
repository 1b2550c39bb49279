"""Asks a running service for removals by a client that was generated from its OpenAPI document.

Arguments: the service's address. Prints the base64 of the message that was signed.
"""

import base64
import sys

from mls_removal_signer_client import Client
from mls_removal_signer_client.api.keys import list_, public_keys
from mls_removal_signer_client.api.removals import propose
from mls_removal_signer_client.models import (
    KeyFormat,
    ProblemDetails,
    RefusedResult,
    RemovalItem,
    RemovalsRequest,
    RemovalsResponse,
    SignedResult,
)


def item(leaf_index, scheme):
    return RemovalItem(
        group_id=base64.b64encode(b"group").decode(),
        epoch=7,
        leaf_index=leaf_index,
        sender_index=0,
        signature_scheme=scheme,
    )


def main(address):
    client = Client(base_url=address)
    keys = list_.sync(client=client)
    assert len(keys.keys) == 4, keys
    assert public_keys.sync_detailed(client=client, format_=KeyFormat.JWK).status_code == 200

    request = RemovalsRequest(removals=[item(1, "ed25519"), item(2, "no-such-scheme")])
    answer = propose.sync(client=client, body=request)
    assert isinstance(answer, RemovalsResponse), answer
    signed, refused = answer.results
    assert isinstance(signed, SignedResult), signed
    assert signed.signature_scheme == "ed25519"
    assert isinstance(refused, RefusedResult), refused
    assert refused.problem.status == 400, refused

    again = propose.sync(client=client, body=RemovalsRequest(removals=[item(1, "ed25519")]))
    assert again.results[0].message == signed.message

    problem = propose.sync(client=client, body=RemovalsRequest(removals=[]))
    assert isinstance(problem, ProblemDetails), problem
    print(signed.message)


main(sys.argv[1])

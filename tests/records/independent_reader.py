"""Read records with pycose, which knows nothing of this project; run in an environment of its own.

``python independent_reader.py FILE``: FILE is a JSON list of records in hex. Prints a JSON list
of true and false, and null for what is no COSE_Sign1 with a signature that could be checked at all.
"""

import json
import sys
from pathlib import Path

import cbor2
from pycose.keys import OKPKey  # type: ignore[import-not-found]  # in its own environment only
from pycose.keys.curves import Ed25519  # type: ignore[import-not-found]  # likewise
from pycose.messages import Sign1Message  # type: ignore[import-not-found]  # likewise

KEY_ID = 4


def holds(raw: bytes) -> bool | None:
    """Tell whether pycose accepts a record under the key that its protected header names."""
    try:
        message = Sign1Message.from_cose_obj(cbor2.loads(raw), True)  # noqa: FBT003 - pycose's own signature
        key = cbor2.loads(cbor2.loads(raw)[0])[KEY_ID]
        message.key = OKPKey(crv=Ed25519, x=key)
        return bool(message.verify_signature())
    except Exception:  # noqa: BLE001 - whatever a foreign library raises means that it cannot judge
        return None


if __name__ == "__main__":
    records = [bytes.fromhex(raw) for raw in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))]
    print(json.dumps([holds(raw) for raw in records]))

"""Vectors of canonical bytes, keys and signatures; published values are written out, with their source."""

from typing import Any

import base58
from nacl import bindings

from node import canonical, keys
from node.keys import KeyPair
from tests import builders
from tests.vectors.cases import MALFORMED, UNSIGNED, USER, Case, listed

# RFC 8949, appendix A: those of its examples that have a canonical spelling here.
_RFC_8949 = {
    "00": 0, "01": 1, "0a": 10, "17": 23, "1818": 24, "1819": 25, "1864": 100, "1903e8": 1000,
    "1a000f4240": 1_000_000, "1b000000e8d4a51000": 1_000_000_000_000, "1bffffffffffffffff": 2**64 - 1,
    "3bffffffffffffffff": -(2**64), "20": -1, "29": -10, "3863": -100, "3903e7": -1000,
    "f4": False, "f5": True, "f6": None, "40": b"", "4401020304": b"\x01\x02\x03\x04", "60": "", "6161": "a",
    "6449455446": "IETF", "62225c": '"\\', "62c3bc": "ü", "63e6b0b4": "水", "64f0908591": "\U00010151",
    "80": [], "83010203": [1, 2, 3], "8301820203820405": [1, [2, 3], [4, 5]],
    "98190102030405060708090a0b0c0d0e0f101112131415161718181819": list(range(1, 26)),
    "a0": {}, "a201020304": {1: 2, 3: 4}, "a26161016162820203": {"a": 1, "b": [2, 3]},
    "826161a161626163": ["a", {"b": "c"}],
    "a56161614161626142616361436164614461656145": {"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"},
}  # fmt: skip
# Ours: key orders in which other rules (length first, or by value) would differ.
_OWN = {
    "a21903e80261620 1".replace(" ", ""): {1000: 2, "b": 1},
    "a30a012002 616103".replace(" ", ""): {10: 1, -1: 2, "a": 3},
    "a2616201626161 02".replace(" ", ""): {"b": 1, "aa": 2},
}
_BROKEN_BYTES = {
    "nothing": ("", "no value"),
    "an integer in a longer spelling": ("1800", "0 is one byte"),
    "an integer of eight bytes that fits four": ("1b00000000ffffffff", "the shortest spelling only"),
    "a negative integer in a longer spelling": ("3800", "-1 is one byte"),
    "a length in a longer spelling": ("5800", "an empty byte string is one byte"),
    "a list's length in a longer spelling": ("9800", "an empty list is one byte"),
    "a byte behind the value": ("0000", "nothing follows the value"),
    "a truncated integer": ("1903", "three bytes were announced"),
    "a truncated text": ("6261", "two characters were announced"),
    "a list of more items than follow": ("8301", "three items were announced"),
    "a list of nine quintillion items": ("9b7fffffffffffffff", "none of them follows"),
    "an indefinite list": ("9fff", "definite lengths only"),
    "an indefinite map": ("bfff", "definite lengths only"),
    "an indefinite byte string": ("5f4101ff", "definite lengths only"),
    "an indefinite text": ("7f6161ff", "definite lengths only"),
    "a break alone": ("ff", "nothing to break off"),
    "map keys out of order": ("a2020001 00".replace(" ", ""), "bytewise order of the encoded keys"),
    "map keys in order of length": ("a2616201 1903e802".replace(" ", ""), "bytewise, not length first"),
    "a key twice": ("a201000100", "a key stands once"),
    "a key twice with two values": ("a20100 0101".replace(" ", ""), "a key stands once"),
    "a byte string as key": ("a1410100", "keys are integers or text"),
    "true as key": ("a1f500", "keys are integers or text"),
    "null as key": ("a1f600", "keys are integers or text"),
    "a list as key": ("a18000", "keys are integers or text"),
    "a map as key": ("a1a000", "keys are integers or text"),
    "a half float": ("f93c00", "no floats"),
    "a double": ("fb3ff199999999999a", "no floats"),
    "not a number": ("f97e00", "no floats"),
    "infinity": ("f97c00", "no floats"),
    "undefined": ("f7", "no simple values but false, true and null"),
    "simple value 16": ("f0", "no simple values but false, true and null"),
    "simple value 255": ("f8ff", "no simple values but false, true and null"),
    "false in two bytes": ("f814", "one spelling for each value"),
    "text that is not UTF-8": ("61ff", "text is UTF-8"),
    "a surrogate in text": ("63eda080", "text is UTF-8"),
    "an overlong spelling in text": ("62c080", "text is UTF-8"),
    "a tag": ("c000", "no tags"),
    "the self-describing tag": ("d9d9f700", "no tags"),
    "a big number": ("c249010000000000000000", "integers have 64 bits"),
    "a small number as a big one": ("c24101", "no tags"),
    "a date": ("c074323031332d30332d32315432303a30343a30305a", "no tags"),
    "a shared list": ("d81c80", "no tags"),
    "a list that holds itself": ("d81c81d81d00", "no tags"),
    "a reference to a text": ("d9010082 6161 d81900".replace(" ", ""), "no tags"),
    "reserved length 28": ("1c", "not well formed"),
    "reserved length 30 of a list": ("9e", "not well formed"),
    "thirteen lists in each other": ("81" * 12 + "80", "nesting is at most 12 deep"),
}


def canonical_bytes() -> dict[str, Any]:
    """Return values in their one spelling, spellings that are refused, and digests."""
    valid: list[Case] = []
    for source, table in (("RFC 8949, appendix A", _RFC_8949), ("protocol.md, section 1", _OWN)):
        for raw, value in table.items():
            assert canonical.encode(value).hex() == raw, (raw, value)
            valid.append({"name": f"{value!r}"[:40], "raw": raw, "source": source})
    deep = "81" * 11 + "80"
    valid.append({"name": "twelve lists in each other", "raw": deep, "source": "protocol.md, section 1"})
    parts: list[canonical.Value] = [1, b"\x02", "three", None, [True], {"a": -1}]
    return {
        "about": "Canonical bytes (protocol.md, section 1) in hex, what must be refused, and digests.",
        "valid": valid,
        "broken": listed(
            {name: (bytes.fromhex(raw), MALFORMED, why) for name, (raw, why) in _BROKEN_BYTES.items()}
        ),
        "digests": [
            {
                "tag": tag,
                "parts": canonical.encode(parts[:count]).hex(),
                "digest": canonical.digest(tag, *parts[:count]).hex(),
            }
            for tag, count in (("hedgerow/example/1", 0), ("hedgerow/example/1", 6), ("hedgerow/other/1", 6))
        ],
    }


# RFC 8032, section 7.1: seed, public key, message, signature.
_RFC_8032 = {
    "RFC 8032, test 1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5"
            "f0595bbe24655141438e7a100b"
        ),
    ),
    "RFC 8032, test 2": (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2e"
            "aeb4302aeeb00d291612bb0c00"
        ),
    ),
    "RFC 8032, test 3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15"
            "e9716ed28dc027beceea1ec40a"
        ),
    ),
}
# did-key method, test vectors: the key of the seed of 32 zero bytes.
_DID_KEY = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
_ORDER_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
_BROKEN_KEYS = {
    "order 1": ("01" + "00" * 31, "small order"),
    "order 2": ("ec" + "ff" * 30 + "7f", "small order"),
    "order 4": ("00" * 32, "small order"),
    "order 4, the other": ("00" * 31 + "80", "small order"),
    "order 8": (_ORDER_8, "small order"),
    "order 8, the second": (
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "small order",
    ),
    "0 spelled as p": ("ed" + "ff" * 30 + "7f", "a second spelling of a point"),
    "1 spelled as p + 1": ("ee" + "ff" * 30 + "7f", "a second spelling of a point"),
    "1 with a sign": ("01" + "00" * 30 + "80", "a second spelling of a point"),
    "no point of the curve": ("02" + "00" * 31, "no x for this y"),
    "all ones": ("ff" * 32, "y is above p"),
    "31 bytes": ("aa" * 31, "a key has 32 bytes"),
    "33 bytes": ("aa" * 33, "a key has 32 bytes"),
    "no bytes": ("", "a key has 32 bytes"),
}


def keys_and_signatures() -> dict[str, Any]:
    """Return keys with their spellings and signatures, and those that must be refused."""
    pair = builders.key("a steward")
    mixed = bindings.crypto_core_ed25519_add(pair.public, bytes.fromhex(_ORDER_8))
    assert keys.show(KeyPair(bytes(32)).public) == _DID_KEY
    own = {"did-key method, seed of zeros": (bytes(32), b"hedgerow"), "ours": (pair.seed, b"\x00" * 100)}
    signatures: list[Case] = [
        {"name": name, "seed": seed, "key": key, "message": message, "signature": signature}
        for name, (seed, key, message, signature) in _RFC_8032.items()
    ]
    for name, (seed, message) in own.items():
        made = KeyPair(seed)
        signatures.append(
            {
                "name": name,
                "seed": seed.hex(),
                "key": made.public.hex(),
                "message": message.hex(),
                "signature": made.sign(message).hex(),
            }
        )
    for case in signatures:
        case["shown"] = keys.show(bytes.fromhex(case["key"]))
    broken_keys = {**_BROKEN_KEYS, "mixed order": (mixed.hex(), "a good key with a part of order 8")}
    return {
        "about": "Ed25519 keys (protocol.md, section 1): hex, written as did:key, and what must be refused.",
        "signatures": signatures,
        "broken_keys": [
            {"name": name, "key": key, "error": UNSIGNED, "reason": reason}
            for name, (key, reason) in broken_keys.items()
        ],
        "broken_signatures": _broken_signatures(pair),
        "broken_spellings": _broken_spellings(pair),
    }


# The order of the prime-order group.
_L = 2**252 + 27742317777372353535851937790883648493


def _broken_signatures(pair: KeyPair) -> list[Case]:
    message = b"the orchard is open"
    good = pair.sign(message)
    above = (int.from_bytes(good[32:], "little") + _L).to_bytes(32, "little")
    made = {
        "another message": (good, b"the orchard is shut", "the signature is over other bytes"),
        "another key": (builders.key("b steward").sign(message), message, "another key signed"),
        "one bit of R": (bytes([good[0] ^ 1]) + good[1:], message, "R was changed"),
        "one bit of S": (good[:32] + bytes([good[32] ^ 1]) + good[33:], message, "S was changed"),
        "S plus the group's order": (good[:32] + above, message, "S has one spelling, below the order"),
        "R and S zero": (bytes(64), message, "nothing was signed"),
        "cut by a byte": (good[:-1], message, "a signature has 64 bytes"),
        "a byte too long": (good + b"\x00", message, "a signature has 64 bytes"),
        "no signature": (b"", message, "a signature has 64 bytes"),
    }
    return [
        {
            "name": name,
            "key": pair.public.hex(),
            "message": told.hex(),
            "signature": signature.hex(),
            "error": UNSIGNED,
            "reason": reason,
        }
        for name, (signature, told, reason) in made.items()
    ]


def _broken_spellings(pair: KeyPair) -> list[Case]:
    shown = keys.show(pair.public)
    x25519 = base58.b58encode(b"\xec\x01" + pair.public).decode()
    made = {
        "nothing": ("", "no key"),
        "another method": (shown.replace("did:key:", "did:web:"), "did:key only"),
        "a capital in the prefix": (shown.replace("did", "DID", 1), "one spelling"),
        "a character missing": (shown[:-1], "34 bytes inside"),
        "a character too many": (shown + "1", "34 bytes inside"),
        "a leading one": (shown.replace("did:key:z", "did:key:z1"), "34 bytes inside"),
        "no base58": (shown[:-1] + "0", "0 is no character of base58"),
        "an X25519 key": ("did:key:z" + x25519, "the prefix of Ed25519 is ed01"),
        "a key of small order": (keys.show(bytes.fromhex(_ORDER_8)), "no identity"),
        "ten thousand characters": ("did:key:z6Mk" + "a" * 10_000, "refused before it is read"),
    }
    return [
        {"name": name, "text": text, "error": USER, "reason": reason} for name, (text, reason) in made.items()
    ]

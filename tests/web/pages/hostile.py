"""A node whose every text was written to hurt whoever reads it: markup, script, line ends, turned letters."""

from typing import Final

from node import keys
from node.crdt.edits import Edit, Put
from node.crdt.genesis import GENESIS_NONCE_BYTES, Communities, Genesis
from node.directory.schemas import OFFER_TYPE, PROFILE_TYPE
from node.engine import commands
from node.engine.own_pages import profile_genesis
from node.feeds import scopes
from node.ids import show
from tests.engine.harness import Network, Node, federate, neighbours
from tests.web.pages.valley import Valley, vote

# Opens an element, ends an attribute, a script, a comment and a CDATA section, and asks a template to count.
MARKUP: Final = "</title></script>]]>--><script>alert(1)</script><img src=x onerror=a()>\"'>{{9973*9967}}"
# Written so that it reads backwards, hides letters, and begins a new line of a card or calendar.
TURNED: Final = "pay \u202egnp.exe\u202c \u2066now\u2069\u200b\r\nEND:VCARD\r\nBEGIN:VEVENT\nX-EVIL:1"
LONG: Final = "W" * 20_000
SCRIPT_ADDRESS: Final = "javascript:alert(1)"
ODD_ADDRESSES: Final = (
    SCRIPT_ADDRESS,
    "data:text/html,<script>alert(1)</script>",
    "https://bank.example@evil.example/",
    'https://quote.example/"onmouseover="alert(1)',
    "https://turned.example/\u202egnp",
    "//evil.example/",
    "vbscript:x",
)


def build() -> Valley:
    """Let a community write what nobody should, in every field of every kind of text."""
    network = Network(boxed=True)
    ann, ben, carl = (network.node(name) for name in ("ann", "ben", "carl"))
    neighbours(ann, ben, carl)
    own = _publish(ann, profile_genesis(ann.community), _profile())
    imported = _publish(ann, _genesis(ann, PROFILE_TYPE), [*_profile(), *_subject()])
    long = _publish(ann, _genesis(ann, PROFILE_TYPE), _long())
    offer = _publish(ann, _genesis(ann, OFFER_TYPE), _offer("offer"))
    need = _publish(ann, _genesis(ann, OFFER_TYPE), _offer("need"))
    ben.ask(commands.EditProfile(name="Ben's <b>garden</b> & more"))
    federation = federate(ann, ben, carl)["federation"]
    for node in (ann, ben):
        node.ask(commands.Attest(size=20))
        node.ask(commands.GrantMandate(holder=keys.show(node.delegate.public)))
    ann.ask(commands.AddNote(text=f"{MARKUP}\n{TURNED}"))
    election = ann.ask(
        commands.OpenProposal(
            title=f"{MARKUP}{TURNED}"[:200],
            text=f"{MARKUP}\n\n{TURNED}\n\n{LONG}"[:20_000],
            method="scottish-stv",
            options=(MARKUP, TURNED, "W" * 200),
        )
    )["proposal"]
    question = ben.ask(commands.OpenProposal(title=TURNED))["proposal"]
    circle = ben.ask(commands.OpenCircle(name=f"{MARKUP}{TURNED}"[:200], parties=(show(ann.community),)))[
        "id"
    ]
    ben.ask(commands.SayInCircle(circle=circle, text=f"{MARKUP}\n\n{TURNED}\n\n{LONG}"[:4_000]))
    vote(ann, election, (1, 2))
    vote(ben, election, (2, 3))
    return Valley(
        riverside=ann,
        hillside=ben,
        old_mill=carl,
        federation=federation,
        election=election,
        question=question,
        circle=circle,
        listings={"own": own, "imported": imported, "long": long},
        offers={"offer": offer, "need": need},
    )


def _publish(node: Node, founding: Genesis, edits: list[Edit]) -> str:
    """Publish a document as a hostile program would: only the schema of its type was asked."""
    document, drafts = node.engine._documents.create(founding, edits, node.network.now)
    node.engine._author.publish(scopes.PUBLIC, drafts, node.network.now)
    node.store.commit()
    return show(document)


def _genesis(node: Node, kind: str) -> Genesis:
    nonce = node.random.randbytes(GENESIS_NONCE_BYTES)
    return Genesis(kind, node.community, Communities((node.community,)), scopes.PUBLIC, nonce)


def _profile() -> list[Edit]:
    return [
        Put(("name",), {"en": MARKUP, "ar": TURNED, "de": f"<b>{TURNED}"}),
        Put(("description",), {"en": f"{MARKUP}\n\n{TURNED}", "ar": TURNED}),
        Put(("urls",), dict.fromkeys((*ODD_ADDRESSES, "https://good.example/"), True)),
        Put(("tags",), {MARKUP[:100]: True, "a,b;c": True, "tag": True}),
        Put(("email",), "a@b.example?bcc=x\r\nTEL:1"),
        Put(("phone",), f"+1 {MARKUP}"[:200]),
        Put(("address",), {"street": MARKUP, "city": TURNED, "postcode": "<i>", "region": "&amp;"}),
        Put(("country",), "CH"),
        Put(("location",), "470000001,80000001"),
    ]


def _subject() -> list[Edit]:
    return [
        Put(("subject",), {"name": MARKUP, "source": MARKUP, "source_id": TURNED, "licence": TURNED}),
        Put(("extra",), {MARKUP: MARKUP, "key": TURNED, "address": SCRIPT_ADDRESS, "size": LONG}),
        Put(("flags",), {"coordinates-zero": True, "flag-of-a-newer-version": True}),
    ]


def _long() -> list[Edit]:
    return [
        Put(("name",), {"en": "W" * 200}),
        Put(("description",), {"en": LONG, "de": LONG}),
        Put(("tags",), {f"{number:03}" + "w" * 97: True for number in range(100)}),
    ]


def _offer(kind: str) -> list[Edit]:
    return [
        Put(("kind",), kind),
        Put(("state",), "open"),
        Put(("category",), "mentoring"),
        Put(("title",), {"en": MARKUP, "fa": TURNED}),
        Put(("text",), {"en": f"{MARKUP}\n{TURNED}"}),
        Put(("quantity",), MARKUP),
        Put(("tags",), {MARKUP[:100]: True}),
        Put(("expires",), 497_400),
    ]

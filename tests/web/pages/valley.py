"""A small valley of real nodes, with all that the pages can show: listings, offers, a federation, counts."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from node import canonical, ids, keys
from node.crdt import genesis
from node.crdt.genesis import Communities, Genesis
from node.directory import profile
from node.directory.profile import Profile
from node.directory.schemas import PROFILE_TYPE
from node.engine import commands
from node.engine.listings import write_listing
from node.engine.ports import DocumentRow
from node.feeds import scopes
from node.governance import ballots
from node.governance.ballots import Paper
from tests.engine.harness import Network, Node, federate, neighbours

IMPORTED = """\
name;description;lat;lon;country;url;tags;licence
Allmende Tauschring;Ein Tauschring für das ganze Tal.;47.05;8.31;CH;https://allmende.example/;tausch,werkzeug;CC0-1.0
Giardino Comune;Orto condiviso sul lago.;8.96;46.00;CH;update6;orto;ODbL-1.0
""".encode()


def hold_listings(node: Node, profiles: Sequence[Profile]) -> None:
    """Let a node hold listings without the entries that make them: an import of a thousand takes long."""
    for number, page in enumerate(profiles):
        writers = Communities((node.community,))
        founding = Genesis(
            PROFILE_TYPE,
            node.community,
            writers,
            scopes.PUBLIC,
            number.to_bytes(genesis.GENESIS_NONCE_BYTES, "big"),
        )
        raw = genesis.encode(founding)
        tree = profile.to_tree(page)
        row = DocumentRow(
            genesis.document_id(raw),
            PROFILE_TYPE,
            node.community,
            scopes.PUBLIC,
            raw,
            b"",
            canonical.encode(tree),
        )
        node.store.documents.put(row)
        write_listing(node.store, row, tree, shown=True)
    node.store.commit()


@dataclass(frozen=True, slots=True)
class Valley:
    """The nodes, Riverside's being the one whose pages are read, and the ids of what it shows."""

    riverside: Node
    hillside: Node
    old_mill: Node
    federation: str
    election: str
    question: str
    circle: str
    listings: dict[str, str]
    offers: dict[str, str]

    def paths(self) -> list[str]:
        """Return the address of every page and feed that Riverside's operator can read."""
        return [
            *self.public_paths(),
            "/federations",
            f"/federations/{self.federation}",
            f"/federations/{self.federation}/bylaws",
            f"/federations/{self.federation}/bodies",
            f"/federations/{self.federation}/meetings",
            f"/federations/{self.federation}/petitions",
            "/circles",
            f"/circles/{self.circle}",
            "/proposals",
            f"/proposals/{self.election}",
            f"/proposals/{self.question}",
            "/log",
            "/log?before=3",
        ]

    def public_paths(self) -> list[str]:
        """Return the address of every page and feed that anybody can read."""
        return [
            "/",
            "/directory",
            "/directory?q=bread&kind=offer",
            "/directory?q=nothing+like+it",
            "/directory?country=CH&near=47,8&within=500&language=de&tag=tausch",
            "/directory?country=Switzerland&near=here&within=-1&language=Deutsch",
            "/offers",
            "/offers?kind=need",
            *(f"/listings/{one}" for one in self.listings.values()),
            *(f"/listings/{one}.vcf" for one in self.listings.values()),
            *(f"/offers/{one}" for one in self.offers.values()),
            "/feeds/news.atom",
            "/feeds/directory.geojson",
            "/feeds/directory.vcf",
            "/feeds/deadlines.ics",
            "/murmurations.json",
            "/robots.txt",
        ]


def build() -> Valley:
    """Let three communities meet, write, found a federation and vote."""
    network = Network(boxed=True)
    riverside, hillside, old_mill = (network.node(name) for name in ("riverside", "hillside", "oldmill"))
    _write_pages(riverside, hillside, old_mill)
    neighbours(riverside, hillside, old_mill)
    federation = federate(riverside, hillside, old_mill)["federation"]
    offers = _write_offers(riverside, hillside)
    riverside.ask(
        commands.ImportFile(data=IMPORTED, file_name="valley.csv", source="Our map", licence="CC0-1.0")
    )
    for node, size in ((riverside, 84), (hillside, 52), (old_mill, 37)):
        node.ask(commands.Attest(size=size))
        node.ask(commands.GrantMandate(holder=keys.show(node.delegate.public)))
    riverside.ask(commands.AddNote(text="Work day on Saturday.\n\nBring gloves and a cup."))
    election = riverside.ask(
        commands.OpenProposal(
            title="Coordination council",
            text="Two people who keep the federation's affairs moving.",
            method="scottish-stv",
            options=("Ana Adeyemi", "Bruno Keller", "Chiara Lund", "Dilan Osei"),
            seats=2,
        )
    )["proposal"]
    question = hillside.ask(commands.OpenProposal(title="Buy a cargo bike together?"))["proposal"]
    for node, ranking in ((riverside, (1, 2, 3)), (hillside, (3, 4)), (old_mill, (4, 2))):
        vote(node, election, ranking)
    vote(riverside, question, (1,))
    vote(hillside, question, (2,))
    circle = hillside.ask(commands.OpenCircle(name="Mill race", parties=(ids.show(riverside.community),)))[
        "id"
    ]
    riverside.ask(commands.SayInCircle(circle=circle, text="The sluice sticks.\n\nBring grease."))
    found = riverside.ask(commands.Search(kind="profile", limit=100))["listings"]
    return Valley(
        riverside=riverside,
        hillside=hillside,
        old_mill=old_mill,
        federation=federation,
        election=election,
        question=question,
        circle=circle,
        listings={one["name"]: one["id"] for one in found},
        offers=offers,
    )


def vote(node: Node, proposal: str, choice: tuple[int, ...]) -> None:
    """Let a node's delegate cast the ballots of all its seats."""
    paper = node.ask(commands.ShowPaper(proposal=proposal, holder=keys.show(node.delegate.public)))
    signed = [
        ballots.make(
            Paper(
                proposal=ids.parse(proposal),
                roll=ids.parse(paper["roll"]),
                community=ids.parse(seat["community"]),
                seat=seat["seat"],
                mandate=tuple(base64.b64decode(raw) for raw in seat["mandate"]),
                next_seq=seat["next_seq"],
                prev=ids.parse(seat["prev"]) if seat["prev"] is not None else None,
            ),
            choice,
            node.delegate,
        ).raw
        for seat in paper["seats"]
    ]
    node.ask(commands.CastBallots(ballots=tuple(signed)))


def day_after(node: Node, days: int) -> str:
    """Return the day so many days after now, as `add-offer` takes it."""
    return (datetime.fromtimestamp(node.network.now // 1_000, UTC).date() + timedelta(days)).isoformat()


def _write_pages(riverside: Node, hillside: Node, old_mill: Node) -> None:
    riverside.ask(
        commands.EditProfile(
            name="Riverside Kitchen",
            description=(
                "Neighbours who cook for a hundred people every Thursday, and whoever comes eats.\n\n"
                "The kitchen is behind the old ferry house; the door is open from three."
            ),
            language="en",
            country="GB",
            city="Totnes",
            latitude="50.4315",
            longitude="-3.6850",
            urls=("https://riverside.example/", "https://social.example/@riverside"),
            tags=("food", "kitchen"),
            languages=("en", "pt-BR"),
        )
    )
    riverside.ask(commands.EditProfile(description="Vizinhos que cozinham às quintas.", language="pt-BR"))
    hillside.ask(
        commands.EditProfile(
            name="بستان التلّ", description="نحفظ بذور مئتي نوع.", language="ar", country="GB", tags=("seeds",)
        )
    )
    old_mill.ask(commands.EditProfile(name="Old Mill Workshop", country="GB", city="Ashburton"))


def _write_offers(riverside: Node, hillside: Node) -> dict[str, str]:
    bread = riverside.ask(
        commands.AddOffer(
            title="Sourdough bread, forty loaves a week",
            text="Fetch it on Fridays, or let the boat bring it.",
            language="en",
            tags=("bread", "food"),
            category="product",
            quantity="40 loaves",
            expires=day_after(riverside, 30),
        )
    )
    oven = hillside.ask(commands.AddOffer(kind="need", title="Somebody who can mend a big oven"))
    boat = riverside.ask(commands.AddOffer(title="A boat for the summer"))
    riverside.ask(commands.WithdrawOffer(id=boat["id"]))
    return {"bread": bread["id"], "oven": oven["id"], "boat": boat["id"]}

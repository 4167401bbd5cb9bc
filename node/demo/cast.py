"""Who plays in the demo: twelve made-up communities, their delegates, what they offer, need and decide.

The towns are real, so that a map and a search by distance show something; communities and people are not.
"""

from dataclasses import dataclass
from typing import Final

COMMUNITIES_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class Character:
    """One made-up community.

    Attributes:
        place: latitude and longitude in decimal degrees.
        offers, needs: title, words to find it by.
        size: how many people it says belong to it.
        delegate: who votes for it.
        ranking: numbers of the candidates of `ELECTION_OPTIONS`, most wanted first.
        answer: what its delegate says to the proposal.
    """

    name: str
    description: str
    city: str
    country: str
    place: tuple[str, str]
    tags: tuple[str, ...]
    languages: tuple[str, ...]
    offers: tuple[tuple[str, tuple[str, ...]], ...]
    needs: tuple[tuple[str, tuple[str, ...]], ...]
    size: int
    delegate: str
    ranking: tuple[int, ...]
    answer: str


FEDERATION: Final = "Hedge Valley"
BYLAWS: Final = f"""\
name = "{FEDERATION}"

[admission]
approvals = 2

[seats]
method = "sainte-lague"
house = {{house}}
floor = 1

[passing]
of = "cast"

[closing]
early = true
"""
# Enough seats that sizes show; every community has at least one.
SEATS_PER_COMMUNITY: Final = 4

ELECTION_TITLE: Final = "Coordination council"
ELECTION_TEXT: Final = "Three people who meet every second week and keep the federation's affairs moving."
ELECTION_OPTIONS: Final = ("Ana Adeyemi", "Bruno Keller", "Chiara Lund", "Dilan Osei", "Eva Marsh")
ELECTION_SEATS: Final = 3
PROPOSAL_TITLE: Final = "Buy a cargo bike together?"
PROPOSAL_TEXT: Final = "It costs 4,200; each community has it for a week in turn."
# A note on the board, which every member may change.
NOTE: Final = "Work day at the lower orchard on Saturday: bring gloves and a cup."
# What the demo shows people to search for; the first community offers it.
SEARCH_WORD: Final = "bread"

CAST: Final = (
    Character(
        name="Riverside Kitchen",
        description="Neighbours who cook for a hundred people every Thursday, and whoever comes eats.",
        city="Totnes", country="GB", place=("50.4315", "-3.6850"),
        tags=("kitchen", "food"), languages=("en",),
        offers=(("Sourdough bread, forty loaves a week", ("bread", "food")),),
        needs=(("Somebody who can mend a big oven", ("repair",)),),
        size=84, delegate="Ana", ranking=(1, 3, 2), answer="yes",
    ),
    Character(
        name="Old Mill Workshop",
        description="A tool library and repair café in a mill that last ground flour in 1961.",
        city="Ashburton", country="GB", place=("50.5157", "-3.7550"),
        tags=("tools", "repair"), languages=("en", "cy"),
        offers=(("Two days of repair by our fitters", ("repair", "tools")),),
        needs=(("Flour and bread for our Saturdays", ("bread",)),),
        size=37, delegate="Bruno", ranking=(2, 1, 5), answer="yes",
    ),
    Character(
        name="Hillside Seed Circle",
        description="Gardeners who keep two hundred old kinds of beans, squash and grain alive.",
        city="Buckfastleigh", country="GB", place=("50.4817", "-3.7793"),
        tags=("garden", "seeds"), languages=("en", "es"),
        offers=(("Seed potatoes and climbing beans", ("seeds", "garden")),),
        needs=(("A dry cellar for the winter", ("storage",)),),
        size=52, delegate="Chiara", ranking=(3, 4, 1), answer="no",
    ),
    Character(
        name="Lantern House",
        description="Fourteen families who share a roof, a laundry and a very large table.",
        city="Dartington", country="GB", place=("50.4480", "-3.7130"),
        tags=("housing", "families"), languages=("en", "fa"),
        offers=(("Guest room for two, by the night", ("housing",)),),
        needs=(("Lifts to the hospital on weekdays", ("transport",)),),
        size=41, delegate="Dilan", ranking=(4, 3, 5), answer="yes",
    ),
    Character(
        name="Tidewater Boats",
        description="A boatyard owned by those who work in it.",
        city="Dartmouth", country="GB", place=("50.3510", "-3.5790"),
        tags=("boats", "work"), languages=("en",),
        offers=(("Carpentry, afloat or ashore", ("wood", "repair")),),
        needs=(("Book-keeping, half a day a month", ("office",)),),
        size=19, delegate="Eva", ranking=(5, 2, 1), answer="abstain",
    ),
    Character(
        name="Moor Herds",
        description="Graziers who hold three commons and make cheese from the milk.",
        city="Princetown", country="GB", place=("50.5446", "-3.9890"),
        tags=("commons", "food"), languages=("en", "kw"),
        offers=(("Hard cheese and raw wool", ("food", "wool")),),
        needs=(("Hands for shearing in June", ("work",)),),
        size=28, delegate="Finn", ranking=(3, 1, 4), answer="yes",
    ),
    Character(
        name="Jardin des Deux Rives",
        description="Un jardin partagé au bord de l'eau, ouvert à tous le dimanche.",
        city="Roscoff", country="FR", place=("48.7263", "-3.9850"),
        tags=("garden", "food"), languages=("fr", "br"),
        offers=(("Oignons roses et plants de choux", ("food", "garden")),),
        needs=(("Un vieux vélo cargo", ("transport",)),),
        size=63, delegate="Gwenn", ranking=(1, 4, 3), answer="yes",
    ),
    Character(
        name="Night Shift Nurses",
        description="Nurses of three hospitals who mind each other's children.",
        city="Exeter", country="GB", place=("50.7184", "-3.5339"),
        tags=("care", "families"), languages=("en", "tl"),
        offers=(("First-aid evenings for anybody", ("care", "mentoring")),),
        needs=(("A warm room after midnight", ("housing",)),),
        size=112, delegate="Hana", ranking=(4, 1, 2), answer="no",
    ),
    Character(
        name="Station Radio",
        description="A community station with a mast on the old signal box.",
        city="Plymouth", country="GB", place=("50.3755", "-4.1427"),
        tags=("radio", "music"), languages=("en", "pl"),
        offers=(("An hour on air for every neighbour", ("radio",)),),
        needs=(("Batteries for when the power fails", ("energy",)),),
        size=33, delegate="Ivo", ranking=(2, 5, 3), answer="yes",
    ),
    Character(
        name="Sunny Side Energy",
        description="Roofs, rented from their owners, that together feed two hundred homes.",
        city="Newton Abbot", country="GB", place=("50.5293", "-3.6119"),
        tags=("energy", "work"), languages=("en",),
        offers=(("Advice on panels and batteries", ("energy", "mentoring")),),
        needs=(("A flat roof that faces south", ("energy",)),),
        size=58, delegate="Jo", ranking=(5, 3, 1), answer="yes",
    ),
    Character(
        name="Teign Mediators",
        description="People trained to sit between two neighbours who no longer talk.",
        city="Teignmouth", country="GB", place=("50.5470", "-3.4960"),
        tags=("mediation", "care"), languages=("en", "ar"),
        offers=(("Mediation between neighbours", ("mediation",)),),
        needs=(("A quiet room with two doors", ("housing",)),),
        size=12, delegate="Kirsten", ranking=(3, 5, 2), answer="yes",
    ),
    Character(
        name="Harbour Choir",
        description="Sixty voices, a leaking boathouse, and a summer tour by bicycle.",
        city="Brixham", country="GB", place=("50.3960", "-3.5130"),
        tags=("music", "families"), languages=("en", "pt"),
        offers=(("A concert for your feast", ("music",)),),
        needs=(("A roof before November", ("repair", "wood")),),
        size=60, delegate="Lino", ranking=(1, 2, 4), answer="abstain",
    ),
)  # fmt: skip
COMMUNITIES_MAX: Final = len(CAST)

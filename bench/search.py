"""How long a question to a large directory takes: the store alone, with listings as people write them.

    python -m bench.search --listings 100000
    python -m bench.search --store postgresql://user@host/database

The directory is made up from a seed: nine languages of invented words, the n-th most frequent about 1/n as
frequent as the first (Zipf), towns all over the world with many listings in few of them, offers and needs at
the place of their community. Every kind of question is asked hundreds of times, each time another one, all
kinds in fresh order; nothing is asked twice. A database given must be empty.
"""

import argparse
import json
import os
import platform
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from node.directory.location import E7, Location
from node.directory.search import ListingRow, SearchQuery, fold
from node.ids import CommunityId, DocumentId
from node.limits import NEAREST_LISTINGS_MAX
from node.storage.opening import OpenStore, open_store

# About how listings of the world are spread over languages.
_LANGUAGES: Final = {"en": 40, "de": 18, "fr": 12, "es": 12, "pt": 6, "it": 5, "nl": 4, "ja": 2, "hi": 1}
_SYLLABLES: Final = {
    "en": "com mun it gar den re pair tool lib ra ry food co op trans ion town hub com mon bike shar ing lar",
    "de": "ge mein schaft gar ten re pa rier ca fe werk statt nach bar ver ein haus pro jekt rad kü wan del",
    "fr": "jar din par ta gé mai son a te lier ré pa ra tion as so cia vé lo com mu ne quar tier é co lo",
    "es": "huer to ur ba no co mu ni dad ta ller re pa ra ción ve ci nos bi ci e co no mí a so li da ria",
    "pt": "hor ta co mu ni tá ria ofi ci na as so cia ção bair ro par ti lha se men tes á gua so li dá ria",
    "it": "or to con di vi so co mu ni tà of fi ci na quar tie re ban ca tem po cu ci na a per ta so le",
    "nl": "buurt tuin re pa ra tie ca fé deel au to ge meen schap voed sel bos e ner gie co ö pe ra tie werk",
    "ja": "東 京 地 域 共 同 菜 園 修 理 カ フェ 食 堂 協 会 市 民 農",
    "hi": "स मु दा य उ द्या न म र म्म त पु स्त का ल य सा झा र सो ई",
}
_COUNTRIES: Final = ("DE", "FR", "GB", "US", "ES", "IT", "NL", "CH", "AT", "BR", "IN", "JP", "CA", "AU", "KE")
_WORDS: Final = 20_000
_TAGS: Final = 600
_TOWNS: Final = 1_500
_COMMUNITIES: Final = 400
_COMMIT_ROWS: Final = 2_000
Draw = random.Random
_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class World:
    """What listings are made of.

    Attributes:
        words: of each language, the most frequent first.
        towns: country and place of each, the largest first.
        homes: the towns of communities that make offers.
    """

    words: dict[str, list[str]]
    tags: list[str]
    towns: list[tuple[str, Location]]
    homes: list[tuple[CommunityId, str, Location]]


def invent(draw: Draw) -> World:
    """Make up a world."""
    words = {language: _vocabulary(text.split(), draw) for language, text in _SYLLABLES.items()}
    tags = [" ".join(draw.sample(words["en"][:2_000], draw.choice((1, 1, 2)))) for _ in range(_TAGS)]
    towns = [(draw.choice(_COUNTRIES), _town(draw)) for _ in range(_TOWNS)]
    homes = [(CommunityId(draw.randbytes(32)), *_zipf(towns, draw)) for _ in range(_COMMUNITIES)]
    return World(words, tags, towns, homes)


def _vocabulary(syllables: list[str], draw: Draw) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < _WORDS:
        found["".join(draw.choices(syllables, k=draw.choice((2, 2, 3, 3, 4, 5))))] = None
    return list(found)


def _town(draw: Draw) -> Location:
    # Two thirds in Europe, the others wherever people live.
    if draw.random() < 0.67:
        return Location(int(draw.uniform(37, 60) * E7), int(draw.uniform(-9, 30) * E7))
    return Location(int(draw.uniform(-50, 65) * E7), int(draw.uniform(-180, 180) * E7))


def _zipf(things: list[_Thing], draw: Draw) -> _Thing:
    """Draw one of these: the n-th comes about 1/n as often as the first."""
    return things[min(len(things) - 1, int(len(things) ** draw.random()) - 1)]


def _language(draw: Draw) -> str:
    return draw.choices(list(_LANGUAGES), list(_LANGUAGES.values()))[0]


def _text(language: str, count: int, world: World, draw: Draw) -> str:
    return " ".join(_zipf(world.words[language], draw) for _ in range(count))


def listings(count: int, world: World, draw: Draw) -> Iterator[ListingRow]:
    """Make up listings, one in ten an offer or a need."""
    for number in range(count):
        language = _language(draw)
        name = _text(language, draw.choice((2, 3, 4)), world, draw).title()
        tags = tuple(sorted({_zipf(world.tags, draw) for _ in range(draw.choice((1, 2, 4, 6)))}))
        kind = draw.choices(("profile", "offer", "need"), (90, 7, 3))[0]
        if kind == "profile":
            community, (country, town) = CommunityId(draw.randbytes(32)), _zipf(world.towns, draw)
            place = Location(town.lat_e7 + draw.randint(-(10**6), 10**6), _turned(town.lon_e7, draw))
            spoken = {language, _language(draw)} if draw.random() < 0.3 else {language}
        else:
            community, country, place = draw.choice(world.homes)
            spoken = {language}
        text = " ".join(_text(one, draw.randint(20, 80), world, draw) for one in sorted(spoken))
        is_placed = draw.random() < 0.9
        yield ListingRow(
            document_id=DocumentId(draw.randbytes(32)),
            community_id=community,
            kind=kind,
            name=name,
            tags=tags,
            country=country,
            languages=tuple(sorted(spoken)),
            lat_e7=place.lat_e7 if is_placed else None,
            lon_e7=place.lon_e7 if is_placed else None,
            confirmed_at=400_000 + number % 9_000 if kind == "profile" else None,
            flags=(),
            text="\n".join(map(fold, (name, *tags, text, f"https://place-{number}.example/"))),
        )


def _turned(lon_e7: int, draw: Draw) -> int:
    turned = lon_e7 + draw.randint(-(10**6), 10**6)
    return max(-180 * E7, min(180 * E7, turned))


class Asker:
    """Makes up questions of every kind."""

    def __init__(self, world: World, count: int, draw: Draw) -> None:
        self._world = world
        self._count = count
        self._draw = draw

    def kinds(self) -> dict[str, Callable[[], SearchQuery]]:
        """Return the kinds of questions, by what they ask for."""
        near = self._near
        return {
            "everything, first page": lambda: SearchQuery(limit=20, offset=self._draw.randint(0, 5)),
            "everything, any page": lambda: self._deep(SearchQuery(), self._count),
            "a kind": lambda: SearchQuery(kind=self._draw.choice(("profile", "offer", "need"))),
            "a frequent word": lambda: SearchQuery(words=(self._word(0, 20),)),
            "a usual word": lambda: SearchQuery(words=(self._word(200, 2_000),)),
            "a rare word": lambda: SearchQuery(words=(self._word(10_000, _WORDS),)),
            "two words": lambda: SearchQuery(words=self._words(2)),
            "four words": lambda: SearchQuery(words=self._words(4)),
            "one letter": lambda: SearchQuery(words=(self._word(0, _WORDS)[:1],)),
            "four letters": lambda: SearchQuery(words=(self._word(0, _WORDS)[:4],)),
            "a word nobody has": lambda: SearchQuery(words=(f"q{self._draw.randint(0, 10**9)}x",)),
            "a frequent tag": lambda: SearchQuery(tag=self._world.tags[self._draw.randint(0, 3)]),
            "any tag": lambda: SearchQuery(tag=self._draw.choice(self._world.tags)),
            "a country": lambda: SearchQuery(country=self._draw.choice(_COUNTRIES)),
            "a language": lambda: SearchQuery(language=self._draw.choice(list(_LANGUAGES))),
            "the most frequent language, any page": lambda: self._deep(
                SearchQuery(language="en"), self._count * 4 // 10
            ),
            "a frequent word, any page": lambda: self._deep(
                SearchQuery(words=(self._word(0, 20),)), self._count // 10
            ),
            "a language and a tag": lambda: SearchQuery(language=_language(self._draw), tag=self._tag()),
            "a word, a tag, a country": lambda: SearchQuery(
                words=(self._word(0, 500),), tag=self._tag(), country=self._draw.choice(_COUNTRIES)
            ),
            "near": lambda: near(SearchQuery()),
            "near, page 50": lambda: near(SearchQuery(offset=980)),
            "near, any page": lambda: near(
                SearchQuery(offset=self._draw.randint(0, NEAREST_LISTINGS_MAX - 20))
            ),
            "near, the last page": lambda: near(SearchQuery(offset=NEAREST_LISTINGS_MAX - 20)),
            "near, a language, the last page": lambda: near(
                SearchQuery(language="en", offset=NEAREST_LISTINGS_MAX - 20)
            ),
            "within 25 km": lambda: near(SearchQuery(), 25),
            "within 500 km": lambda: near(SearchQuery(), 500),
            "within 500 km, a frequent word": lambda: near(SearchQuery(words=(self._word(0, 20),)), 500),
            "within 500 km, a rare word": lambda: near(SearchQuery(words=(self._word(10_000, _WORDS),)), 500),
            "within 5,000 km": lambda: near(SearchQuery(), 5_000),
            "within 5,000 km, a language": lambda: near(SearchQuery(language=_language(self._draw)), 5_000),
            "near, a frequent word": lambda: near(SearchQuery(words=(self._word(0, 20),))),
            "near, a usual word": lambda: near(SearchQuery(words=(self._word(200, 2_000),))),
            "near, a rare word": lambda: near(SearchQuery(words=(self._word(10_000, _WORDS),))),
            "near, a language": lambda: near(SearchQuery(language=_language(self._draw))),
            "near, offers": lambda: near(SearchQuery(kind="offer")),
        }

    def _word(self, first: int, last: int) -> str:
        words = self._world.words[_language(self._draw)]
        return words[self._draw.randint(first, min(last, len(words)) - 1)]

    def _words(self, count: int) -> tuple[str, ...]:
        return tuple(_text(_language(self._draw), count, self._world, self._draw).split())

    def _tag(self) -> str:
        return _zipf(self._world.tags, self._draw)

    def _deep(self, query: SearchQuery, fitting: int) -> SearchQuery:
        return replace(query, offset=self._draw.randint(0, max(0, fitting - 50)), limit=20)

    def _near(self, query: SearchQuery, within_km: float | None = None) -> SearchQuery:
        # Where somebody asks from: most live where many do.
        _, town = _zipf(self._world.towns, self._draw)
        centre = Location(town.lat_e7 + self._draw.randint(-(10**6), 10**6), _turned(town.lon_e7, self._draw))
        return replace(query, near=centre, within_km=within_km, limit=20)


def fill(store: OpenStore, rows: list[ListingRow]) -> tuple[float, float]:
    """Put all in; return the seconds it took, and those of processor time."""
    begun, begun_cpu = time.perf_counter(), time.process_time()
    for number, row in enumerate(rows):
        store.directory.put(row)
        if number % _COMMIT_ROWS == 0:
            store.commit()
    store.commit()
    return time.perf_counter() - begun, time.process_time() - begun_cpu


def measure(store: OpenStore, asker: Asker, rounds: int, draw: Draw) -> list[dict[str, Any]]:
    """Ask all questions and return the times of each kind."""
    kinds = asker.kinds()
    questions = [(name, make()) for name, make in kinds.items() for _ in range(rounds)]
    draw.shuffle(questions)
    times: dict[str, list[tuple[float, float, int]]] = {name: [] for name in kinds}
    for name, query in questions:
        begun, begun_cpu = time.perf_counter(), time.process_time()
        total, _ = store.directory.search(query)
        cpu_s = time.process_time() - begun_cpu
        times[name].append((time.perf_counter() - begun, cpu_s, total))
    every = [one for of_kind in times.values() for one in of_kind]
    return [_row(name, found) for name, found in [*times.items(), ("all kinds together", every)]]


def _row(name: str, found: list[tuple[float, float, int]]) -> dict[str, Any]:
    wall, cpu = sorted(one[0] * 1_000 for one in found), sorted(one[1] * 1_000 for one in found)
    return {
        "question": name,
        "p50_ms": round(_at(wall, 50), 1),
        "p95_ms": round(_at(wall, 95), 1),
        "p99_ms": round(_at(wall, 99), 1),
        "cpu_p50_ms": round(_at(cpu, 50), 1),
        "cpu_p95_ms": round(_at(cpu, 95), 1),
        "found": round(statistics.median(one[2] for one in found)),
    }


def _at(ordered: list[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def machine() -> dict[str, Any]:
    """Return what the times depend on."""
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load": [round(one, 1) for one in os.getloadavg()],
    }


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="hedgerow-bench-") as folder:
        yield Path(folder)


def main() -> None:
    """Make the directory and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=200, help="questions of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", help="the address of an empty PostgreSQL database; else SQLite on disk")
    parser.add_argument("--folder", type=Path, help="keep the SQLite file here and use it again")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    world = invent(draw)
    rows = list(listings(arguments.listings, world, draw))
    facts = {**machine(), "listings": arguments.listings, "seed": arguments.seed, "rounds": arguments.rounds}
    with (
        _folder(arguments.folder) as folder,
        closing(open_store(arguments.store or folder / "node.db")) as store,
    ):
        if store.directory.count() not in (0, arguments.listings):
            parser.error("expected an empty database, or that of a run before, found other listings in it")
        if not store.directory.count():
            filled_s, filled_cpu_s = fill(store, rows)
            facts["listings_per_s"] = round(arguments.listings / filled_s)
            facts["listings_per_cpu_s"] = round(arguments.listings / filled_cpu_s)
        found = measure(store, Asker(world, arguments.listings, draw), arguments.rounds, draw)
    if arguments.json:
        print(json.dumps({"facts": facts, "questions": found}))
        return
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    print("| " + " | ".join(found[0]) + " |")
    print("|---" * len(found[0]) + "|")
    for row in found:
        print("| " + " | ".join(str(cell) for cell in row.values()) + " |")


if __name__ == "__main__":
    main()

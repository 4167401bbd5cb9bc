"""Bylaws: read as people write them, or answered with a sentence that names the first mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import canonical, ids
from node.errors import InputFileError, PeerError
from node.federation import bylaws, bylaws_file
from node.federation.bylaws import Bylaws, Passing, Seats, Share
from node.federation.founding import Founding
from tests.builders import identifier
from tests.verifier.proving import decode
from tests.verifier.shapes import fits

CHOSEN = [ids.show(identifier(name)) for name in ("ann", "bob", "carl", "dora")]


def read(text: str) -> Bylaws:
    """Read bylaws from a file's text."""
    return bylaws_file.parse(text.encode(), file_name="valley.toml")


def test_a_name_is_enough() -> None:
    """Bylaws that only name the federation have the settings that their form shows as usual."""
    assert read('name = "Valley"') == Bylaws(name="Valley")


def test_every_setting_is_read() -> None:
    """What a file says about admission, sizes, seats and passing is what the bylaws hold."""
    found = read(
        """
        name = "Valley"
        admission = { approvals = 2 }
        sizes = { attesters = "others", witnesses = 3 }
        seats = { method = "hamilton", house = 30, floor = 2, cap = 9 }
        [passing]
        threshold = { numerator = 2, denominator = 3 }
        strictly_above = false
        of = "all"
        quorum = { numerator = 3, denominator = 4 }
        blocks_stop = true
        """
    )
    assert (found.admission.approvals, found.sizes.attesters, found.sizes.witnesses) == (2, "others", 3)
    assert (found.seats.method, found.seats.house, found.seats.floor, found.seats.cap) == (
        "hamilton",
        30,
        2,
        9,
    )
    assert found.passing == Passing(
        threshold=Share(numerator=2, denominator=3),
        strictly_above=False,
        of="all",
        quorum=Share(numerator=3, denominator=4),
        blocks_stop=True,
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "name"),
        ("name = 5", "name"),
        ('name = ""', "name"),
        ('name = "Valley"\ncolour = "green"', "colour"),
        ('name = "Valley"\nseats = { house = 0 }', "seats.house"),
        ('name = "Valley"\nseats = { house = true }', "seats.house"),
        ('name = "Valley"\nseats = { house = 12.0 }', "seats.house"),
        ('name = "Valley"\nseats = { method = "guess" }', "seats.method"),
        ('name = "Valley"\nadmission = { approvals = 0 }', "admission.approvals"),
        ('name = "Valley"\npassing = { threshold = { numerator = 0, denominator = 2 } }', "passing"),
        ('name = "Valley"\npassing = { threshold = { numerator = 2, denominator = 2 } }', "passing"),
        ('name = "Valley"\npassing = { quorum = { numerator = 3, denominator = 2 } }', "passing.quorum"),
        ('name = "Valley"\nname = "Hill"', "TOML"),
        ("name = Valley", "TOML"),
    ],
)
def test_a_mistake_is_named(text: str, says: str) -> None:
    """A missing, unknown, mistyped or impossible setting is named, with the file it stands in."""
    with pytest.raises(InputFileError, match=rf"^valley\.toml: .*{says}"):
        read(text)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b"\x00", id="a zero byte"),
        pytest.param(b"name = " + b"[" * 20_000, id="twenty thousand brackets"),
        pytest.param(b"name = " + b"{a=" * 5_000, id="five thousand tables"),
        pytest.param(b"name = " + b"1" * 5_000, id="a number of five thousand digits"),
        pytest.param(b'name = "x"\n[seats]\nhouse = ' + b"9" * 4_000, id="a number of four thousand digits"),
        pytest.param(b"name = 2020-13-45", id="a day that never was"),
        pytest.param(b"\x7fELF" + bytes(200), id="a program"),
    ],
)
def test_attack_a_file_that_is_no_bylaws_is_answered_with_a_sentence(data: bytes) -> None:
    """Whatever a file holds, the answer is one sentence about it and never a traceback."""
    with pytest.raises(InputFileError):
        bylaws_file.parse(data, file_name="valley.toml")


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_file_is_bylaws_or_an_input_file_error(data: bytes) -> None:
    """Bytes of any kind are bylaws, or answered with a sentence."""
    try:
        bylaws_file.parse(data, file_name="valley.toml")
    except InputFileError:
        return


@pytest.mark.parametrize(
    ("seats", "says"),
    [
        ("house = 4097", "at most 4,096 seats"),
        ("floor = 3\ncap = 2", "a cap of at least the floor, 3, found 2"),
    ],
)
def test_a_house_that_cannot_be_closed_or_filled_is_refused_with_a_sentence(seats: str, says: str) -> None:
    """More seats than witnesses can list, and a cap below the floor, are named where bylaws are read."""
    with pytest.raises(InputFileError, match=says):
        bylaws_file.parse(f'name = "Valley"\n[seats]\n{seats}\n'.encode(), file_name="b.toml")


def test_floors_that_no_house_has_room_for_are_told_with_what_would_do() -> None:
    """So many members with so many seats at least need a house of a size that the sentence names."""
    seats = Seats(house=12, floor=5)
    assert seats.lacks_room(2) == ""
    assert "need a house of 15 seats, found 12" in seats.lacks_room(3)


def test_reviews_effects_and_who_may_propose_are_read() -> None:
    """Who may ask for a review, what acts by itself, who puts questions, and what an amendment needs."""
    found = read(
        """
        name = "Valley"
        admission = { approvals = 1, way = "decision" }
        review = { asked_by = "members", communities = 3, stays = false }
        proposing = { by = "seated" }
        effects = { membership = false, bylaws = true, forms = true, budget = false }
        [amending]
        threshold = { numerator = 3, denominator = 4 }
        """
    )
    assert found.admission.way == "decision"
    assert (found.review.asked_by, found.review.communities, found.review.stays) == ("members", 3, False)
    assert found.proposing.by == "seated"
    assert [found.effects.let(act) for act in ("admit", "bylaws", "form", "budget", "annul")] == [
        False,
        True,
        True,
        False,
        True,
    ]
    assert found.amending.threshold == Share(numerator=3, denominator=4)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[review]\nasked_by = "nobody"', "review.asked_by"),
        ("[review]\ncommunities = 0", "review.communities"),
        ('[proposing]\nby = "all"', "proposing.by"),
        ('[effects]\nbudget = "yes"', "effects.budget"),
        ('[admission]\nway = "lot"', "admission.way"),
        ('[seats]\nties = "oldest"', "seats.ties"),
        ('[sizes]\ndays = ["01-1\u0663"]', 'sizes.days.*such as "01-01"'),
        ('[closing]\nvoting = "\u0667 days"', 'closing.voting.*such as "7 days"'),
        ('[sizes]\nattesters = "named"', "sizes.*`named` exactly where"),
        (f"[sizes]\nnamed = {CHOSEN}", "sizes.*`named` exactly where"),
        (f'[sizes]\nattesters = "named"\nnamed = {CHOSEN * 2}', "sizes.*named once"),
        (f'[sizes]\nattesters = "named"\nnamed = {CHOSEN}\nwitnesses = 5', "sizes.*at most the 4 named"),
        ("[closing]\nwitnesses = 3", "closing.witnesses"),
        ("[closing]\nwitnesses = 32", "closing.witnesses"),
        (f"[closing]\nelected = {CHOSEN[:3]}", "closing.*at least 4 communities.*found 3"),
        (f"[closing]\nelected = {[*CHOSEN, CHOSEN[0]]}", "closing.*each community once"),
        (f"[closing]\nelected = {[*CHOSEN, 'Riverside']}", "closing.elected.*an id of 52 .*Riverside"),
        ('[closing]\nelected = "all"', "closing.elected.*a list"),
        ("[amending.threshold]\nnumerator = 0\ndenominator = 2", "amending"),
    ],
)
def test_what_they_cannot_be_is_answered_with_its_place(text: str, place: str) -> None:
    """A slip of the pen is named, not guessed at."""
    with pytest.raises(InputFileError, match=place):
        read(f'name = "Valley"\n{text}')


def test_bylaws_that_say_nothing_of_how_many_witness_are_spelled_as_before_there_was_that_setting() -> None:
    """A federation that was founded before keeps its id; nothing said has one spelling, which is not null."""
    rules = read('name = "Valley"')
    tree = canonical.decode(bylaws.encode(rules))
    assert isinstance(tree, dict)
    closing = tree["closing"]
    assert isinstance(closing, dict)
    assert "witnesses" not in closing
    assert canonical.digest("hedgerow/test/1", bylaws.encode(rules)).hex()[:16] == "6a88513fe1b168fc"
    founding = Founding(founders=(bytes(32),), bylaws=rules, nonce=bytes(16))
    assert Founding.decode(founding.encode()) == founding
    with pytest.raises(PeerError):
        bylaws.decode(canonical.encode({**tree, "closing": {**closing, "witnesses": None}}))
    said = read('name = "Valley"\nclosing = { witnesses = 13 }')
    assert bylaws.decode(bylaws.encode(said)).closing.witnesses == 13
    founding = Founding(founders=(bytes(32),), bylaws=said, nonce=bytes(16))
    assert Founding.decode(founding.encode()).bylaws.closing.witnesses == 13


@pytest.mark.parametrize(
    ("part", "name", "unsaid", "said"),
    [
        ("seats", "ties", "lot", "larger"),
        ("closing", "witnesses", None, 13),
        ("effects", "bodies", True, False),
    ],
)
def test_what_held_before_there_was_a_setting_is_left_out_and_never_spelled_out(
    part: str, name: str, unsaid: object, said: object
) -> None:
    """Bylaws from before keep their ids; written out it would be a second spelling with another id."""
    rules = Bylaws.model_validate({"name": "Valley", part: {name: unsaid}})
    assert bylaws.encode(rules) == bylaws.encode(read('name = "Valley"'))
    tree = bylaws.spelled(rules)
    assert name not in tree[part]
    tree[part][name] = unsaid
    with pytest.raises(PeerError):
        bylaws.decode(canonical.encode(tree))
    with pytest.raises(PeerError):
        Founding.decode(canonical.encode({"founders": [bytes(32)], "bylaws": tree, "nonce": bytes(16)}))
    tree[part][name] = said
    assert bylaws.spelled(bylaws.decode(canonical.encode(tree)))[part][name] == said


def test_who_is_elected_to_witness_has_one_spelling() -> None:
    """In a file in any order; in a question and a founding ascending, and left out where nobody is."""
    said = read(f'name = "Valley"\nclosing = {{ elected = {CHOSEN} }}')
    assert [*said.closing.elected] == sorted(map(ids.parse, CHOSEN))
    assert read(f'name = "Valley"\nclosing = {{ elected = {CHOSEN[::-1]} }}') == said
    assert bylaws.decode(bylaws.encode(said)) == said
    founding = Founding(founders=(bytes(32),), bylaws=said, nonce=bytes(16))
    assert Founding.decode(founding.encode()) == founding
    tree = bylaws.spelled(said)
    for other in (said.closing.elected[::-1], CHOSEN):
        tree["closing"]["elected"] = other
        with pytest.raises(PeerError):
            bylaws.decode(canonical.encode(tree))
        founded = {"founders": [bytes(32)], "bylaws": tree, "nonce": bytes(16)}
        with pytest.raises(PeerError):
            Founding.decode(canonical.encode(founded))
    tree = bylaws.spelled(read('name = "Valley"'))
    assert "elected" not in tree["closing"]
    tree["closing"]["elected"] = ()
    with pytest.raises(PeerError):
        bylaws.decode(canonical.encode(tree))


def test_whose_word_about_sizes_counts_has_one_spelling() -> None:
    """Those named stand ascending, and without any no such field does."""
    said = read(f'name = "Valley"\nsizes = {{ attesters = "named", named = {CHOSEN[::-1]} }}')
    assert [*said.sizes.named] == sorted(map(ids.parse, CHOSEN))
    assert bylaws.decode(bylaws.encode(said)) == said
    tree = bylaws.spelled(said)
    tree["sizes"]["named"] = said.sizes.named[::-1]
    with pytest.raises(PeerError):
        bylaws.decode(canonical.encode(tree))
    tree = bylaws.spelled(read('name = "Valley"'))
    assert "named" not in tree["sizes"]
    for other in ((), None):
        tree["sizes"]["named"] = other
        with pytest.raises(PeerError):
            bylaws.decode(canonical.encode(tree))


@pytest.mark.parametrize(
    "days",
    [
        ["01-1\u0663"],
        ["01-13", "01-1\u0663"],
        ["0\u0661-13"],
        ["01-\uff11\uff13"],
        ["01-1\u00b3"],
        ["01-13\n"],
        ["1-13"],
    ],
)
def test_attack_a_day_is_written_in_digits_of_another_alphabet(days: list[str]) -> None:
    """Neither reader takes it: else one counted sizes by a day that the other did not see."""
    tree = bylaws.spelled(read('name = "Valley"\nsizes = { days = ["01-13"] }'))
    assert bylaws.decode(canonical.encode(tree)).sizes.days == ("01-13",)
    assert fits(decode(canonical.encode(tree)), "bylaws")
    tree["sizes"]["days"] = days
    with pytest.raises(PeerError):
        bylaws.decode(canonical.encode(tree))
    assert not fits(decode(canonical.encode(tree)), "bylaws")


def test_bylaws_in_a_question_have_one_spelling() -> None:
    """What people vote on is whole: no setting left out, none added, no second way to write it."""
    rules = read('name = "Valley"')
    assert bylaws.decode(bylaws.encode(rules)) == rules
    for broken in (b"", b"\xa0", bylaws.encode(rules)[:-1], bylaws.encode(rules) + b"\x00"):
        with pytest.raises(PeerError):
            bylaws.decode(broken)

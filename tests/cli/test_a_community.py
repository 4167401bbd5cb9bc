"""One community from `init` to a counted vote, through the command alone, with no node running."""

import json
from pathlib import Path

import pytest

from node.cli.answers import read_ranking
from node.errors import UserError
from tests.cli.conftest import Hedgerow

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def test_from_init_to_export(hedgerow: Hedgerow, folder: Path, tmp_path: Path) -> None:
    """What is said about a community is found, listed, exported and logged, and survives a rebuild."""
    made = hedgerow("init", "--name", "Riverside", "--json").json
    assert {path.name for path in (folder / "keys").iterdir()} == {
        "device.pem", "box.pem", "steward.pem", "next.pem", "recovery.pem"
    }  # fmt: skip
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (folder / "keys").iterdir())
    edited = hedgerow(
        "profile", "edit", "--country", "ch", "--place", "47.37, 8.54", "--tag", "garden", "--json"
    )
    assert edited.json["profile"]["country"] == "CH"
    offer = hedgerow("offer", "add", "Seed potatoes", "--tag", "garden", "--json").json
    hedgerow("offer", "add", "--need", "A pump")
    shown = hedgerow("offer", "list", "--json").json["offers"]
    assert [(each["kind"], each["title"], each["community_name"]) for each in shown] == [
        ("need", "A pump", "Riverside"),
        ("offer", "Seed potatoes", "Riverside"),
    ]
    found = hedgerow("search", "potatoes", "--json").json
    assert [each["id"] for each in found["listings"]] == [offer["id"]]
    near = hedgerow("search", "--near", "47.4,8.5", "--within", "20", "--json").json
    assert near["listings"][0]["community"] == made["community"]
    assert near["listings"][0]["distance_km"] < 10
    assert hedgerow("offer", "withdraw", offer["id"], "--json").json["state"] == "withdrawn"
    assert len(hedgerow("offer", "list", "--json").json["offers"]) == 1

    exported = hedgerow("export").out
    assert json.loads(exported)["type"] == "FeatureCollection"
    target = tmp_path / "directory.geojson"
    assert hedgerow("export", "--output", str(target), "--json").json["records"] == 1
    assert target.read_text(encoding="utf-8") == exported
    assert hedgerow("export", "--output", str(target)).code == 2

    entries = hedgerow("log", "--limit", "100", "--json").json["entries"]
    assert sorted(each["seq"] for each in entries) == list(range(1, len(entries) + 1))
    assert hedgerow("rebuild", "--json").json["entries"] == len(entries)
    assert hedgerow("export").out == exported
    assert hedgerow("doctor", "--json").json["healthy"] is True


def test_a_federation_of_one_elects_and_decides(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """Founding, sizes, mandates, both kinds of question: every step by name, and results say provisional."""
    hedgerow("init", "--name", "Riverside")
    bylaws = tmp_path / "bylaws.toml"
    bylaws.write_text('name = "Hills"\n[seats]\nhouse = 3\n', encoding="utf-8")
    assert hedgerow("federation", "found", "--bylaws", str(bylaws), "--json").json["founded"] is True
    hedgerow("attest", "30")
    assert hedgerow("roll", "show", "--json").json["seats"][0]["seats"] == 3
    key = tmp_path / "keys" / "ana.pem"
    holder = hedgerow("key", "new", str(key), "--show").out.strip()
    granted = hedgerow("mandate", "grant", holder, "--json").json
    assert [each["seat"] for each in granted["seats"]] == [1, 2, 3]
    assert len(hedgerow("mandate", "list", "--json").json["mandates"]) == 3

    hedgerow("proposal", "open", "Council", "--option", "Ana Adeyemi", "--option", "Ben", "--option", "Cem")
    cast = hedgerow("vote", "council", "--key", str(key), "cem", "1", "--json").json
    assert cast["chosen"] == ["Cem", "Ana Adeyemi"]
    assert len(cast["ballots"]) == 3
    again = hedgerow("vote", "Council", "--key", str(key), "Ben")
    assert "They replace what your key cast before." in again.out
    result = hedgerow("result", "Council", "--json").json
    assert result["state"] == "provisional"
    assert result["outcome"]["elected"] == ["Ben"]
    assert result["seats_voted"] == 3

    replaced, stands = (
        hedgerow("ballot", "check", one) for one in (cast["ballots"][0], result["ballots"][0])
    )
    assert (
        "It does not count as things stand: another ballot of the same seat goes before it." in replaced.out
    )
    assert "will count" not in replaced.out
    assert "Not yet safe: more must confirm it." in stands.out

    hedgerow("proposal", "open", "Bike?")
    hedgerow("vote", "Bike?", "--key", str(key), "yes")
    papers = tmp_path / "bike.hedgerow"
    hedgerow("decision", "export", "Bike?", "--output", str(papers))
    proved = hedgerow("verify", str(papers)).out
    assert "It passes." in proved
    assert "1. yes" not in proved
    shown = hedgerow("result", "Bike?").out
    assert "It passes." in shown
    assert "rovisional" in shown
    assert [each["title"] for each in hedgerow("proposal", "list", "--json").json["proposals"]] == [
        "Bike?",
        "Council",
    ]
    first = hedgerow("proposal", "list", "--limit", "1").out
    assert "Bike?" in first
    assert "Council" not in first
    assert first.splitlines()[-1] == "1 of 2; more with --offset 1"
    rest = hedgerow("proposal", "list", "--offset", "1").out
    assert "Council" in rest
    assert "more with" not in rest


def test_a_question_is_found_in_whichever_federation_it_was_put(hedgerow: Hedgerow) -> None:
    """Who belongs to several need not say which one: a title or an id's beginning names one question."""
    hedgerow("init", "--name", "Riverside")
    for name in ("Hills", "Rivers"):
        hedgerow("federation", "found", "--template", "small", "--name", name)
        hedgerow("attest", "30", "--federation", name)
    put = {
        name: hedgerow("proposal", "open", title, "--federation", name, "--json").json["proposal"]
        for name, title in (("Hills", "Bike?"), ("Rivers", "Bench?"))
    }
    assert hedgerow("result", "Bike?", "--json").json["proposal"] == put["Hills"]
    assert hedgerow("result", put["Rivers"][:10], "--json").json["proposal"] == put["Rivers"]
    assert hedgerow("result", "Bench?", "--federation", "Hills").code == 2
    hedgerow("proposal", "open", "Bike?", "--federation", "Rivers")
    assert "expected one question, found 2" in hedgerow("result", "Bike?").err


def test_what_is_shown_of_a_page_names_its_place_and_its_community(hedgerow: Hedgerow) -> None:
    """A place is shown as it is given, so that whoever took latitude for longitude sees it."""
    community = hedgerow("init", "--name", "Riverside", "--json").json["community"]
    assert "  place: 47.37,-8.54\n" in hedgerow("profile", "edit", "--place", "47.37, -8.54").out
    assert f"  community's id: {community}\n" in hedgerow("profile", "show").out


def test_a_further_device_asks_and_is_added(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """A second device has no steward's key, prints a request, and stands in the charter once it is added."""
    community = hedgerow("init", "--json").json["community"]
    second = str(tmp_path / "second")
    asked = hedgerow("--data", second, "init", "--device-of", community, "--json").json
    assert not (tmp_path / "second" / "keys" / "steward.pem").exists()
    added = hedgerow("charter", "device", "add", asked["request"], "--json").json
    devices = hedgerow("charter", "show", "--json").json["devices"]
    assert added["device"] in [each["device"] for each in devices]
    assert hedgerow("charter", "device", "retire", added["device"], "--json").json["reason"] == "rotated"
    refused = hedgerow("charter", "device", "add", asked["request"], "--data", second)
    assert refused.code == 2
    assert "holds no steward key" in refused.err


def test_an_import_reports_row_by_row(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """A dry run writes nothing, a second import doubles nothing, and rejected rows are no failure."""
    hedgerow("init")
    file = tmp_path / "places.csv"
    file.write_text("name,country,lat,lon\nHill Farm,CH,47.1,8.1\n,CH,,\n", encoding="utf-8")
    dry = hedgerow("import", str(file), "--dry-run", "--source", "test", "--json").json
    assert (dry["rows"], dry["accepted"] + dry["flagged"], dry["rejected"]) == (2, 1, 1)
    assert hedgerow("search", "--json").json["total"] == 0
    assert hedgerow("import", str(file), "--source", "test", "--json").json["written"] == 1
    assert hedgerow("import", str(file), "--source", "test", "--json").json["unchanged"] == 1
    assert hedgerow("search", "farm", "--json").json["total"] == 1
    assert hedgerow("import", str(file), "--map", "name").code == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["profile", "show"], "profile edit --name"),
        (["offer", "list"], "offer add"),
        (["peer", "list"], "peer add ADDRESS"),
        (["peer", "status"], "Nobody is connected"),
        (["federation", "list"], "federation found"),
        (["search"], "import FILE"),
        (["log"], "profile edit --name"),
    ],
)
def test_what_is_empty_says_what_to_do_next(arguments: list[str], says: str, hedgerow: Hedgerow) -> None:
    """A fresh node answers every list with the next step."""
    hedgerow("init")
    ran = hedgerow(*arguments)
    assert ran.code == 0
    assert says in ran.out


@pytest.mark.parametrize(
    ("words", "numbers"),
    [(["2", "1"], [2, 1]), (["ana"], [1]), (["Ben"], [2]), (["ANA ADEYEMI", "benno"], [1, 3])],
)
def test_choices_are_read_by_number_or_name(words: list[str], numbers: list[int]) -> None:
    """A number, a whole name in any case, or the beginning of just one name."""
    assert read_ranking(words, ["Ana Adeyemi", "Ben", "Benno"]) == numbers


@pytest.mark.parametrize(
    ("words", "says"),
    [(["Dora"], "fits none of them"), (["B"], "fits 2 of them"), (["4"], "none"), (["1", "ana"], "again")],
)
def test_choices_that_fit_none_or_several_are_refused(words: list[str], says: str) -> None:
    """Nobody's vote is guessed."""
    with pytest.raises(UserError, match=says):
        read_ranking(words, ["Ana Adeyemi", "Ben", "Benno"])


def test_counting_files_is_the_contracts_object_a_line(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """`count` prints one JSON object a file and needs no data folder; so does `apportion`."""
    blt = tmp_path / "a.blt"
    blt.write_text('2 1\n3 1 2 0\n1 2 0\n0\n"Ann"\n"Bo"\n"T"\n', encoding="utf-8")
    ran = hedgerow("count", "--method", "scottish-stv", "--json", str(blt), str(blt))
    first, second = map(json.loads, ran.out.splitlines())
    assert first == second
    assert set(first) == {
        "file", "method", "seats", "valid", "quota_1e5", "elected", "excluded", "stages", "lots", "result_id"
    }  # fmt: skip
    assert first["elected"] == [{"id": 1, "name": "Ann", "stage": 1}]
    assert "1. Ann" in hedgerow("count", "--method", "meek", "--seats", "1", str(blt)).out
    table = tmp_path / "sizes.csv"
    table.write_text("name,size\nA,10\nB,21\n", encoding="utf-8")
    shared = hedgerow("apportion", "--method", "sainte-lague", "--seats", "3", "--json", str(table)).json
    assert shared == {
        "method": "sainte-lague", "seats": 3, "allocation": {"A": 1, "B": 2}, "ties": []
    }  # fmt: skip
    table.write_text("name,size\nA,90\nB,10\n", encoding="utf-8")
    tied = ("apportion", "--method", "penrose", "--seats", "2", str(table))
    smaller = hedgerow(*tied, "--ties", "smaller", "--json").json
    assert (smaller["allocation"], smaller["ties"][0]["given"]) == ({"A": 1, "B": 1}, ["B"])
    assert "was broken by size, the larger first" in hedgerow(*tied, "--ties", "larger").out
    assert "was broken by lot" in hedgerow(*tied).out


@pytest.mark.parametrize(
    "rules",
    ["--bylaws docs/bylaws-example.toml", "--template small", "--template region", "--template large"],
)
def test_ready_made_bylaws_are_accepted(rules: str, hedgerow: Hedgerow) -> None:
    """The example file and all templates found a federation as they are."""
    hedgerow("init")
    option, value = rules.split()
    path = str(CHECKOUT / value) if option == "--bylaws" else value
    founded = hedgerow("federation", "found", option, path, "--json")
    assert founded.json["founded"] is True


def test_a_federation_of_one_name_is_founded_once(hedgerow: Hedgerow) -> None:
    """Typing it twice makes no second federation, which commands could not tell from the first."""
    hedgerow("init", "--name", "Riverside")
    found = ("federation", "found", "--template", "small", "--name", "Hills")
    assert hedgerow(*found).code == 0
    again = hedgerow(*found)
    assert (again.code, "called 'Hills' already" in again.err) == (2, True)
    assert len(hedgerow("federation", "list", "--json").json["federations"]) == 1
    assert hedgerow("federation", "found", "--template", "small", "--name", "Rivers").code == 0


def test_a_federation_that_follows_another_is_founded_on_its_bylaws_and_listed_as_such(
    hedgerow: Hedgerow,
) -> None:
    """Name and bylaws are taken over, both are listed with whom they follow, and the name means the newer."""
    hedgerow("init", "--name", "Riverside")
    hedgerow("federation", "found", "--template", "small", "--name", "Hills")
    old = hedgerow("federation", "list", "--json").json["federations"][0]
    done = hedgerow("federation", "found", "--follows", "Hills")
    assert done.code == 0, done.err
    assert "Founded “Hills”." in done.out
    assert "It follows “Hills”, and nothing of that one ends by it. Founders: Riverside." in done.out
    assert "Its bylaws are those that hold there." in done.out
    new = next(
        one for one in hedgerow("federation", "list", "--json").json["federations"] if one["id"] != old["id"]
    )
    assert new["bylaws"] == old["bylaws"]
    shown = hedgerow("federation", "list").out
    short = {one["id"]: f"{one['id'][:10]}…" for one in (old, new)}
    backed = "1 of the 1 founder {} stands behind it, more than half."
    assert f"  It says that it follows “Hills” ({short[old['id']]}): {backed.format('there')}" in shown
    assert f"  “Hills” ({short[new['id']]}) says that it follows this one: {backed.format('here')}" in shown
    assert hedgerow("attest", "30", "--federation", "Hills", "--json").json["federation"] == new["id"]
    renamed = hedgerow("federation", "found", "--follows", old["id"], "--name", "Rivers")
    assert "  name: “Rivers”, there “Hills”" in renamed.out
    given = hedgerow("federation", "found", "--follows", old["id"], "--template", "region", "--name", "Woods")
    assert "  Seats in all (seats.house): 60, there 12" in given.out

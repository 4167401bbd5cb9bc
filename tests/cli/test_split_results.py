"""Split results say seats first and parts beside them; questions say their state and when voting opens."""

from pathlib import Path

from tests.cli.conftest import Hedgerow

RULES = 'name = "Trees"\n[casting]\nparts = 60\n[seats]\nhouse = 1\n'


def test_a_split_result_says_seats_before_parts(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """A seat that says three fifths yes has 3/5 of a seat there, and 36 parts of 60."""
    bylaws, key = tmp_path / "b.toml", str(tmp_path / "ana.pem")
    bylaws.write_text(RULES)
    public = hedgerow("key", "new", key, "--show").out.strip()
    for words in (
        ("init", "--name", "Orchard"),
        ("federation", "found", "--bylaws", str(bylaws)),
        ("attest", "20"),
        ("mandate", "grant", public),
        ("proposal", "open", "A fence?"),
        ("vote", "A fence?", "--key", key, "--split", "3:yes", "--split", "2:no"),
    ):
        ran = hedgerow(*words)
        assert ran.code == 0, ran.err
    said = hedgerow("result", "A fence?").out.splitlines()
    assert "  yes: 3/5 of a seat (36 parts)" in said
    assert "  no: 2/5 of a seat (24 parts)" in said
    assert said.index("A seat may split its vote: each is counted as 60 parts.") < said.index(
        "  yes: 3/5 of a seat (36 parts)"
    )


def test_an_act_is_voted_on_later_where_it_is_said_so(hedgerow: Hedgerow) -> None:
    """`propose` opens voting when it is told to, as `proposal open` does, and the list says that it waits."""
    hedgerow("init", "--name", "Orchard")
    hedgerow("federation", "found", "--template", "small", "--name", "Trees")
    hedgerow("attest", "20")
    said = hedgerow("propose", "budget", "Tools", "400", "euro", "--opens-in", "48").out
    assert "\nIt opens 20" in said
    hedgerow("proposal", "open", "A fence?")
    listed = {line.split("?")[0]: line for line in hedgerow("proposal", "list").out.splitlines()}
    assert "voting has not opened yet" in listed["Shall we release 400 euro for Tools"]
    assert " voting " in listed["A fence"]
    named = listed["A fence"].split()[-1]
    assert (named[-1], hedgerow("proposal", "show", named).code) == ("…", 0)


def test_bylaws_say_who_is_elected_to_close_questions_by_name(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """A file names communities by their ids; what holds is said with what they are called."""
    own = hedgerow("init", "--name", "Orchard", "--json").json["community"]
    bylaws = tmp_path / "b.toml"
    chosen = [own, *(letter * 51 + "a" for letter in "bcd")]
    bylaws.write_text(f'name = "Trees"\n[closing]\nelected = {chosen}\n')
    assert hedgerow("federation", "found", "--bylaws", str(bylaws)).code == 0
    assert "Orchard" in hedgerow("federation", "bylaws").out
    assert own in hedgerow("federation", "bylaws", "--toml").out


def test_declining_names_what_takes_it_back(hedgerow: Hedgerow) -> None:
    """Without a founding that waits, declining says where to look."""
    hedgerow("init", "--name", "Orchard")
    ran = hedgerow("federation", "decline")
    assert (ran.code, "hedgerow federation list" in ran.err) == (2, True)

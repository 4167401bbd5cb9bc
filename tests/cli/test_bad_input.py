"""Whatever is wrong with what a person gives, one clear line says so, and nothing is half done."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from node.cli import main
from node.storage.files.folder import DataFolder
from tests.cli.conftest import Hedgerow, Ran

NO_ID = "a" * 52
NO_KEY = "did:key:z6MkskJrrJ5BteT9BfpYKvfX9AubLpJ1x7mQ19TVHeGXJVVf"


def one_line(ran: Ran, code: int, words: str) -> None:
    """Check that a command failed with one line on stderr that holds these words."""
    assert ran.code == code, ran
    assert ran.out == ""
    (line,) = ran.err.splitlines()
    assert line.startswith("hedgerow: ")
    assert words in line
    assert "Traceback" not in ran.err


@pytest.fixture
def founded(hedgerow: Hedgerow) -> Hedgerow:
    """Return a runner on a data folder in which a community was founded."""
    assert hedgerow("init").code == 0
    return hedgerow


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("offr list", "No such command 'offr'. Did you mean 'offer'"),
        ("offer list --frob", "No such option: --frob"),
        ("offer add", "Missing argument 'TITLE'"),
        ("attest many", "Invalid value for 'SIZE': expected a whole number"),
        ("attest 0", "SIZE"),
        ("offer", "expected a command"),
    ],
)
def test_a_command_line_that_cannot_be_read(arguments: str, words: str, hedgerow: Hedgerow) -> None:
    """A wrong command, option or number ends with exit code 2 and says where help is."""
    ran = hedgerow(*arguments.split())
    assert ran.code == main.EXIT_CALLER
    assert words in ran.err.splitlines()[-1]
    assert ran.out == ""


def test_a_full_disk_is_no_mistake_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever has no space left reads that, and is not asked to report a mistake in Hedgerow."""
    assert main._report(OSError(errno.ENOSPC, "No space left on device")) == main.EXIT_NODE
    assert capsys.readouterr().err == "hedgerow: the disk is full: free some space and do it again\n"


@pytest.mark.parametrize("arguments", ["offer list", "serve", "doctor", "charter show", "search garden"])
def test_a_folder_without_a_node_says_how_to_begin(arguments: str, hedgerow: Hedgerow) -> None:
    """Before `init` every command that needs a node names `hedgerow init`."""
    one_line(hedgerow(*arguments.split()), 2, "run `hedgerow init` first")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["offer", "withdraw", NO_ID], "no offer of that id"),
        (["offer", "withdraw", "potatoes"], "expected an id of 52"),
        (["offer", "add", "x" * 201], "title"),
        (["offer", "add", ""], "title"),
        (["offer", "add", "Seeds", "--expires", "tomorrow"], "expected a day such as 2027-01-31"),
        (["profile", "edit", "--country", "Switzerland"], "two letters of a country, such as CH"),
        (["search", "--country", "Switzerland"], "found 'Switzerland'"),
        (["bundle", "read", "missing.bundle"], "expected to read the file missing.bundle"),
        (["profile", "edit", "--place", "47.3"], "latitude and a longitude"),
        (["profile", "edit", "--place", "247,8"], "latitude goes from -90 to 90"),
        (["profile", "edit", "--clear", "colour"], "no field 'colour'"),
        (["profile", "show", "Nowhere"], "no community known here is called 'Nowhere', or has that id"),
        (["charter", "device", "add", "hedgerow:device?x=1"], "damaged"),
        (["charter", "device", "add", "my laptop"], "as the new device printed it"),
        (["charter", "device", "retire", "laptop"], "expected a key such as did:key"),
        (["charter", "device", "retire", NO_KEY], "no device of this community has that key"),
        (["peer", "add", "garden"], "expected a port"),
        (["peer", "add", "ftp://garden:21"], "expected ws://"),
        (["peer", "remove", "Nowhere"], "no community known here is called"),
        (["federation", "found"], "expected either --bylaws FILE or --template SIZE"),
        (["federation", "found", "--template", "vast"], "small or region"),
        (["federation", "found", "--bylaws", "missing.toml"], "missing.toml"),
        (
            ["federation", "found", "--template", "small", "--with", "Nowhere"],
            "no community known here is called",
        ),
        (
            ["federation", "join", "https://example.org"],
            "expected an invitation that begins with hedgerow:join?",
        ),
        (["federation", "join", "hedgerow:join?federation=x"], "was the whole link copied?"),
        (["federation", "approve", "Nowhere"], "belongs to no federation yet"),
        (["federation", "invite", "--address", "a b"], "found the address 'a b'"),
        (["federation", "invite"], "run `hedgerow serve` first, or give --address"),
        (["roll", "show"], "belongs to no federation yet"),
        (["attest", "12"], "belongs to no federation yet"),
        (["mandate", "grant", NO_KEY], "belongs to no federation yet"),
        (["proposal", "open", "Bike?"], "belongs to no federation yet"),
        (["result", NO_ID], "no proposal of that id"),
        (["result", "Bike?"], "belongs to no federation yet"),
        (["search", "--near", "here"], "latitude"),
        (["search", "--within", "5"], "--within needs --near"),
        (["search", "--limit", "0"], "--limit"),
        (["export", "--format", "xml"], "format"),
        (["import", "missing.csv"], "expected to read the file missing.csv"),
        (["import", "."], "expected to read the file ."),
        (["log", "--before", "x"], "--before"),
        (["init"], "exists already and is not empty"),
        (["serve", "--listen", "nowhere"], "expected host:port"),
        (["serve", "--listen", "127.0.0.1:99999"], "expected host:port"),
        (["serve", "--advertise", "a b"], "--advertise: advertise: expected"),
        (["serve", "--log-level", "loud"], "log_level"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else "",
)
def test_what_a_person_gets_wrong_is_one_line(arguments: list[str], words: str, founded: Hedgerow) -> None:
    """Unknown ids, bad links, bad days and places, missing files: exit code 2 and one line each."""
    one_line(founded(*arguments), 2, words)


def test_a_file_that_is_not_what_its_name_says(founded: Hedgerow, tmp_path: Path) -> None:
    """A picture called .geojson, a text called .toml, bytes called .blt: each is refused by what it lacks."""
    wrong = tmp_path / "wrong.geojson"
    wrong.write_bytes(b"\x89PNG\r\n\x1a\n")
    one_line(founded("import", str(wrong)), 2, "wrong.geojson")
    one_line(founded("federation", "found", "--bylaws", str(wrong)), 2, "expected bylaws in TOML")
    one_line(founded("count", "--method", "scottish-stv", str(wrong)), 2, "wrong.geojson")
    one_line(founded("apportion", "--method", "dhondt", "--seats", "3", str(wrong)), 2, "expected UTF-8 text")
    one_line(founded("count", "--method", "guess", str(wrong)), 2, "expected one of the methods")
    one_line(founded("count", "--method", "meek", "missing.blt"), 2, "expected to read the file missing.blt")


def test_the_data_folder_of_somebody_else_who_runs(founded: Hedgerow, folder: Path) -> None:
    """A second node on one folder would sign against the first: exit code 3, at once."""
    with DataFolder(folder).lock():
        one_line(founded("serve"), 3, "a node runs in")


def test_a_folder_others_may_write_into_is_refused(founded: Hedgerow, folder: Path) -> None:
    """Whoever may write into the folder could swap its keys."""
    folder.chmod(0o777)
    one_line(founded("offer", "list"), 2, "chmod 700")


def key_missing(path: Path) -> None:
    """Take the key away."""
    path.unlink()


def key_open_to_others(path: Path) -> None:
    """Let everybody read it."""
    path.chmod(0o644)


def key_broken(path: Path) -> None:
    """Write over it."""
    path.write_bytes(b"-----BEGIN PRIVATE KEY-----\n")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (key_missing, "expected a key file at"),
        (key_open_to_others, "chmod 600"),
        (key_broken, "expected a private key"),
    ],
)
def test_a_device_key_that_cannot_be_used(
    harm: Callable[[Path], None], words: str, founded: Hedgerow, folder: Path
) -> None:
    """A key that is missing, world-readable or damaged stops every command with one line."""
    harm(folder / "keys" / "device.pem")
    one_line(founded("offer", "list"), 2, words)
    one_line(founded("serve"), 2, words)


def test_settings_that_do_not_exist(founded: Hedgerow, folder: Path) -> None:
    """A misspelt setting is refused by name, and so is a file that is not TOML."""
    (folder / "config.toml").write_text('lissten = "0.0.0.0:1"\n', encoding="utf-8")
    one_line(founded("serve"), 2, "unknown setting 'lissten': the settings are listen")
    (folder / "config.toml").write_text("listen = \n", encoding="utf-8")
    one_line(founded("serve"), 2, "expected settings in TOML")


def test_passphrases(
    hedgerow: Hedgerow, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys made with a passphrase open with it, and neither without nor with another."""
    monkeypatch.setenv("HEDGEROW_PASSPHRASE", "three green hedges")
    assert hedgerow("init").code == 0
    assert b"ENCRYPTED" in (folder / "keys" / "steward.pem").read_bytes()
    assert hedgerow("offer", "list").code == 0
    monkeypatch.setenv("HEDGEROW_PASSPHRASE", "three red hedges")
    one_line(hedgerow("offer", "list"), 2, "does not open")
    monkeypatch.delenv("HEDGEROW_PASSPHRASE")
    one_line(hedgerow("offer", "list"), 2, "set HEDGEROW_PASSPHRASE")
    one_line(hedgerow("key", "new", str(tmp_path / "k" / "a.pem"), "--passphrase"), 2, "HEDGEROW_PASSPHRASE")


def test_key_files_are_never_written_over(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """`key new` refuses a name that is taken, and `key show` a file that is no key."""
    path = tmp_path / "keys" / "ana.pem"
    made = hedgerow("key", "new", str(path), "--json").json
    before = path.read_bytes()
    one_line(hedgerow("key", "new", str(path)), 2, "exists already")
    assert path.read_bytes() == before
    assert hedgerow("key", "show", str(path), "--json").json["key"] == made["key"]
    one_line(hedgerow("key", "show", str(tmp_path / "none.pem")), 2, "expected a key file")


def test_voting_without_a_seat_says_whom_to_ask(founded: Hedgerow, tmp_path: Path) -> None:
    """A key that no mandate names cannot vote, and the line says what the steward types."""
    key = tmp_path / "keys" / "ana.pem"
    founded("key", "new", str(key))
    assert founded("federation", "found", "--template", "small", "--name", "Hills").code == 0
    assert founded("attest", "30").code == 0
    opened = founded("proposal", "open", "Bike?", "--json").json
    one_line(
        founded("vote", opened["proposal"], "--key", str(key), "yes"), 2, "hedgerow mandate grant did:key"
    )
    one_line(founded("vote", "Boat?", "--key", str(key), "yes"), 2, "found none called 'Boat?'")


def test_init_leaves_nothing_behind_when_it_fails(hedgerow: Hedgerow, folder: Path) -> None:
    """A device of a community whose id is mistyped is not half made."""
    one_line(hedgerow("init", "--device-of", "riverside"), 2, "expected an id")
    assert not folder.exists()
    one_line(hedgerow("init", "--device-of", NO_ID, "--name", "Phone"), 2, "leave out --name")
    folder.write_text("a file", encoding="utf-8")
    one_line(hedgerow("init"), 2, "exists already")


def test_a_neighbours_name_cannot_steer_the_terminal(founded: Hedgerow) -> None:
    """Escape sequences in a listing are shown as marks, whoever wrote them (CWE-150)."""
    ran = founded("offer", "add", "Seeds\u202e\x9b31m")
    assert "\x9b" not in ran.out + ran.err
    assert "\u202e" not in ran.out + ran.err

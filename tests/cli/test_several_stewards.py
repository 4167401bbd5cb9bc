"""Commands of a community of several stewards say what waits for a second signature, and nothing as done."""

from pathlib import Path

import pytest

from node.cli import main
from tests.cli.conftest import Hedgerow


@pytest.fixture
def eva(hedgerow: Hedgerow, tmp_path: Path) -> str:
    """Return the key file of a second steward."""
    file = str(tmp_path / "eva.pem")
    assert hedgerow("key", "new", file).code == 0
    return file


def test_a_steward_named_twice_is_refused(hedgerow: Hedgerow, eva: str, folder: Path) -> None:
    """A key file that is given twice is one steward, and no threshold is made of it."""
    ran = hedgerow("init", "--name", "Orchard", "--sign-with", eva, "--sign-with", eva)
    assert ran.code == 2
    assert "expected every further steward once" in ran.err
    assert not folder.exists()


def test_init_says_how_many_must_sign_and_which_keys_are_single(hedgerow: Hedgerow, eva: str) -> None:
    """Whoever founds with a second steward reads that both sign, and that recovery needs one key alone."""
    made = hedgerow("init", "--name", "Orchard", "--sign-with", eva).out
    assert "2 of its 2 stewards must sign" in made
    assert "single key" in made


def test_lines_to_copy_after_init_name_the_folder_it_was_given(
    hedgerow: Hedgerow,
    folder: Path,
    eva: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Who gave --data reads it in the next commands, in quotes where a shell needs them; others do not."""
    spaced = folder.parent / "my data"
    made = hedgerow("init", "--sign-with", eva, "--data", str(spaced)).out
    assert f"  hedgerow --data '{spaced}' serve\n" in made
    assert f"  hedgerow --data '{spaced}' approve\n" in made
    monkeypatch.setenv("HEDGEROW_DATA", str(folder))
    assert main.run(["init"]) == 0
    assert "  hedgerow serve\n" in capfd.readouterr().out


def test_nothing_is_told_as_done_that_waits_for_a_second_steward(hedgerow: Hedgerow, eva: str) -> None:
    """A founding, a size, a question: each says what was signed and what it waits for, and nothing else."""
    hedgerow("init", "--name", "Orchard", "--sign-with", eva)

    def waits(*words: str) -> None:
        said = hedgerow(*words).out.splitlines()
        assert said[-2] == "Signed. 1 more steward has to sign before it holds:", said
        one = said[-1].split()[-1]
        for done in ("Founded “", "Stated:", "is put", "from now on", "Handed in"):
            assert not any(line.startswith(done) or done in line for line in said), said
        assert hedgerow("approve", one, "--key", eva).out.endswith("It holds.\n")

    waits("federation", "found", "--template", "small", "--name", "Trees")
    waits("attest", "20")
    waits("proposal", "open", "A fence?")
    waits("petition", "start", "A pond?")


def test_guardians_keep_the_recovery_keys_and_no_file_is_left_here(
    hedgerow: Hedgerow, folder: Path, tmp_path: Path
) -> None:
    """Of three recovery keys that others keep two must sign, and nothing on this machine can do without."""
    named = [hedgerow("key", "new", str(tmp_path / f"{one}.pem"), "--show").out.strip() for one in "uvw"]
    options = [word for one in named for word in ("--guardian", one)]
    said = hedgerow("init", "--name", "Orchard", *options).out
    assert "2 of its 3 guardians get it back" in said
    assert "recovery.pem" not in said
    assert not (folder / "keys" / "recovery.pem").exists()
    shown = hedgerow("charter", "show", "--json").json
    assert shown["recovery_threshold"] == 2
    assert set(shown["recovery"]) == set(named)
    assert "recovery keys: 2 of 3 must sign" in hedgerow("charter", "show").out


def test_guardians_that_cannot_be_are_refused(hedgerow: Hedgerow, eva: str, folder: Path) -> None:
    """Named twice, a steward as well, more needed than there are, a number without any: nothing is made."""
    key = hedgerow("key", "show", eva).out.strip()
    for words, says in (
        (("--guardian", key, "--guardian", key), "every guardian once"),
        (("--guardian", key, "--sign-with", eva), "whose keys are no steward's"),
        (("--guardian", key, "--steward", key), "whose keys are no steward's"),
        (("--guardian", key, "--guardians-needed", "2"), "at most 1 for --guardians-needed, found 2"),
        (("--guardians-needed", "1"), "expected guardians for --guardians-needed"),
        (("--guardian", "eva"), "expected a key"),
    ):
        ran = hedgerow("init", *words)
        assert (ran.code, says in ran.err) == (2, True), (words, ran.err)
    assert not folder.exists()

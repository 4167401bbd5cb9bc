"""Commands of a community of several stewards say what waits for a second signature, and nothing as done."""

from pathlib import Path

import pytest

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
    assert "one community only" in made


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

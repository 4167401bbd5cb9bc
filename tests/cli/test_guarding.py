"""Guardians get a community out of a thief's hands: ask, sign on their own machines, hand in."""

from pathlib import Path

import pytest

from tests.cli.conftest import Hedgerow


@pytest.fixture
def orchard(hedgerow: Hedgerow, tmp_path: Path) -> str:
    """Found a community with three guardians and a second device; return that device's key."""
    named = [hedgerow("key", "new", str(tmp_path / f"{one}.pem"), "--show").out.strip() for one in "uvw"]
    options = [word for one in named for word in ("--guardian", one)]
    made = hedgerow("init", "--name", "Orchard", *options, "--json").json
    phone = hedgerow(
        "--data", str(tmp_path / "phone"), "init", "--device-of", made["community"], "--json"
    ).json
    device: str = hedgerow("charter", "device", "add", phone["request"], "--json").json["device"]
    return device


def test_two_of_three_guardians_retire_a_device(hedgerow: Hedgerow, orchard: str, tmp_path: Path) -> None:
    """One answer is not enough and says so, the second makes it hold, and the charter shows it."""
    request = str(tmp_path / "ask.guardian")
    said = hedgerow("guardian", "ask", orchard, "--stolen", "--output", request).out
    assert "2 of 3 guardians must sign it" in said
    read = hedgerow("guardian", "show", request).out
    assert f"  {orchard}\n" in read
    assert "“Orchard”" in read
    answers = []
    for one in "uv":
        answers.append(str(tmp_path / f"{one}.guardian"))
        signed = hedgerow(
            "guardian", "sign", request, "--key", str(tmp_path / f"{one}.pem"), "--output", answers[-1]
        )
        assert signed.out.endswith(f"Send this file back: {answers[-1]}\n")
    assert (
        hedgerow("guardian", "hand-in", answers[0]).out
        == "Taken in. 1 guardian more must sign before it holds.\n"
    )
    done = hedgerow("guardian", "hand-in", answers[1], "--json").json
    assert (done["holds"], done["signed"], done["needed"]) == (True, 2, 2)
    assert f"{orchard} (retired: stolen)" in hedgerow("charter", "show").out
    again = hedgerow("guardian", "hand-in", *answers)
    assert (again.code, "it holds already" in again.err) == (2, True)


def test_what_a_guardian_gets_wrong_is_one_line(hedgerow: Hedgerow, orchard: str, tmp_path: Path) -> None:
    """Another file, a steward's key, this very device: nothing is written, and the line says what to do."""
    request, answer = str(tmp_path / "ask.guardian"), str(tmp_path / "answer.guardian")
    own = next(one for one in hedgerow("charter", "show", "--json").json["devices"] if one["this"])["device"]
    wrong = [
        (("ask", own, "--output", request), "cannot retire itself"),
        (("ask", "did:key:none", "--output", request), "expected a key"),
        (("ask", orchard, "--place", "7", "--output", request), "expected a place from 1 to 1"),
    ]
    for words, says in wrong:
        ran = hedgerow("guardian", *words)
        assert (ran.code, says in ran.err) == (2, True), ran.err
    assert not Path(request).exists()
    hedgerow("guardian", "ask", orchard, "--output", request)
    steward = str(tmp_path / "data" / "keys" / "steward.pem")
    ran = hedgerow("guardian", "sign", request, "--key", steward, "--output", answer)
    assert (ran.code, "no guardian with that key" in ran.err) == (2, True)
    assert not Path(answer).exists()
    ran = hedgerow("guardian", "hand-in", request)
    assert (ran.code, "expected a file of the kind" in ran.err) == (2, True)


def test_the_recovery_key_of_one_person_signs_alike(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """A community without guardians signs with its `recovery.pem`."""
    community = hedgerow("init", "--json").json["community"]
    phone = hedgerow("--data", str(tmp_path / "phone"), "init", "--device-of", community, "--json").json
    device = hedgerow("charter", "device", "add", phone["request"], "--json").json["device"]
    request, answer = str(tmp_path / "ask.guardian"), str(tmp_path / "answer.guardian")
    hedgerow("guardian", "ask", device, "--output", request)
    key = str(tmp_path / "data" / "keys" / "recovery.pem")
    assert hedgerow("guardian", "sign", request, "--key", key, "--output", answer).code == 0
    assert hedgerow("guardian", "hand-in", answer, "--json").json["holds"]

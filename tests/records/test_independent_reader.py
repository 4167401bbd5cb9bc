"""Records are COSE: a reader that others wrote accepts those that hold and refuses the others."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[1] / "vectors"
READER = Path(__file__).with_name("independent_reader.py")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of a fresh environment with pycose, whose pins are not ours."""
    folder = tmp_path_factory.mktemp("pycose")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
    found = folder / "bin" / "python"
    subprocess.run([found, "-m", "pip", "install", "-q", "pycose==1.1.0"], check=True, timeout=400)
    return found


def judged(python: Path, folder: Path, raws: list[str]) -> list[bool | None]:
    """Return what the independent reader says of each record."""
    listed = folder / "records.json"
    listed.write_text(json.dumps(raws), encoding="utf-8")
    ran = subprocess.run([python, READER, listed], check=True, capture_output=True, text=True, timeout=60)
    found: list[bool | None] = json.loads(ran.stdout)
    return found


@pytest.mark.long
@pytest.mark.timeout(600)
def test_pycose_accepts_the_valid_records_and_refuses_broken_signatures(python: Path, tmp_path: Path) -> None:
    """The library pycose 1.1.0 verifies every valid record of the vectors, and no broken signature."""
    records = json.loads((VECTORS / "records.json").read_text(encoding="utf-8"))
    ballots = json.loads((VECTORS / "ballots.json").read_text(encoding="utf-8"))
    charters = json.loads((VECTORS / "charters.json").read_text(encoding="utf-8"))
    valid = [case["raw"] for case in [*records["valid"], *ballots["valid"]]]
    valid += [raw for case in charters["valid"] for raw in case["records"]]
    assert judged(python, tmp_path, valid) == [True] * len(valid)
    unsigned = [case for case in records["broken"] if case["error"] == "BadSignatureError"]
    verdicts = judged(python, tmp_path, [case["raw"] for case in unsigned])
    assert True not in verdicts
    # A change that leaves key and lengths alone is judged, and judged false.
    plain = ("one bit of the signature", "one bit of the payload", "another signer's name")
    told = {case["name"]: verdict for case, verdict in zip(unsigned, verdicts, strict=True)}
    assert [told[name] for name in plain] == [False, False, False]

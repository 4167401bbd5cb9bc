"""What every test stands on: the shared material, Hypothesis's profiles, and no network but this machine.

Sockets outside loopback are closed by pytest-socket (pyproject.toml, addopts), order is random
(pytest-randomly prints the seed; `--randomly-seed=N` repeats it).
"""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

CHECKOUT = Path(__file__).resolve().parent.parent
# Batches that a person can repeat one of, in which the long counts draw their elections.
BATCHES = 20
IN_CI = os.environ.get("CI") == "true"
# How many objects are made between two collections of the youngest; 700 by default, which costs a twentieth.
_GARBAGE = (20_000, 20, 20)

# No deadline: how long one example takes says more about the machine than about the code.
_SLOW_MACHINE = [HealthCheck.too_slow]
settings.register_profile("everyday", max_examples=30, deadline=None, suppress_health_check=_SLOW_MACHINE)
# What lands is judged by the same examples each time; new ones are found by everyday runs and the long ones.
settings.register_profile("ci", settings.get_profile("everyday"), derandomize=True, print_blob=True)
settings.register_profile("long", settings.get_profile("everyday"), max_examples=2_000, print_blob=True)
settings.load_profile("ci" if IN_CI else "everyday")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the long counts be longer still: `make elections` and `make power-cuts` ask for the figures."""
    parser.addoption(
        "--elections", type=int, default=2_000, help="random elections a method in the long counts"
    )
    parser.addoption("--cuts", type=int, default=1_000, help="power cuts in the long counts")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests of whole nodes: one of them alone takes long, and keeps one worker at the end."""
    items.sort(key=lambda one: one.get_closest_marker("e2e") is None)


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what lives until the end: modules, tests and their parameters."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)


@pytest.fixture(scope="session")
def elections_per_batch(request: pytest.FixtureRequest) -> int:
    """Return how many random elections each of the BATCHES of a method counts."""
    return int(request.config.getoption("--elections")) // BATCHES


@pytest.fixture(scope="session")
def cuts_per_batch(request: pytest.FixtureRequest) -> int:
    """Return how many power cuts each of the BATCHES makes."""
    return -(-int(request.config.getoption("--cuts")) // BATCHES)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared material beside the checkout.

    The project builds and passes without it; under CI=true its absence would hide a check, so it fails.
    """
    folder = CHECKOUT.parent / "shared"
    if folder.is_dir():
        return folder
    missing = f"expected the shared material in {folder.name}/ beside the checkout, found none"
    if IN_CI:
        pytest.fail(missing)
    pytest.skip(missing)

import tempfile
from pathlib import Path

import pytest

from tests.conftest import BATCHES
from tests.storage.powerloss import Found, cut_power

CUTS_EVERYDAY = 50
# Each batch draws its seeds from a range of its own.
CUTS_PER_BATCH_MAX = 100_000


def lost_nothing(found: Found) -> bool:
    """Tell whether all that was acknowledged is there, whole, and nothing in part."""
    return (
        found.integrity == "ok"
        and found.batches in (found.acknowledged, found.acknowledged + 1)
        and found.is_whole
        and found.seq >= found.seq_acknowledged
    )


def cut(seed: int, *, synchronous: str = "FULL") -> Found:
    """Cut the power once, on files in memory where the system has room for them."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        return cut_power(seed, Path(folder), synchronous=synchronous)


def test_a_power_cut_takes_nothing_acknowledged() -> None:
    """Whenever the power goes, the next start holds every acknowledged batch, and no part of another."""
    for seed in range(CUTS_EVERYDAY):
        found = cut(seed)
        assert lost_nothing(found), (f"seed={seed}", found)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("batch", range(BATCHES))
def test_many_power_cuts_take_nothing_acknowledged(batch: int, cuts_per_batch: int) -> None:
    """The same over as many cuts as were asked for, a thousand in all unless told otherwise."""
    first = 1_000_000 + batch * CUTS_PER_BATCH_MAX
    for seed in range(first, first + min(cuts_per_batch, CUTS_PER_BATCH_MAX)):
        found = cut(seed)
        assert lost_nothing(found), (f"seed={seed}", found)


def test_a_store_that_does_not_wait_for_the_disk_is_found_out() -> None:
    """With synchronous=NORMAL the same cuts do take acknowledged batches: the disk model can fail a store."""
    found = [cut(seed, synchronous="NORMAL") for seed in range(20)]
    assert any(each.seq < each.seq_acknowledged for each in found)
    assert all(each.integrity == "ok" for each in found)

"""When to dial again: waits that double with each failure and are spread out by chance.

Without the spreading ("full jitter"), all neighbours of a hub that restarts would dial it in the same second,
again and again. The random fraction is drawn by the shell and passed in.
"""

from node.limits import RECONNECT_MS_MAX, RECONNECT_MS_MIN


def delay_ms(*, failures: int, fraction: float) -> int:
    """Return how many milliseconds to wait before the next attempt.

    Args:
        failures: attempts in a row that have not led to an established channel, at least 1.
        fraction: a random number, at least 0 and less than 1.
    """
    assert failures >= 1, "there is nothing to wait for before the first failure"
    assert 0 <= fraction < 1, "expected a fraction of the wait"
    # Nobody fails 2**40 times; the cap keeps the power small.
    ceiling = min(RECONNECT_MS_MAX, RECONNECT_MS_MIN * 2 ** min(failures, 40))
    return RECONNECT_MS_MIN + int(fraction * (ceiling - RECONNECT_MS_MIN))

"""Hypothesis strategies for bylaws, as `tests/strategies.py` has them for what else is signed."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from node.federation.bylaws import Admission, Bylaws, Effects, Passing, Seats, Share
from node.federation.bylaws_sizes import Sizes

shares: SearchStrategy[Share] = st.integers(1, 1_000).flatmap(
    lambda bottom: st.builds(Share, numerator=st.integers(0, bottom), denominator=st.just(bottom))
)
passings: SearchStrategy[Passing] = st.builds(
    Passing,
    threshold=shares.filter(lambda share: 0 < share.numerator < share.denominator),
    strictly_above=st.booleans(),
    of=st.sampled_from(["cast", "present", "all"]),
    quorum=shares,
    blocks_stop=st.booleans(),
)
bylaws: SearchStrategy[Bylaws] = st.builds(
    Bylaws,
    name=st.text(min_size=1, max_size=30),
    admission=st.just(Admission()),
    sizes=st.builds(Sizes, attesters=st.sampled_from(["itself", "others"]), witnesses=st.integers(1, 9))
    | st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=4, unique=True).flatmap(
        lambda named: st.builds(
            Sizes,
            attesters=st.just("named"),
            witnesses=st.integers(1, len(named)),
            named=st.just(tuple(named)),
        )
    ),
    seats=st.builds(
        Seats,
        method=st.sampled_from(["sainte-lague", "hamilton"]),
        house=st.integers(1, 500),
        floor=st.integers(0, 3),
        cap=st.none() | st.integers(3, 500),
        ties=st.sampled_from(["lot", "larger", "smaller"]),
    ),
    passing=passings,
    effects=st.builds(Effects, budget=st.booleans(), bodies=st.booleans()),
)

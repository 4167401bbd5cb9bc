"""Hypothesis strategies of what bodies, petitions and meetings state, and of all statements together."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from node.governance.bodies import Resignation
from node.governance.candidacies import Candidacy
from node.governance.minutes import Adoption, MinutedPoint, Minutes
from node.governance.petitions import Petition, PetitionSupport
from node.records.statement import Statement
from tests import strategies
from tests.strategies import hashes, nonces, positives, public_keys

resignations: SearchStrategy[Resignation] = st.builds(
    Resignation, federation=hashes, proposal=hashes, option=st.integers(1, 1_000)
)
petition_supports: SearchStrategy[PetitionSupport] = st.builds(
    PetitionSupport,
    federation=hashes,
    community=hashes,
    petition=hashes,
    people=st.integers(0, 10**9),
    serial=positives,
)
candidacies: SearchStrategy[Candidacy] = st.builds(
    Candidacy,
    federation=hashes,
    community=hashes,
    body=hashes,
    name=st.text(min_size=1, max_size=30),
    key=st.none() | public_keys,
    text=st.text(max_size=60),
    stands=st.booleans(),
    since=st.integers(0, 1_000),
    serial=positives,
)
minutes: SearchStrategy[Minutes] = st.builds(
    Minutes,
    federation=hashes,
    meeting=hashes,
    title=st.text(max_size=30),
    body=st.none() | hashes,
    place=st.text(max_size=30),
    begins=st.none() | st.integers(0, 1_000),
    points=st.lists(
        st.builds(
            MinutedPoint,
            title=st.text(max_size=10),
            text=st.text(max_size=10),
            about=st.none() | hashes,
            minutes=st.text(max_size=10),
        ),
        max_size=3,
    ).map(tuple),
)
adoptions: SearchStrategy[Adoption] = st.builds(
    Adoption,
    federation=hashes,
    community=hashes,
    meeting=hashes,
    name=st.text(min_size=1, max_size=30),
    minutes=st.none() | hashes,
    serial=positives,
)

petitions: SearchStrategy[Petition] = st.builds(
    Petition,
    federation=hashes,
    community=hashes,
    title=st.text(min_size=1, max_size=30),
    text=st.text(max_size=60),
    nonce=nonces,
)
statements: SearchStrategy[Statement] = st.one_of(
    strategies.statements, resignations, petitions, petition_supports, candidacies, minutes, adoptions
)

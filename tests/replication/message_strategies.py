"""Hypothesis strategies for session messages: well formed, and as odd as their bounds allow."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from node.keys import PublicKey
from node.replication import messages
from node.replication.beginning import Beginning
from node.replication.messages import Message
from node.replication.ranges import parts as ranges
from tests import strategies

_summaries = st.builds(
    messages.ScopeSummary, scope=strategies.scope_names, fingerprint=st.binary(min_size=16, max_size=16)
)
_claims = st.builds(
    messages.ClaimedHead,
    community=strategies.community_ids,
    device=strategies.hashes.map(PublicKey),
    head=strategies.heads,
)
_charters = st.builds(messages.ClaimedCharter, community=strategies.community_ids, digest=strategies.hashes)
_wants = st.builds(
    messages.Wanted,
    device=strategies.hashes.map(PublicKey),
    head=strategies.entry_ids,
    known=st.lists(strategies.heads, max_size=3).map(tuple),
)
_raws = st.lists(st.binary(max_size=40), max_size=3).map(tuple)
_short = st.binary(min_size=8, max_size=8)
_tags = st.binary(min_size=4, max_size=4)
_names = st.lists(_short, max_size=16, unique=True).map(sorted).map(tuple)
# Sibling prefixes of one length are disjoint; in order they are a message.
_ranges = st.lists(
    st.one_of(
        st.builds(ranges.Listed, st.just(""), _names),
        st.builds(ranges.Split, st.just(""), st.lists(_short, min_size=16, max_size=16).map(tuple)),
        st.builds(ranges.Lacking, st.just(""), _names.filter(bool)),
    ),
    max_size=4,
).map(lambda parts: tuple(replace(part, prefix=f"{place:02x}") for place, part in enumerate(parts)))
session_messages: SearchStrategy[Message] = st.one_of(
    st.builds(messages.Summary, st.lists(_summaries, max_size=3).map(tuple)),
    st.builds(
        messages.Heads,
        strategies.scope_names,
        st.lists(_claims, max_size=3).map(tuple),
        st.lists(_charters, max_size=3).map(tuple),
    ),
    st.builds(messages.Want, strategies.scope_names, st.lists(_wants, max_size=3).map(tuple)),
    st.builds(messages.Entries, strategies.shaped_stretches()),
    st.builds(
        messages.Answered, strategies.scope_names, strategies.hashes.map(PublicKey), strategies.entry_ids
    ),
    st.builds(messages.WantCharters, st.lists(strategies.community_ids, max_size=3).map(tuple)),
    st.builds(messages.Charters, strategies.community_ids, _raws),
    st.builds(messages.Opened, st.binary(max_size=60)),
    st.builds(messages.Join, strategies.hashes, _raws),
    st.builds(messages.JoinAnswer, st.booleans(), st.text(max_size=300)),
    st.builds(messages.Farewell, st.text(max_size=300)),
    st.builds(
        ranges.Fingerprints,
        st.lists(st.tuples(_tags, _short), max_size=3).map(tuple),
    ),
    st.builds(ranges.Ranges, _tags, _ranges),
    st.builds(
        messages.Paused,
        strategies.scope_names,
        st.lists(strategies.hashes.map(PublicKey), max_size=3).map(tuple),
    ),
    st.builds(Beginning, strategies.shaped_stretches()),
)

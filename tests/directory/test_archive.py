import contextlib
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.directory.archive import pack
from node.directory.export import ListedOffer, ListedProfile
from node.directory.importing.reader import read
from node.directory.licences import Wish
from node.directory.offer import Offer
from node.directory.profile import Profile, Subject
from node.errors import InputFileError
from node.ids import CommunityId, DocumentId
from tests.directory import drawn

OWNER = CommunityId(b"c" * 32)
MEMBERS = ["directory.geojson", "profiles.csv", "offers.csv", "murmurations.jsonl", "README.txt"]
open_subjects = st.builds(
    Subject, name=drawn.lines, source=drawn.lines, source_id=drawn.some_lines, licence=st.just("CC0-1.0")
)
imported = st.builds(
    lambda profile, subject: Profile(**{**dict(profile), "subject": subject}),
    drawn.profiles.filter(lambda profile: bool(profile.name)),
    open_subjects,
)


def listed(profiles: list[Profile]) -> list[ListedProfile]:
    """Give each profile a document of its own."""
    return [
        ListedProfile(DocumentId(number.to_bytes(32, "big")), OWNER, profile)
        for number, profile in enumerate(profiles, start=1)
    ]


def members(data: bytes) -> dict[str, bytes]:
    """Read the members of a ZIP."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@settings(max_examples=20)
@given(
    st.lists(imported, max_size=3, unique_by=lambda one: str(one.subject)), st.randoms(use_true_random=False)
)
def test_equal_directories_give_equal_bytes_and_every_member_reads_back(
    profiles: list[Profile], chance: object
) -> None:
    """Order does not show; GeoJSON, table and Murmurations lines hold the same profiles."""
    entries = listed(profiles)
    shuffled = list(entries)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands out a Random
    data = pack(entries, []).data
    assert pack(shuffled, []).data == data
    found = members(data)
    assert list(found) == MEMBERS
    for name in ("directory.geojson", "profiles.csv", "murmurations.jsonl") if profiles else ():
        assert [row.profile for row in read(found[name], name).profiles] == profiles


def page(number: int, name: str, licence: str | None) -> ListedProfile:
    """Make a listing with a licence, or a community's own page."""
    subject = (
        None if licence is None else Subject(source="https://hub.example", source_id=name, licence=licence)
    )
    return ListedProfile(
        DocumentId(number.to_bytes(32, "big")), OWNER, Profile(name={"und": name}, subject=subject)
    )


def test_what_may_not_be_given_on_is_left_out_and_listed() -> None:
    """A forbidding licence keeps a listing out of every member but the README, which says why."""
    pages = [page(1, "Own", None), page(2, "Closed", "All rights reserved"), page(3, "Silent", "")]
    archive = pack(
        pages, [ListedOffer(DocumentId(b"d" * 32), OWNER, Offer(kind="offer", title={"en": "Ladder"}))]
    )
    assert (archive.records, archive.offers, len(archive.left_out)) == (2, 1, 1)
    found = members(archive.data)
    assert not [name for name in MEMBERS[:4] if b"Closed" in found[name]]
    readme = found["README.txt"].decode()
    assert "Closed  [All rights reserved]: its licence forbids republishing" in readme
    assert "      1  CC0-1.0" in readme
    assert b"Ladder" in found["offers.csv"]
    only_open = pack(pages, [], wish=Wish(open_only=True))
    assert only_open.records == 1
    assert (
        "Silent  [none stated]: only open data was asked for"
        in members(only_open.data)["README.txt"].decode()
    )


def test_the_archive_carries_no_time_and_no_rights_of_this_machine() -> None:
    """Every member has the first time that ZIP knows, and is stored as it is."""
    with zipfile.ZipFile(io.BytesIO(pack([page(1, "A", None)], []).data)) as archive:
        for member in archive.infolist():
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
            assert (member.create_system, member.external_attr) == (3, 0o100644 << 16)
            assert member.compress_type == zipfile.ZIP_STORED


def test_the_archive_itself_can_be_imported() -> None:
    """A steward gives the ZIP as it is; damaged or foreign ones are refused as ZIP."""
    data = pack([page(1, "A", "CC0-1.0"), page(2, "B", None)], []).data
    report = read(data, "everything.zip")
    assert [row.profile.shown_name() for row in report.profiles] == ["A", "B"]
    foreign = io.BytesIO()
    with zipfile.ZipFile(foreign, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("directory.geojson", b" " * 1_000_000)
    for bad in (foreign.getvalue(), data[:-5], data[: len(data) // 2], data.replace(b"CC0-1.0", b"CC0-1.1")):
        with pytest.raises(InputFileError, match="ZIP archive"):
            read(bad, "everything.csv")


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_a_spoilt_archive_is_read_or_refused(place: int, noise: bytes) -> None:
    """Bytes changed anywhere in the archive give a report or one clear error."""
    data = pack([page(1, "A", "CC0-1.0")], []).data
    place %= len(data)
    with contextlib.suppress(InputFileError):
        assert read(data[:place] + noise + data[place + len(noise) :], "everything.csv").rows >= 0

"""Proof over HTTP: who has not voted, counts and papers as files, where a ballot is."""

import base64
import json

from node.engine.deciding import dossier
from node.governance.counting import methods
from node.storage.memory.store import MemoryStore
from tests.web.serving import Site
from tests.web.test_publishing import published
from tests.web.valley import Valley


async def test_who_has_not_voted_is_listed_until_they_have(steward: Site, some_valley: Valley) -> None:
    """Every seat is on the list at first; the six of the delegate who voted are gone from it afterwards."""
    path = f"/api/v1/proposals/{some_valley.proposal}/not-voted"
    before = await steward.json(path)
    assert len(before["not_voted"]) == before["roll_seats"] == 12
    await published(steward, "POST", "/api/v1/ballots", {"ballots": some_valley.signed_ballots()})
    after = await steward.json(path)
    assert (after["seats_voted"], len(after["not_voted"])) == (6, 6)
    assert {one["name"] for one in after["not_voted"]} == {"Community birch"}


async def test_a_count_is_given_in_every_form(steward: Site, some_valley: Valley) -> None:
    """Ballots as BLT count to what the result shows; JSON, CSV and words tell it; another form is refused."""
    await published(steward, "POST", "/api/v1/ballots", {"ballots": some_valley.signed_ballots()})
    question = f"/api/v1/proposals/{some_valley.proposal}"
    shown = await steward.json(f"{question}/result")
    found = {form: await steward.json(f"{question}/count?format={form}") for form in FORMS}
    assert json.loads(found["json"]["text"])["result_id"] == shown["count_id"]
    assert f"Result {shown['count_id']}\n" in found["words"]["text"]
    assert found["words"]["text"].endswith(f" {shown['quorum']['in_words']}\n")
    assert all(each["quorum"] == shown["quorum"] for each in found.values())
    assert found["csv"]["text"].startswith("stage,action,")
    seed = bytes.fromhex(found["blt"]["text"].splitlines()[2].split()[-2])
    again = methods.count_file(found["blt"]["text"], file="f", method="scottish-stv", lot_seed=seed)
    assert again["result_id"] == shown["count_id"]
    assert (await steward.get(f"{question}/count?format=xls")).status == 400


async def test_papers_and_receipts_are_given(steward: Site, some_valley: Valley) -> None:
    """The papers are what `hedgerow verify` reads, and each ballot's receipts can be asked for."""
    path = "/api/v1/ballots"
    cast = await published(steward, "POST", path, {"ballots": some_valley.signed_ballots()})
    papers = await steward.json(f"/api/v1/proposals/{some_valley.proposal}/papers")
    assert dossier.verify(base64.b64decode(papers["data"]), MemoryStore()).question is not None
    assert papers["quorum"]["may_lie"] == 0
    checked = await steward.json(f"{path}/{cast['ballots'][0]}")
    assert checked["holds"]
    assert (checked["name"], checked["seat"]) == ("Community alder", 1)
    assert (await steward.get(f"{path}/{some_valley.proposal}")).status == 404


async def test_files_are_saved_and_not_shown(steward: Site, stranger: Site, some_valley: Valley) -> None:
    """Each file that a question's page names is an attachment; strangers have none of them."""
    await published(steward, "POST", "/api/v1/ballots", {"ballots": some_valley.signed_ballots()})
    page = await (await steward.get(f"/proposals/{some_valley.proposal}")).text()
    for name in ("decision.hedgerow", "ballots.blt", "count.txt", "count.csv", "count.json"):
        path = f"/proposals/{some_valley.proposal}/{name}"
        assert f'href="{path}"' in page
        answer = await steward.get(path)
        assert answer.status == 200
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert await answer.read()
        assert (await stranger.get(path)).status == 404


FORMS = ("blt", "json", "csv", "words")

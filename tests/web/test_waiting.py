"""What waits for further stewards, over HTTP: said in the answer, and listed until it holds."""

from node import ids
from node.engine import commands
from node.records.approvals import Approval
from tests import builders
from tests.engine.harness import Network
from tests.web import serving
from tests.web.pages.reading import Page

EVA = builders.key("eva")


async def test_an_answer_says_what_waits_for_a_second_steward() -> None:
    """A size that one of two stewards stated by the API is named as waiting, and no more once it holds."""
    node = Network().node("alder", cosigners=(EVA,))

    def sign(waiting: dict[str, str]) -> None:
        approval = Approval(of=ids.parse(waiting["id"]), community=node.community).sign(EVA)
        node.ask(commands.ApproveWaiting(statement=waiting["id"], approval=approval.raw))

    founded = node.ask(commands.FoundFederation(bylaws=b'name = "Valley"\n', file_name="b.toml"))
    sign(founded["to_approve"][0])
    base = f"/api/v1/federations/{founded['federation']}"
    async with serving.operator(node) as site:
        assert (await site.json("/api/v1/waiting"))["waiting"] == []
        for path, tree in (
            ("attestations", {"size": 20}),
            ("proposals", {"title": "A fence?"}),
            ("petitions", {"title": "A pond?"}),
        ):
            response = await site.publish("POST", f"{base}/{path}", tree)
            assert response.status == 201, await response.text()
            (row,) = (await response.json())["to_approve"]
            assert (row["signed"], row["needed"]) == (1, 2)
            listed = await site.json("/api/v1/waiting")
            assert (listed["needed"], listed["waiting"]) == (2, [row])
            home = await (await site.get("/")).text()
            assert Page(home).problems == []
            assert "Waits for your stewards" in home
            assert "1 of 2 have signed." in home
            sign(row)
            assert (await site.json("/api/v1/waiting"))["waiting"] == []

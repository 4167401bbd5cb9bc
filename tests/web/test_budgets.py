"""A budget through the API and on its page: put, voted on with ballots signed elsewhere, shown with costs."""

import base64

from node import keys
from node.governance import ballots
from tests.web.pages.reading import Page
from tests.web.serving import Site
from tests.web.test_publishing import published
from tests.web.valley import Valley

MARKUP = '<img src=x onerror="alert(1)">'


async def test_a_budget_is_put_voted_on_and_shown(steward: Site, some_valley: Valley) -> None:
    """What the command line can, a program can; the page names projects, costs and what would be funded."""
    path = f"/api/v1/federations/{some_valley.federation}/proposals"
    budget = {"money": 1_000, "unit": "euro", "costs": [600, 390, 400]}
    asked = {"title": "Our fund", "method": "budget", "options": ["Pump", MARKUP, "Path"], "budget": budget}
    for change in (
        {"money": 500},
        {"costs": [600, 390]},
        {"costs": [600, 390, 0]},
        {"costs": [600, 390, 400.5]},
        {"money": 10**13},
        {"needed": 2},
    ):
        refused = await steward.publish("POST", path, {**asked, "budget": {**budget, **change}})
        assert refused.status == 400, change
    put = await published(steward, "POST", path, asked)
    question = f"/api/v1/proposals/{put['proposal']}"
    assert (await steward.json(question))["budget"]["projects"][2] == {"id": 3, "name": "Path", "cost": 400}
    page = await (await steward.get(f"/proposals/{put['proposal']}")).text()
    assert "Nothing would be funded: nobody voted so far." in page
    delegate = some_valley.node.delegate
    paper = await steward.json(f"{question}/paper?holder={keys.show(delegate.public)}")
    signed = [ballots.make(ballots.paper_of(paper, seat), (3, 1), delegate) for seat in paper["seats"]]
    written = [base64.b64encode(one.raw).decode() for one in signed]
    await published(steward, "POST", "/api/v1/ballots", {"ballots": written})
    found = (await steward.json(f"{question}/result"))["budget"]
    assert [one["funded"] for one in found["projects"]] == [True, False, True]
    assert (found["spent"], found["left"], found["added"], found["released"]) == (1_000, 0, 0, False)
    page = await (await steward.get(f"/proposals/{put['proposal']}")).text()
    assert Page(page).problems == []
    assert "Path and Pump would be funded: 1,000 of 1,000 euro." in page
    assert "Pump is funded; 0 of the money is left." in page
    assert "<img src=x" not in page
    file = await steward.get(f"/proposals/{put['proposal']}/ballots.pb")
    assert (file.status, (await file.text())[:5]) == (200, "META\n")

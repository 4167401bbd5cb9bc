"""Bylaws to begin with: for a small circle, a region, and a large federation.

docs/bylaws-example.toml explains every line; what a template leaves out has its usual value.
"""

from typing import Final

from node.errors import UserError

_APPROVALS_OF_A_REGION: Final = 3

TEMPLATES: Final = {
    # A handful of neighbours who meet: quick, by approvals, and everything acts.
    "small": """\
name = "{name}"
[admission]
approvals = 1
[seats]
house = 12
floor = 1
""",
    # Dozens of communities: who comes in is approved by several, decisions of weight need two thirds.
    "region": """\
name = "{name}"
[admission]
approvals = {approvals}
[seats]
house = 60
floor = 1
cap = 12
[passing.threshold]
numerator = 2
denominator = 3
[amending]
of = "present"
[amending.threshold]
numerator = 2
denominator = 3
[review]
communities = 2
""",
    # Hundreds of communities: membership by decision, long windows, and reviews that all members may ask for.
    "large": """\
name = "{name}"
[admission]
approvals = {approvals}
way = "decision"
[seats]
method = "penrose"
house = 300
floor = 0
cap = 20
[passing]
of = "present"
[passing.quorum]
numerator = 1
denominator = 3
[amending]
of = "all"
strictly_above = false
[amending.threshold]
numerator = 2
denominator = 3
[closing]
voting = "3 weeks"
grace = "6 hours"
patience = "3 days"
review = "3 weeks"
stall = "60 days"
[review]
asked_by = "members"
communities = 5
[proposing]
by = "seated"
""",
}


def fill_in(template: str, *, name: str, founders: int) -> bytes:
    """Return a template's bylaws for a federation of that name and so many founders.

    Raises:
        UserError: there is no such template, or the name cannot stand in it.
    """
    if template not in TEMPLATES:
        raise UserError(f"expected --template to be {' or '.join(TEMPLATES)}, found {template!r}")
    if not name.isprintable() or '"' in name or "\\" in name:
        raise UserError("expected a name without quotes and backslashes")
    # Nobody could ever be admitted by more members than there are at the beginning.
    approvals = min(_APPROVALS_OF_A_REGION, founders)
    return TEMPLATES[template].format(name=name, approvals=approvals).encode()

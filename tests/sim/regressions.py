"""Seeds that once failed, each with what it found; they stay, whatever they find today.

A seed means the same run only as long as the simulator itself stays as it is. Where a change of the simulator
moves a run away from what it once found, the bug's own unit test still holds it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Regression:
    """A run that once failed.

    Attributes:
        name: what went wrong.
        why: how it could.
        everyday: whether it runs every day; a run whose bug has a quick test of its own need not.
    """

    name: str
    nodes: int
    seed: int
    why: str
    everyday: bool = True


REGRESSIONS: tuple[Regression, ...] = (
    Regression(
        "an offer in another's name",
        nodes=6,
        seed=3,
        why="a neighbour's feed held the genesis of an offer owned by its victim; only the changes behind it "
        "were refused, so an offer without words stood in the victim's name",
    ),
    Regression(
        "a note of the inviter lost",
        nodes=6,
        seed=37,
        why="a newcomer carries its inviter's feed before it holds the records that make the inviter a "
        "member; the inviter's notes were refused for good then",
    ),
    Regression(
        "a newcomer cut off from its inviter",
        nodes=10,
        seed=259,
        everyday=False,
        why="a newcomer that saw itself as a member stopped sharing with its inviter, whose own membership "
        "it could not yet see, and had no other neighbour to learn it from",
    ),
    Regression(
        "charters travel a hop a minute",
        nodes=10,
        seed=0,
        everyday=False,
        why="a node that learned a charter told its own fingerprint only, to which the neighbour answered "
        "with what it had itself; in a chain a newcomer could not be approved at the other end",
    ),
    Regression(
        "a late note never carried over",
        nodes=10,
        seed=75,
        everyday=False,
        why="a timer within the transaction in which an epoch came found the document as it was before, took "
        "it for settled and struck it off the list; what its own device had written late was lost",
    ),
    Regression(
        "a thief's words in somebody's name",
        nodes=10,
        seed=117,
        everyday=False,
        why="an honest member wrote before and behind a note of a stolen device; all fell, and with its own "
        "edits it said the thief's again, since the two states that were compared differed by both",
    ),
    Regression(
        "a board that a thief began",
        nodes=10,
        seed=263,
        why="the board's beginning stood in an entry of a stolen device and fell with it; what is not known "
        "was not made again, so all notes of honest members were gone until somebody wrote the next",
        everyday=False,
    ),
    Regression(
        "a board that the copy of a device began",
        nodes=10,
        seed=570,
        why="the same, where the device was called stolen only after all questions had closed",
        everyday=False,
    ),
    Regression(
        "receipts by a witness's stolen device",
        nodes=10,
        seed=498,
        why="a second machine that witnesses for its community was held to receipts of the stolen one: the "
        "checker went by the community, and only what the device signs counts that the roll names",
        everyday=False,
    ),
    Regression(
        "a stolen device with more stories than anybody keeps",
        nodes=10,
        seed=879,
        why="the retirement named the end of one branch; whoever held sixteen others took no further one and "
        "counted nothing of the device, where the rest counted what it had written before the theft",
        everyday=False,
    ),
    Regression(
        "a newcomer admitted when all was closed",
        nodes=10,
        seed=66,
        why="the newcomer became a member when all had been seen to be closed; the simulator looked up what "
        "it had answered about questions that it had not been asked about",
        everyday=False,
    ),
    Regression(
        "a newcomer that pauses whom it does not know",
        nodes=10,
        seed=46,
        why="quotas were raised for good before the newcomer knew whose entries it holds, was refused that, "
        "and came to know the paused community's charter only later: it stayed behind for good",
        everyday=False,
    ),
    Regression(
        "a member by what a paused community says",
        nodes=10,
        seed=51,
        why="the newcomer's approvals lay in paused feeds, so of two neighbours one shared its public feed "
        "and the other did not; nothing was wrong with what both shared",
        everyday=False,
    ),
    Regression(
        "a body passed over by what a paused community says",
        nodes=10,
        seed=91,
        why="a neighbour began the board anew and passed over an old body, and whoever had paused that "
        "neighbour did not hold the epoch and asked for the body; nobody near had it any more",
        everyday=False,
    ),
    Regression(
        "a request to join by what a paused community says",
        nodes=10,
        seed=111,
        why="the same, where one of two neighbours knew that the newcomer asks to join and the other did not",
        everyday=False,
    ),
    Regression(
        "a note that fell, was made again, stood, and fell anew",
        nodes=6,
        seed=41,
        why="what builds on one of two branches of a thief's was made again on the other; when the first "
        "counted again, what had been made of it was let go; when it fell anew it was taken for dealt with",
        everyday=False,
    ),
    Regression(
        "a late note made again in an epoch that was over",
        nodes=7,
        seed=200,
        why="an epoch closed the gap before it, and a neighbour compared before what lay behind was read; in "
        "the same transaction a late note was made again in the old epoch, where it stood, so nothing was "
        "written and it was taken for dealt with",
        everyday=False,
    ),
    Regression(
        "a witness that was ahead alone",
        nodes=8,
        seed=165,
        why="four of five witnesses had to agree on a roll, and three of them still waited to compare with a "
        "neighbour that was gone; the fourth went on through four rounds meanwhile, each twice as long, and "
        "the others, who follow no single one, came to each when it had left",
        everyday=False,
    ),
    Regression(
        "late words of several epochs",
        nodes=10,
        seed=1_229,
        why="a machine that was away wrote in three epochs of its community's page, and all came at once; "
        "read together, the map that one of them makes hid what the others say, and all was taken for dealt "
        "with",
        everyday=False,
    ),
)

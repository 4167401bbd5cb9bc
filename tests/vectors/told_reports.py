"""Vectors of reports and their withdrawals."""

from typing import Any

from node.federation import reports
from node.federation.reports import Report, Withdrawal
from node.ids import CommunityId
from node.keys import PublicKey
from node.records.record import Record
from tests import builders

FEDERATION = builders.identifier("a federation")


def told_reports() -> dict[str, Any]:
    """Return sets of records, and the reports that stand in each."""
    mill, farm = builders.community("Mill", stewards=2, threshold=2), builders.community("Farm")
    report = _report(mill.id)
    made = report.sign(mill.stewards[0])
    withdrawal = Withdrawal(federation=FEDERATION, community=mill.id, report=report.payload_id)
    by_other = Withdrawal(federation=FEDERATION, community=farm.id, report=report.payload_id)
    cases = {
        "one steward's word, where two must sign other things": [made],
        "two stewards' word is one report": [made, report.sign(mill.stewards[1])],
        "taken back by another steward of the same community": [made, withdrawal.sign(mill.stewards[1])],
        "not taken back by another community": [made, by_other.sign(farm.steward)],
        "not taken back in another's name": [made, withdrawal.sign(farm.steward)],
        "signed by a device": [report.sign(mill.device)],
        "in another community's name": [_report(farm.id).sign(mill.steward)],
        "to another federation": [_report(mill.id, federation=bytes(32)).sign(mill.steward)],
        "by no member": [_report(bytes(32)).sign(mill.steward)],
    }
    stewards = {one.id: [steward.public for steward in one.stewards] for one in (mill, farm)}
    return {
        "about": "Which reports stand (data-model.md, Reports) for the members given; ids and bytes hex.",
        "federation": FEDERATION.hex(),
        "members": [
            {"community": community.hex(), "stewards": [key.hex() for key in keys]}
            for community, keys in sorted(stewards.items())
        ],
        "cases": [_case(name, records, stewards) for name, records in cases.items()],
    }


def _report(community: bytes, *, federation: bytes = FEDERATION) -> Report:
    return Report(
        federation=federation,
        community=community,
        about=builders.identifier("a listing"),
        reason="wrong",
        text="They moved away.",
        hours=500_000,
        nonce=builders.nonce("a report"),
    )


def _case(name: str, records: list[Record], stewards: dict[CommunityId, list[PublicKey]]) -> dict[str, Any]:
    def is_steward(community: CommunityId, key: PublicKey) -> bool:
        return key in stewards.get(community, [])

    told = reports.evaluate(FEDERATION, records, stewards, is_steward)
    return {
        "name": name,
        "records": [one.raw.hex() for one in records],
        "reports": [
            {
                "id": one.id.hex(),
                "signers": [signer.hex() for signer in one.signers],
                "withdrawn": one.withdrawn,
            }
            for one in told
        ],
    }

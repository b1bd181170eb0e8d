"""Whether carriers accept texts from our numbers: 10DLC and toll-free registration."""

from __future__ import annotations

from webhooks.cli.finding import Finding, fails, ok, warning
from webhooks.cli.telnyx_side import TelnyxSide

_REGISTER = "register it, see docs/telnyx.md and textlogin texts --samples"
_TOLL_FREE = ("toll-free", "tollfree")
_LONG_CODE = ("long-code", "longcode")
_REFUSED = (
    *("TCR_SUSPENDED", "TCR_EXPIRED", "TCR_FAILED", "TELNYX_FAILED"),
    *("MNO_REJECTED", "MNO_PROVISIONING_FAILED"),
)


def registration(side: TelnyxSide) -> Finding:
    """Each number's campaign is active, or its verification done. The worst finding counts."""
    found = [_of_number(side, number) for number in side.settings.telnyx_phone_number]
    return max(found, key=lambda finding: ("ok", "warning", "fails").index(finding.state))


def _of_number(side: TelnyxSide, number: str) -> Finding:
    found = side.number(number)
    if found is None:
        return warning(f"{number} is not this account's.", "check TELNYX_PHONE_NUMBER")
    if found.type in _TOLL_FREE:
        return _toll_free(side, number)
    if found.type in _LONG_CODE and found.country_code in ("US", None):
        return _campaign(side, number)
    return ok(f"{number} needs no registration in the United States.")


def _campaign(side: TelnyxSide, number: str) -> Finding:
    assigned = side.assignment(number)
    if assigned is None:
        return fails(f"{number} is on no 10DLC campaign.", _REGISTER)
    if assigned.assignment_status != "ASSIGNED":
        detail = f"{number} is not on its 10DLC campaign yet: {assigned.assignment_status}."
        if assigned.assignment_status == "PENDING_ASSIGNMENT":
            return warning(detail, "wait; carriers take up to five days")
        return fails(detail, "assign it again in Telnyx's portal: Messaging, Compliance")
    campaign = side.campaign(assigned.telnyx_campaign_id or assigned.campaign_id)
    if campaign is None:
        return warning(f"The campaign of {number} is not this account's.", "ask who manages it")
    status = campaign.campaign_status or campaign.status or "unknown"
    if status in ("MNO_PROVISIONED", "ACTIVE"):
        return ok(f"{number} is on an active 10DLC campaign.")
    detail = f"The 10DLC campaign of {number} is not active: {status}."
    if status in _REFUSED:
        return fails(detail, "read its failure reasons in Telnyx's portal; make a new campaign")
    return warning(detail, "wait for the review; carriers take up to five days")


def _toll_free(side: TelnyxSide, number: str) -> Finding:
    requests = side.toll_free(number)
    statuses = [request.verification_status for request in requests]
    if "Verified" in statuses:
        return ok(f"{number} is verified as toll-free.")
    if not statuses:
        return fails(f"{number} is not verified as toll-free.", _REGISTER)
    detail = f"The toll-free verification of {number} is not done: {statuses[0]}."
    if statuses[0] in ("Rejected", "Waiting For Customer"):
        return fails(detail, "read its reason in Telnyx's portal and send it again, free of charge")
    return warning(detail, "wait for the review; it takes one to two weeks")

"""One verification in plain words: who opened it, who claimed it, how it ended and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.commands import PAGES_CLIENT
from bot.phone import region_of
from bot.records import Binding, Reason, Verification
from webhooks.support.line import Line, Tone
from webhooks.support.times import clock_time, duration

_BINDINGS: Mapping[Binding, str] = {
    "sms_reply": "the phone replied with the code",
    "sms_reply_ref": "the phone texted the letters and replied with the code",
    "browser_code": "the code was typed in the browser",
}
_REASONS: Mapping[Reason, str] = {
    "opted_out": "the phone has opted out, and gets no texts before it texts START",
    "undeliverable": "the code cannot be delivered to this phone",
    "region_not_allowed": "{region} is not in ALLOWED_REGIONS",
    "number_not_allowed": "this kind of number (premium, VoIP, pager and so on) gets no codes",
    "blocked": "pages get no codes for this phone, since a NO or too many wrong codes",
    "repudiated": "the phone answered NO, which takes back the approval",
    "superseded": "the phone texted the letters of another page",
    "sender_misconfigured": "Telnyx takes no texts from us until the account or number is mended",
}
_ENDS = {"max_attempts_reached": "ended by wrong codes"}


def beginning(one: Verification) -> Iterator[Line]:
    """Who opened it, and who claimed it."""
    yield Line(one.created_at, _opened(one), one.id)
    if one.method == "text" and one.client and one.claimed_at:
        words = f"Claimed: the phone texted LOGIN with the letters {one.ref or ''}".rstrip()
        yield Line(one.claimed_at, words, one.id)


def ending(one: Verification, most_attempts: int) -> Iterator[Line]:
    """How it ended, and what came after. `one` as it reads now."""
    if one.completed_at is not None:
        words, tone = _ended(one, most_attempts)
        yield Line(one.completed_at, words, one.id, tone)
    if one.redeemed_at is not None:
        yield Line(one.redeemed_at, "Redeemed: the web app logged its user in", one.id, "good")
    if one.repudiated_at is not None and one.status == "approved":
        words = "NO, too late to undo the approval: the web app was told"
        yield Line(one.repudiated_at, words, one.id, "bad")


def summary(one: Verification) -> str:
    """What it waits for, or how it ended, in a few words."""
    if one.status != "pending":
        words = _ENDS.get(one.status, one.status)
        return words if one.reason is None else f"{words}, {one.reason.replace('_', ' ')}"
    if one.reason is not None:
        return f"pending, {one.reason.replace('_', ' ')}, open until {clock_time(one.expires_at)}"
    if one.awaiting == "code":
        where = "in a reply" if one.code_entry == "reply" else "on the page"
        return f"pending, awaits the code {where} until {clock_time(one.code_expires_at or 0)}"
    if one.codes:
        return f"pending, its code is dead, open until {clock_time(one.expires_at)}"
    return f"pending, awaits LOGIN {one.ref or ''} until {clock_time(one.expires_at)}"


def opener(client: str | None) -> str:
    """Who opened it."""
    if client is None:
        return "the phone"
    return "the login pages" if client == PAGES_CLIENT else f"the web app {client}"


def _opened(one: Verification) -> str:
    if one.client is None:
        return f"Opened: the phone texted LOGIN to {one.number}"
    what = "asked for a code" if one.method == "sms" else f"showed the letters {one.ref or ''}"
    parts = [f"Opened: {opener(one.client)} {what}".rstrip()]
    if one.label:
        parts.append(f"for {one.label}")
    if one.address:
        parts.append(f"from the address {one.address}")
    if one.reference:
        parts.append(f"reference {one.reference}")
    return ", ".join(parts)


def _ended(one: Verification, most_attempts: int) -> tuple[str, Tone]:
    tried = _tried(most_attempts - one.attempts_left)
    match one.status:
        case "approved":
            after = duration((one.completed_at or 0) - one.created_at)
            how = _BINDINGS[one.binding] if one.binding else "the code was right"
            return f"Approved after {after}: {how} ({one.binding}){tried}", "good"
        case "denied":
            return f"Denied: {_why(one) or 'the phone answered NO'}", "bad"
        case "expired":
            return f"Expired: {_why_expired(one)}{tried}", "bad"
        case "max_attempts_reached":
            return f"Ended: {most_attempts} wrong codes, no tries left", "bad"
        case "canceled":
            return f"Canceled: {_why(one) or 'by the web app, its user or support'}{tried}", "plain"
        case _:
            return f"Failed: {_why(one) or 'for an unknown reason'}", "bad"


def _why(one: Verification) -> str | None:
    region = region_of(one.phone) if one.phone else None
    return _REASONS[one.reason].format(region=region or "its region") if one.reason else None


def _why_expired(one: Verification) -> str:
    if one.claimed_at is None and one.method == "text":
        return "no phone texted the letters"
    return "the right code did not come in time" if one.codes else "no code was sent"


def _tried(wrong: int) -> str:
    if wrong <= 0:
        return ""
    return ", after 1 wrong code" if wrong == 1 else f", after {wrong} wrong codes"

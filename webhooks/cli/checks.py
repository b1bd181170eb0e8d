"""What `textlogin doctor` checks: one function each, in `CHECKS`. They change nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import TYPE_CHECKING

from bot.intents import Help, OwnStop, Start, Stop, Unknown
from bot.understanding import understand
from webhooks.cli.finding import Finding, fails, ok, warning
from webhooks.cli.key_checks import secret_keys
from webhooks.cli.registration_checks import registration
from webhooks.cli.telnyx_side import TelnyxSide, Unreadable
from webhooks.service import vocabulary
from webhooks.telnyx.inbound import PATH

if TYPE_CHECKING:
    from telnyx.types.spend_limit import SpendLimit
    from telnyx.types.webhook_delivery import WebhookDelivery

SETUP = "run textlogin setup"
_LOW_BALANCE_USD = 5
_SKEW_S, _MOST_SKEW_S = 30, 240
#: The operation of a keyword list → what its words may mean to us.
_MAY_MEAN: Mapping[str, tuple[type, ...]] = {
    "stop": (Stop, OwnStop, Unknown),
    "start": (Start, Unknown),
    "info": (Help, Unknown),
}


def key(side: TelnyxSide) -> Finding:
    """Telnyx accepts the API key."""
    try:
        side.balance()
    except Unreadable as error:
        if error.status == 403:
            return warning(
                f"The key may not read the balance. {error}", "use a key with all rights"
            )
        if error.status == 401:
            return fails(str(error), "make a key in Telnyx's portal: API Keys")
        if error.status is None:
            return fails(
                str(error), "check this machine's network, and TELNYX_BASE_URL if it is set"
            )
        return fails(str(error), "try again; if it lasts, see status.telnyx.com")
    return ok("Telnyx accepts TELNYX_API_KEY.")


def balance(side: TelnyxSide) -> Finding:
    """There is money to send texts."""
    found = side.balance()
    credit = float(found.available_credit or found.balance or 0)
    detail = f"{credit:.2f} {found.currency or 'USD'} can be spent."
    if credit <= 0:
        return fails(detail, "add money in Telnyx's portal: Billing")
    if credit < _LOW_BALANCE_USD:
        return warning(detail, "add money in Telnyx's portal: Billing, or turn on auto recharge")
    return ok(detail)


def numbers(side: TelnyxSide) -> Finding:
    """The account owns every number, and each is on the profile."""
    ours = side.settings.telnyx_phone_number
    for number in ours:
        found = side.number(number)
        if found is None:
            return fails(f"The account does not own {number}.", "check TELNYX_PHONE_NUMBER")
        if found.messaging_profile_id != side.profile_id():
            return fails(f"{number} is not on the messaging profile.", SETUP)
    return ok(f"The account owns {', '.join(ours)}, on the messaging profile.")


def profile(side: TelnyxSide) -> Finding:
    """The messaging profile is enabled."""
    found = side.profile()
    if found.enabled is False:
        return fails(f"The messaging profile {found.name} is disabled.", SETUP)
    return ok(f"The messaging profile {found.name} is enabled.")


def webhook(side: TelnyxSide) -> Finding:
    """Telnyx sends webhooks here, in the version that this service reads."""
    found, wanted = side.profile(), webhook_url(side)
    if found.webhook_api_version != "2":
        return fails(f"Webhooks have API version {found.webhook_api_version}, not 2.", SETUP)
    if wanted is None:
        return warning(
            f"Webhooks go to {found.webhook_url or 'nowhere'}.",
            "set PUBLIC_URL, to have this checked",
        )
    if found.webhook_url != wanted:
        return fails(f"Webhooks go to {found.webhook_url or 'nowhere'}, not to {wanted}.", SETUP)
    return ok(f"Webhooks go to {wanted}, version 2.")


def destinations(side: TelnyxSide) -> Finding:
    """The profile allows every region that codes may be sent to."""
    allowed = set(side.profile().whitelisted_destinations or ())
    missing = set() if "*" in allowed else set(side.settings.allowed_regions) - allowed
    if missing:
        return fails(f"The profile does not allow texts to {', '.join(sorted(missing))}.", SETUP)
    return ok("The profile allows texts to all of ALLOWED_REGIONS.")


def redaction(side: TelnyxSide) -> Finding:
    """What users text arrives unredacted."""
    found = side.profile()
    if found.redaction_enabled and found.redaction_level != 1:
        return fails("Redaction level 2 hides what users text.", SETUP)
    return ok("Redaction is at level 1." if found.redaction_enabled else "Redaction is off.")


def smart_encoding(side: TelnyxSide) -> Finding:
    """Texts arrive as this service has written them."""
    if side.profile().smart_encoding:
        return warning("Smart encoding may change characters of texts.", SETUP)
    return ok("Smart encoding is off.")


def autoresponses(side: TelnyxSide) -> Finding:
    """Telnyx answers none of the words that this service answers."""
    words, answers_help = vocabulary(side.settings.app_name), False
    for config in side.autoresponses():
        for keyword in config.keywords:
            meant = understand(keyword, words)
            if not isinstance(meant, _MAY_MEAN.get(config.op, ())):
                return fails(
                    f"Telnyx takes {keyword} for {config.op}, which this service understands "
                    f"as {type(meant).__name__}.",
                    f"remove {keyword} from the profile's keywords: Advanced Opt-In/Out",
                )
            answers_help |= isinstance(meant, Help)
    if answers_help:
        return warning(
            "Telnyx answers HELP, so this service does not.",
            "let its answer name you and STOP, or remove its keywords",
        )
    return ok("No autoresponse has a word that this service answers.")


def spend_limit(side: TelnyxSide) -> Finding:
    """Fraud cannot cost more than a day's limit."""
    blocked = [one.product_name for one in _spend_limits(side) if one.blocked]
    if blocked:
        return fails(f"The spend limit of {', '.join(blocked)} is reached.", "raise it at Telnyx")
    found = side.profile()
    if not found.daily_spend_limit_enabled:
        return warning(
            "The messaging profile has no daily spend limit.", "set one in Telnyx's portal"
        )
    return ok(f"The messaging profile may spend {found.daily_spend_limit} USD a day.")


def deliveries(side: TelnyxSide) -> Finding:
    """Webhooks arrive."""
    failed = side.failed_deliveries()
    if not failed:
        return ok("No webhook failed in the last hour.")
    many = f"{len(failed)} webhooks" if len(failed) > 1 else "1 webhook"
    status, ended_at = _last_answer(failed[0]), failed[0].finished_at
    at = f" at {ended_at.astimezone(UTC):%H:%M}Z" if ended_at else ""
    if status == 403:
        return fails(
            f"{many} failed in the last hour, the last one{at} answered 403.",
            "set TELNYX_PUBLIC_KEY to this account's public key; check this machine's clock",
        )
    answered = "unanswered" if status is None else f"answered {status}"
    return fails(
        f"{many} failed in the last hour, the last one{at} {answered}.",
        "check that Telnyx reaches PUBLIC_URL, then run textlogin catch-up",
    )


def clock(side: TelnyxSide) -> Finding:
    """Signatures are not taken for old ones."""
    ahead_s = round(side.clock_ahead_s())
    detail = f"This machine's clock is {abs(ahead_s)} s {'ahead of' if ahead_s > 0 else 'behind'}"
    if abs(ahead_s) > _MOST_SKEW_S:
        return fails(f"{detail} Telnyx's: signatures seem old.", "synchronise it (NTP)")
    if abs(ahead_s) > _SKEW_S:
        return warning(f"{detail} Telnyx's.", "synchronise it (NTP)")
    return ok("This machine's clock agrees with Telnyx's.")


#: By name, in the order in which they are printed.
CHECKS: Mapping[str, Callable[[TelnyxSide], Finding]] = {
    "key": key,
    "balance": balance,
    "numbers": numbers,
    "profile": profile,
    "webhook": webhook,
    "destinations": destinations,
    "redaction": redaction,
    "smart encoding": smart_encoding,
    "autoresponses": autoresponses,
    "registration": registration,
    "spend limit": spend_limit,
    "deliveries": deliveries,
    "clock": clock,
    "secret keys": secret_keys,
}


def run(name: str, side: TelnyxSide) -> Finding:
    """One check. One that Telnyx does not let us make is a warning."""
    try:
        return CHECKS[name](side)
    except Unreadable as error:
        if error.status == 401:  # each check would say the same
            return warning("Cannot be checked without a valid key.", "see the first line")
        return warning(f"Cannot be checked. {error}", "look at it in Telnyx's portal")


def _spend_limits(side: TelnyxSide) -> list[SpendLimit]:
    """Empty where the account has no such limits."""
    try:
        return side.spend_limits()
    except Unreadable as error:
        if error.status in (403, 404):
            return []
        raise


def _last_answer(delivery: WebhookDelivery) -> int | None:
    """The HTTP status of the newest attempt, None without an answer."""
    http = delivery.attempts[0].http if delivery.attempts else None
    response = http.response if http else None
    return response.status if response else None


def webhook_url(side: TelnyxSide) -> str | None:
    """Where webhooks must go; None if PUBLIC_URL is not set."""
    public_url = side.settings.public_url
    return None if public_url is None else public_url + PATH

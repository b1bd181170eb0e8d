"""What the account at Telnyx says about itself, read by Telnyx's SDK. Each thing is read once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from bot.telnyx_cures import explain
from webhooks.settings import Settings

if TYPE_CHECKING:
    from telnyx import Telnyx
    from telnyx.types.balance_retrieve_response import Data as Balance
    from telnyx.types.messaging_10dlc.phone_number_campaign import PhoneNumberCampaign
    from telnyx.types.messaging_10dlc.telnyx_campaign_csp import TelnyxCampaignCsp
    from telnyx.types.messaging_messaging_profile import MessagingMessagingProfile
    from telnyx.types.messaging_profiles.auto_resp_config import AutoRespConfig
    from telnyx.types.messaging_tollfree.verification.verification_request_status import (
        VerificationRequestStatus,
    )
    from telnyx.types.shared.phone_number_with_messaging_settings import (
        PhoneNumberWithMessagingSettings,
    )
    from telnyx.types.spend_limit import SpendLimit
    from telnyx.types.webhook_delivery import WebhookDelivery

T = TypeVar("T")
_TIMEOUT_S = 10.0


class Unreadable(Exception):
    """Telnyx does not say. The message says why, without a key. `status` is that of HTTP, None
    without an answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class TelnyxSide:
    """The account of the settings. Everything that reads raises Unreadable."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._read: dict[str, object] = {}

    @cached_property
    def sdk(self) -> Telnyx:
        """The SDK's client. Importing it takes a second or more."""
        from telnyx import Telnyx

        return Telnyx(
            api_key=self.settings.telnyx_api_key.get_secret_value(),
            base_url=self.settings.telnyx_base_url,
            max_retries=1,
            timeout=_TIMEOUT_S,
        )

    def balance(self) -> Balance:
        """What the account may spend."""
        return self._first("balance", lambda: _some(self.sdk.balance.retrieve().data))

    def clock_ahead_s(self) -> float:
        """By how much this machine's clock is ahead of Telnyx's, in seconds, within about one."""

        def read() -> float:
            response = self.sdk.balance.with_raw_response.retrieve()
            date = response.headers.get("date")
            if date is None:
                raise Unreadable("Telnyx's answer has no Date.")
            return time.time() - parsedate_to_datetime(date).timestamp()

        return self._first("clock", read)

    def number(self, number: str) -> PhoneNumberWithMessagingSettings | None:
        """One of our numbers, None if the account does not own it."""

        def read() -> PhoneNumberWithMessagingSettings | None:
            found = self.sdk.phone_numbers.messaging.list(filter_phone_number=number).data
            return next((one for one in found if one.phone_number == number), None)

        return self._first(f"number {number}", read)

    def profile_id(self) -> str:
        """The messaging profile's id: that of the settings, else that of the first number, else
        the only one of the account."""
        if self.settings.telnyx_messaging_profile_id:
            return self.settings.telnyx_messaging_profile_id
        first = self.number(self.settings.telnyx_phone_number[0])
        if first is not None and first.messaging_profile_id:
            return first.messaging_profile_id
        profiles = self._first("profiles", lambda: self.sdk.messaging_profiles.list().data)
        if len(profiles) != 1 or not profiles[0].id:
            raise Unreadable("No messaging profile is chosen: set TELNYX_MESSAGING_PROFILE_ID.")
        return profiles[0].id

    def profile(self) -> MessagingMessagingProfile:
        """The messaging profile."""
        id = self.profile_id()
        return self._first("profile", lambda: _some(self.sdk.messaging_profiles.retrieve(id).data))

    def autoresponses(self) -> list[AutoRespConfig]:
        """The profile's keyword lists."""
        id = self.profile_id()
        configs = self.sdk.messaging_profiles.autoresp_configs
        return self._first("autoresponses", lambda: configs.list(id).data)

    def assignment(self, number: str) -> PhoneNumberCampaign | None:
        """The 10DLC campaign of a number, None if it has none."""
        campaigns = self.sdk.messaging_10dlc.phone_number_campaigns
        return self._if_found(f"campaign of {number}", lambda: campaigns.retrieve(number))

    def campaign(self, id: str) -> TelnyxCampaignCsp | None:
        """A 10DLC campaign, None if it is not this account's."""
        campaigns = self.sdk.messaging_10dlc.campaign
        return self._if_found(f"campaign {id}", lambda: campaigns.retrieve(id))

    def toll_free(self, number: str) -> list[VerificationRequestStatus]:
        """The requests to verify a toll-free number."""
        requests = self.sdk.messaging_tollfree.verification.requests
        return self._first(
            f"toll-free {number}",
            lambda: requests.list(page=1, page_size=20, phone_number=number).records,
        )

    def spend_limits(self) -> list[SpendLimit]:
        """The account's limits by product."""
        return self._first("spend limits", lambda: self.sdk.spend_limits.list().data)

    def failed_deliveries(self) -> list[WebhookDelivery]:
        """Webhooks of the last hour that were not accepted, newest first, at most 250."""
        since = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        list_ = self.sdk.webhook_deliveries.list
        return self._first(
            "deliveries",
            lambda: (
                list_(
                    filter={"status": {"eq": "failed"}, "started_at": {"gte": since}}, page_size=250
                ).data
            ),
        )

    def change(self, call: Callable[[Telnyx], object]) -> None:
        """Change something. What was read before is read anew. Raises Unreadable."""
        self._read.clear()
        self.call(lambda: call(self.sdk))

    def close(self) -> None:
        """Close the connections."""
        if "sdk" in vars(self):
            self.sdk.close()

    # -- calls ---------------------------------------------------------------------------------

    def _first(self, name: str, read: Callable[[], T]) -> T:
        """What `read` gives, or has given before under this name; its errors too."""
        if name not in self._read:
            try:
                self._read[name] = self.call(read)
            except Unreadable as error:
                self._read[name] = error
        found = self._read[name]
        if isinstance(found, Unreadable):
            raise found
        return cast(T, found)

    def _if_found(self, name: str, read: Callable[[], T]) -> T | None:
        try:
            return self._first(name, read)
        except Unreadable as error:
            if error.status == 404:
                return None
            raise

    def call(self, call: Callable[[], T]) -> T:
        """What the SDK's call gives. Raises Unreadable."""
        import telnyx

        try:
            return call()
        except telnyx.APIStatusError as error:
            raise Unreadable(_words(error.status_code, error.body), error.status_code) from None
        except telnyx.APIConnectionError as error:
            reason = type(error.__cause__ or error).__name__
            raise Unreadable(f"Telnyx is unreachable ({reason}).") from None
        except (telnyx.APIError, ValueError, TypeError) as error:
            raise Unreadable(
                f"Telnyx's answer is not as described ({type(error).__name__})."
            ) from None


def _words(status: int, body: Any) -> str:
    """The status and Telnyx's code. Its own words are not used: they may hold what was sent."""
    try:
        code = str(body["errors"][0]["code"])[:16]
    except (KeyError, IndexError, TypeError):
        return f"Telnyx answers HTTP {status}."
    return f"Telnyx answers HTTP {status}. {explain(code)}"


def _some(found: T | None) -> T:
    if found is None:
        raise Unreadable("Telnyx's answer is empty.")
    return found

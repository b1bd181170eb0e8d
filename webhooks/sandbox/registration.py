"""What an account has beside its messages: money, limits, registrations of its number."""

from datetime import datetime
from typing import Any

from webhooks.sandbox.refusals import RefusalError

CAMPAIGN_ID = "4b30019c-9a3b-6ab2-7d3f-9c1f4d8a2b11"
_BRAND_ID = "4b20019c-9a3a-4c51-0d2e-8b0e3c7f1a00"


def balance() -> dict[str, Any]:
    """What the account may spend, in US dollars."""
    return {
        "record_type": "balance",
        "balance": "100.00",
        "credit_limit": "0.00",
        "available_credit": "100.00",
        "pending": "0.00",
        "currency": "USD",
    }


def spend_limit(today: datetime) -> dict[str, Any]:
    """The account's limit on messaging, in US dollars a day."""
    return {
        "record_type": "spend_limit",
        "product": "messaging",
        "product_name": "Messaging",
        "period": "daily",
        "period_start": today.date().isoformat(),
        "period_end": today.date().isoformat(),
        "effective_limit_usd": "100.00",
        "limit": None,
        "spend_usd": "0.00",
        "blocked": False,
        "block": None,
    }


def assignment(number: str, wanted: str, at: str) -> dict[str, Any]:
    """The 10DLC campaign of the number. Raises a 404 for another number."""
    if wanted != number:
        raise RefusalError(404, "10005", "The requested resource or URL could not be found.")
    return {
        "phoneNumber": number,
        "campaignId": CAMPAIGN_ID,
        "telnyxCampaignId": CAMPAIGN_ID,
        "brandId": _BRAND_ID,
        "assignmentStatus": "ASSIGNED",
        "failureReasons": None,
        "createdAt": at,
        "updatedAt": at,
    }


def campaign(id: str, at: str) -> dict[str, Any]:
    """The 10DLC campaign. Raises a 404 for another id."""
    if id != CAMPAIGN_ID:
        raise RefusalError(404, "10005", "The requested resource or URL could not be found.")
    return {
        "campaignId": CAMPAIGN_ID,
        "brandId": _BRAND_ID,
        "cspId": "S000000",
        "usecase": "2FA",
        "subUsecases": [],
        "description": "Codes to log in, sent to phones whose users ask for them.",
        "mock": True,
        "termsAndConditions": True,
        "status": "ACTIVE",
        "campaignStatus": "MNO_PROVISIONED",
        "submissionStatus": "CREATED",
        "failureReasons": None,
        "createDate": at,
    }

"""The settings, from the environment and in development from `.env`: the one reader of both.

Whatever is missing or impossible stops the start with one message that names every bad variable.
"""

from __future__ import annotations

import base64
import binascii
import re
import sys
from typing import Annotated, Any

import phonenumbers
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.codes import Secrets
from bot.phone import E164
from bot.policy import Policy
from bot.wording import gsm_7_length, has_digit_run
from storage.database import BadDatabaseUrl, parse_url
from webhooks.http.client_ip import networks

#: EX_CONFIG of sysexits.h.
EXIT_CONFIG = 78
CLIENT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_KEY_LENGTH = 32
_KEY = re.compile(r"[!-~]{1,200}", re.ASCII)
ORIGIN = re.compile(r"https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?", re.ASCII)

Listed = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Durations in seconds. Secrets have no defaults and are never printed."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    telnyx_api_key: SecretStr = Field(description="API key of your Telnyx account")
    telnyx_public_key: str = Field(description="base64 Ed25519 key that signs Telnyx's webhooks")
    telnyx_phone_number: Listed = Field(
        description="the number(s) users text, E.164, comma-separated; the first sends by default"
    )
    telnyx_base_url: str | None = Field(None, description="where Telnyx's API is, if elsewhere")
    secret_key: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        description="at least 32 characters; comma-separated for rotation, the newest first"
    )
    database_url: str = Field(
        "sqlite:///textlogin.db", description="sqlite:///file.db or postgresql://…"
    )
    api_keys: Annotated[dict[str, SecretStr], NoDecode] = Field(
        default_factory=dict,
        description="web apps: comma-separated name:key, keys of 32+ characters",
    )
    app_name: str = Field(
        "Textlogin", description="the name users read in texts, at most 20 GSM-7 characters"
    )
    default_region: str = Field("US", description="how a number without + is read, ISO region")
    allowed_regions: Listed = Field(
        ("US", "CA"), description="ISO regions that may be sent to, comma-separated; * for all"
    )
    code_length: int = Field(6, ge=6, le=8, description="digits of a code, 6 to 8")
    code_ttl: int = Field(300, ge=60, le=600, description="seconds a code lives")
    verification_ttl: int = Field(
        900, ge=1, le=1800, description="seconds a verification stays open"
    )
    max_attempts: int = Field(5, ge=1, le=100, description="wrong codes per verification")
    lockout: int = Field(
        900, ge=1, le=86_400, description="seconds a phone is locked after as many by text"
    )
    wrong_per_day: int = Field(24, ge=1, le=1000, description="wrong codes per phone and 24 h")
    resend_cooldown: int = Field(
        60, ge=0, le=86_400, description="seconds between two codes to one phone"
    )
    codes_per_10_min: int = Field(3, ge=1, le=1000, description="codes to one phone in 10 minutes")
    codes_per_hour: int = Field(5, ge=1, le=1000, description="codes to one phone in an hour")
    codes_per_day: int = Field(10, ge=1, le=1000, description="codes to one phone in 24 h")
    codes_per_ip_hour: int = Field(
        10, ge=1, le=10_000, description="codes asked for from one address in an hour"
    )
    cors_origins: Listed = Field(
        (), description="browser origins that may poll, comma-separated: https://app.example"
    )
    trusted_proxies: Listed = Field(
        (), description="CIDRs, or private, whose X-Forwarded-For counts"
    )
    max_wait: int = Field(25, ge=0, le=600, description="seconds a poll is held at most")
    max_waiters: int = Field(10_000, ge=1, le=1_000_000, description="open waits in a process")
    log_format: str = Field("text", pattern="^(text|json)$", description="text, or json")
    log_level: str = Field(
        "info", pattern="^(debug|info|warning|error)$", description="debug, info, warning, error"
    )

    @field_validator(
        "telnyx_phone_number",
        "allowed_regions",
        "secret_key",
        "cors_origins",
        "trusted_proxies",
        mode="before",
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return [part for piece in value.split(",") if (part := piece.strip())]
        return value

    @field_validator("api_keys", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        pairs: dict[str, str] = {}
        for piece in filter(None, map(str.strip, value.split(","))):
            name, colon, key = piece.partition(":")
            if not colon or name in pairs:
                raise ValueError("must be name:key pairs, each name once")
            pairs[name] = key
        return pairs

    @field_validator("telnyx_api_key")
    @classmethod
    def _not_empty(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().strip():
            raise ValueError("must not be empty")
        return value

    @field_validator("telnyx_public_key")
    @classmethod
    def _ed25519(cls, value: str) -> str:
        try:
            length = len(base64.b64decode(value.strip(), validate=True))
        except (binascii.Error, ValueError):
            length = 0
        if length != 32:
            raise ValueError("must be the base64 of 32 bytes, as the Telnyx portal shows it")
        return value.strip()

    @field_validator("telnyx_phone_number")
    @classmethod
    def _numbers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or any(not E164.fullmatch(number) for number in value):
            raise ValueError("must be E.164, like +14155550100")
        return value

    @field_validator("telnyx_base_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if not value:
            return None
        if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
            raise ValueError("must be an http(s) URL")
        return value.rstrip("/")

    @field_validator("secret_key")
    @classmethod
    def _long_secrets(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not value or any(len(key.get_secret_value()) < _KEY_LENGTH for key in value):
            raise ValueError(f"must have at least {_KEY_LENGTH} characters")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        try:
            parse_url(value)
        except BadDatabaseUrl as error:
            raise ValueError(str(error)) from None
        return value

    @field_validator("api_keys")
    @classmethod
    def _long_keys(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        keys = [key.get_secret_value() for key in value.values()]
        if not all(map(CLIENT_NAME.fullmatch, value)):
            raise ValueError("must have names of 1 to 40 of a-z, 0-9, - and _")
        if any(len(key) < _KEY_LENGTH for key in keys):
            raise ValueError(f"must have keys of at least {_KEY_LENGTH} characters")
        if not all(map(_KEY.fullmatch, keys)):
            raise ValueError("must have keys of at most 200 letters, digits and signs of ASCII")
        if len(set(keys)) < len(keys):
            raise ValueError("must not have one key for two names")
        return value

    @field_validator("app_name")
    @classmethod
    def _short_name(cls, value: str) -> str:
        length = gsm_7_length(value)
        if not value.strip() or length is None or length > 20 or "\n" in value:
            raise ValueError("must be 1 to 20 characters that SMS can carry (GSM-7)")
        if has_digit_run(value, 4):
            raise ValueError("must not have 4 digits in a row: they could be taken for a code")
        return value

    @field_validator("default_region")
    @classmethod
    def _region(cls, value: str) -> str:
        if value.upper() not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError("must be an ISO region, like US")
        return value.upper()

    @field_validator("allowed_regions")
    @classmethod
    def _regions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        regions = tuple(region.upper() for region in value)
        known = phonenumbers.SUPPORTED_REGIONS
        if not regions or (regions != ("*",) and any(region not in known for region in regions)):
            raise ValueError("must be ISO regions, like US,CA, or * for all")
        return regions

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not ORIGIN.fullmatch(origin) for origin in value):
            raise ValueError("must be origins, like https://app.example, without a path")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            networks(value)
        except ValueError:
            raise ValueError("must be CIDRs, like 10.0.0.0/8, or private") from None
        return value

    def policy(self) -> Policy:
        """What decisions go by."""
        everywhere = self.allowed_regions == ("*",)
        return Policy(
            secrets=Secrets([key.get_secret_value() for key in self.secret_key]),
            numbers=self.telnyx_phone_number,
            app_name=self.app_name,
            allowed_regions=None if everywhere else frozenset(self.allowed_regions),
            code_length=self.code_length,
            code_ttl_ms=self.code_ttl * 1000,
            verification_ttl_ms=self.verification_ttl * 1000,
            max_attempts=self.max_attempts,
            lockout_ms=self.lockout * 1000,
            wrong_per_day=self.wrong_per_day,
            resend_cooldown_ms=self.resend_cooldown * 1000,
            codes_per_10_min=self.codes_per_10_min,
            codes_per_hour=self.codes_per_hour,
            codes_per_day=self.codes_per_day,
            codes_per_ip_hour=self.codes_per_ip_hour,
        )


def explain(error: ValidationError) -> str:
    """One message that names every bad variable and what it wants, and no value."""
    lines = ["These settings stop the start:"]
    for bad in error.errors(include_input=False, include_url=False, include_context=False):
        field = str(bad["loc"][0]) if bad["loc"] else ""
        name = field.upper()
        wants = Settings.model_fields[field].description if field in Settings.model_fields else ""
        problem = "is missing" if bad["type"] == "missing" else _problem(bad["msg"])
        lines.append(f"  {name} {problem} ({wants})")
    return "\n".join(lines)


def load() -> Settings:
    """The settings, or one message on standard error and exit status 78."""
    try:
        return Settings()
    except ValidationError as error:
        said = explain(error)
    except (UnicodeError, OSError):
        said = "The file .env can't be read: it must be UTF-8."
    print(said, file=sys.stderr)
    raise SystemExit(EXIT_CONFIG)


def _problem(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message if message.startswith("must") else f"is not right: {message}"

"""Settings from the environment, and in development from `.env`. Nothing else reads either,
except `webhooks.setting_names`, which looks for misspelt names.

If any are missing or invalid, the process does not start: one message names all of them.
"""

from __future__ import annotations

import sys
from typing import Any

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.codes import Secrets
from bot.policy import Policy
from webhooks.setting_files import SECRETS, SecretFiles, check_file
from webhooks.setting_messages import explain
from webhooks.setting_types import (
    AccentColor,
    ApiKeys,
    AppName,
    Ceiling,
    DatabaseUrl,
    NonEmptySecret,
    Numbers,
    OperationsToken,
    OptionalLink,
    OptionalUrl,
    Origins,
    Proxies,
    PublicKey,
    PublicUrl,
    Region,
    Regions,
    SecretKeys,
    SupportContact,
)

#: EX_CONFIG of sysexits.h.
EXIT_CONFIG = 78
#: Each of these must not be below the other one, which comes before it in `Settings`.
_AT_LEAST = {
    "verification_ttl": "code_ttl",
    "codes_per_hour": "codes_per_10_min",
    "codes_per_day": "codes_per_hour",
}


class Settings(BaseSettings):
    """Durations are in seconds. Secrets have no defaults and are never printed."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    telnyx_api_key: NonEmptySecret = Field(description="API key of your Telnyx account")
    telnyx_public_key: PublicKey = Field(
        description="base64 Ed25519 public key that verifies Telnyx's webhooks"
    )
    telnyx_phone_number: Numbers = Field(
        description="number(s) that users text, E.164, comma-separated; the first is the default "
        "sender"
    )
    telnyx_base_url: OptionalUrl = Field(
        None, description="URL of Telnyx's API, if not the SDK's default"
    )
    telnyx_messaging_profile_id: str | None = Field(
        None,
        pattern=r"^[0-9a-fA-F-]{36}$",
        description="id of the messaging profile, for textlogin setup and doctor; else the first "
        "number's",
    )
    secret_key: SecretKeys = Field(
        description="at least 32 characters; comma-separated for rotation, newest first"
    )
    database_url: DatabaseUrl = Field(
        "sqlite:///textlogin.db",
        description="sqlite:///file.db or postgresql://…, also with several hosts",
    )
    host: str = Field("127.0.0.1", min_length=1, description="address that serve listens on")
    port: int = Field(8000, ge=1, le=65535, description="port that serve and demo listen on")
    web_concurrency: int = Field(
        1, ge=1, le=64, description="processes of serve; more than 1 needs PostgreSQL"
    )
    api_keys: ApiKeys = Field(
        default_factory=dict,
        description="web apps: comma-separated name:key pairs, keys of 32 characters or more; "
        "name:key:sms_reply also accepts stand-alone logins",
    )
    app_name: AppName = Field(
        "Textlogin", description="name shown in texts, 1 to 20 GSM-7 characters"
    )
    support_contact: SupportContact = Field(
        None,
        description="how users get help, named in the answer to HELP and on the login pages, "
        "1 to 40 GSM-7 characters",
    )
    pages: str = Field(
        "on", pattern="^(on|off)$", description="whether the login pages are served: on or off"
    )
    public_url: PublicUrl = Field(
        None, description="https origin of this service, like https://login.example"
    )
    privacy_url: OptionalLink = Field(
        None, description="URL of your privacy policy, linked on the login pages"
    )
    terms_url: OptionalLink = Field(
        None, description="URL of your terms, linked on the login pages"
    )
    accent_color: AccentColor = Field(
        "#0a7d5a",
        description="colour of buttons and links on the login pages, dark enough for white text",
    )
    default_region: Region = Field("US", description="ISO region of phone numbers without a +")
    allowed_regions: Regions = Field(
        ("US", "CA"),
        description="ISO regions that codes may be sent to, comma-separated; * for all",
    )
    code_length: int = Field(6, ge=6, le=8, description="digits of a code, 6 to 8")
    code_ttl: int = Field(300, ge=60, le=600, description="seconds until a code expires")
    verification_ttl: int = Field(
        900, ge=1, le=1800, description="seconds until a verification expires"
    )
    max_attempts: int = Field(
        5,
        ge=1,
        le=100,
        description="wrong codes allowed per verification; by text also per phone in 15 minutes",
    )
    lockout: int = Field(
        900,
        ge=1,
        le=86_400,
        description="seconds that a phone is locked after MAX_ATTEMPTS wrong codes by text",
    )
    wrong_per_day: int = Field(
        24,
        ge=1,
        le=1000,
        description="wrong codes allowed per phone in 24 hours; after that its active codes stop "
        "working and new ones have 8 digits",
    )
    resend_cooldown: int = Field(
        60, ge=0, le=86_400, description="seconds between two codes to one phone"
    )
    codes_per_10_min: int = Field(3, ge=1, le=1000, description="codes to one phone in 10 minutes")
    codes_per_hour: int = Field(5, ge=1, le=1000, description="codes to one phone in an hour")
    codes_per_day: int = Field(10, ge=1, le=1000, description="codes to one phone in 24 hours")
    codes_per_ip_hour: int = Field(
        10,
        ge=1,
        le=10_000,
        description="codes requested from one IP address in an hour, with a poll token or as "
        "requester.ip",
    )
    open_per_app: int = Field(
        2000,
        ge=1,
        le=6000,
        description="requests of one web app that may wait for their LOGIN at once",
    )
    codes_per_day_total: Ceiling = Field(
        10_000,
        ge=1,
        le=10_000_000,
        description="codes in 24 hours over all phones; pages and web apps may use 80 %; none "
        "lifts it",
    )
    texts_per_day_total: Ceiling = Field(
        30_000,
        ge=1,
        le=10_000_000,
        description="texts of every kind in 24 hours over all phones; likewise",
    )
    fraud_guard: str = Field(
        "enforce",
        pattern="^(off|record|enforce)$",
        description="off, record or enforce: refuse codes to prefixes and regions, and for "
        "addresses and web apps, where too many die unused",
    )
    cors_origins: Origins = Field(
        (),
        description="origins whose pages may call the API, comma-separated; registered web apps "
        "bring their own",
    )
    trusted_proxies: Proxies = Field(
        (),
        description="CIDRs of proxies whose X-Forwarded-For is trusted, comma-separated; private "
        "for all private ranges",
    )
    max_wait: int = Field(25, ge=0, le=600, description="longest wait of a poll in seconds")
    max_waiters: int = Field(
        10_000,
        ge=1,
        le=1_000_000,
        description="polls and event streams that may wait at once in a process",
    )
    retention_days: int = Field(
        30, ge=1, le=3650, description="days after which what is over is deleted"
    )
    operations_port: int | None = Field(
        None, ge=1, le=65_535, description="port of metrics and operator pages; worker n: port + n"
    )
    operations_host: str = Field(
        "127.0.0.1",
        pattern="^[0-9A-Za-z.:-]{1,253}$",
        description="address or host name that metrics and operator pages are served on",
    )
    operations_token: OperationsToken = Field(
        None,
        validate_default=True,
        description="token of metrics and operator pages, 32 printable ASCII characters or more; "
        "required where OPERATIONS_HOST is not loopback",
    )
    log_format: str = Field(
        "text", pattern="^(text|json)$", description="text, or json for machines"
    )
    log_level: str = Field(
        "info",
        pattern="^(debug|info|warning|error)$",
        description="debug, info, warning or error",
    )

    @field_validator(*SECRETS, mode="before")
    @classmethod
    def _check_file(cls, value: Any) -> Any:
        return check_file(value)

    @field_validator(*_AT_LEAST)
    @classmethod
    def _check_combination(cls, value: int, info: ValidationInfo) -> int:
        other = _AT_LEAST[info.field_name or ""]
        if value < info.data.get(other, value):
            raise ValueError(f"must not be below {other.upper()}, which is {info.data[other]}")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the files that `NAME_FILE` names, the environment, `.env`."""
        assert isinstance(env_settings, EnvSettingsSource)
        assert isinstance(dotenv_settings, DotEnvSettingsSource)
        files = SecretFiles(settings_cls, {**dotenv_settings.env_vars, **env_settings.env_vars})
        return init_settings, files, env_settings, dotenv_settings

    def policy(self) -> Policy:
        """The settings that the bot's decisions depend on; durations in ms."""
        everywhere = self.allowed_regions == ("*",)
        return Policy(
            secrets=Secrets([key.get_secret_value() for key in self.secret_key]),
            numbers=self.telnyx_phone_number,
            app_name=self.app_name,
            support_contact=self.support_contact,
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
            default_region=self.default_region,
            fraud_guard=self.fraud_guard,
            open_per_app=self.open_per_app,
            codes_per_day_total=self.codes_per_day_total,
            texts_per_day_total=self.texts_per_day_total,
        )


def load() -> Settings:
    """The settings. If they are invalid, prints why to standard error and exits with status 78."""
    try:
        return Settings()
    except ValidationError as error:
        message = explain(error, Settings.model_fields)
    except (UnicodeError, OSError):
        message = "The file .env cannot be read: it must be UTF-8."
    print(message, file=sys.stderr)
    raise SystemExit(EXIT_CONFIG)

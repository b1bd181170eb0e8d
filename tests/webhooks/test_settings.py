"""Settings: what stops the start and how it is explained, and how values are read."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.policy import Policy
from tests.harness.process import free_port, process
from tests.harness.settings import PUBLIC_KEY as KEY
from tests.harness.settings import make_settings
from webhooks.setting_messages import explain
from webhooks.settings import Settings

REQUIRED = {"TELNYX_API_KEY", "TELNYX_PUBLIC_KEY", "TELNYX_PHONE_NUMBER", "SECRET_KEY"}


#: Not on the curve; and its neutral element, for which anybody can make signatures.
NO_POINT = base64.b64encode(b"\x02" + bytes(31)).decode()
SMALL_ORDER = base64.b64encode(b"\x01" + bytes(31)).decode()

BAD = {
    "TELNYX_API_KEY": " ",
    "TELNYX_PUBLIC_KEY": "bad-public-key",
    "TELNYX_PHONE_NUMBER": "4155550100bad",
    "TELNYX_BASE_URL": "ftp://bad.example",
    "SECRET_KEY": "bad-secret-short",
    "DATABASE_URL": "mysql://bad:password@bad.example/bad",
    "API_KEYS": "shop:bad-api-key",
    "APP_NAME": "bad 123456",
    "SUPPORT_CONTACT": "bad 123456",
    "DEFAULT_REGION": "bad-region",
    "ALLOWED_REGIONS": "bad-region",
    "CODE_LENGTH": "5",
    "CODE_TTL": "bad-ttl",
    "VERIFICATION_TTL": "0",
    "MAX_ATTEMPTS": "0",
    "LOCKOUT": "0",
    "WRONG_PER_DAY": "0",
    "RESEND_COOLDOWN": "-1",
    "CODES_PER_10_MIN": "0",
    "CODES_PER_HOUR": "0",
    "CODES_PER_DAY": "0",
    "OPEN_PER_APP": "0bad",
    "CODES_PER_DAY_TOTAL": "bad-total",
    "TEXTS_PER_DAY_TOTAL": "bad-total",
    "FRAUD_GUARD": "bad-mode",
    "OPERATIONS_PORT": "0",
    "OPERATIONS_HOST": "bad host",
    "OPERATIONS_TOKEN": "bad-token",
    "PORT": "bad-port",
    "WEB_CONCURRENCY": "0",
    "LOG_FORMAT": "bad-format",
    "LOG_LEVEL": "bad-level",
    "PAGES": "bad-choice",
    "PUBLIC_URL": "http://bad.example",
    "PRIVACY_URL": "bad-url",
    "TERMS_URL": "bad-url",
    "ACCENT_COLOR": "#badbad",
}


@pytest.mark.parametrize(
    "arguments",
    [
        ("webhooks", "serve"),
        ("webhooks", "migrate"),
        ("uvicorn", "webhooks.app:create_app", "--factory"),
    ],
    ids=["serve", "migrate", "uvicorn"],
)
def test_all_bad_settings_are_named_at_once_without_their_values(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with process(*arguments, folder=tmp_path, environment=BAD) as child:
        status = child.ends()
    assert status == 78
    assert "Traceback" not in child.output
    assert "These settings are missing or invalid" in child.output
    for name in BAD:
        assert re.search(rf"^  {name} ", child.output, re.MULTILINE), name
    for value in BAD.values():
        if len(value) > 6:
            assert value not in child.output


def test_all_missing_settings_are_named_at_once(tmp_path: Path) -> None:
    with process("webhooks", "serve", folder=tmp_path) as child:
        assert child.ends() == 78
    named = re.findall(r"^  ([A-Z_0-9]+) is missing", child.output, re.MULTILINE)
    assert set(named) == REQUIRED


def test_the_demo_explains_a_bad_setting(tmp_path: Path) -> None:
    environment = {"CODE_LENGTH": "99", "LOG_LEVEL": "loud"}
    arguments = ("webhooks", "demo", "--port", str(free_port()))
    with process(*arguments, folder=tmp_path, environment=environment) as child:
        status = child.ends()
    assert "Traceback" not in child.output
    assert "CODE_LENGTH" in child.output
    assert "LOG_LEVEL" in child.output
    assert status == 78


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("telnyx_api_key", "", "must not be empty"),
        ("telnyx_phone_number", [], "E.164"),
        ("telnyx_public_key", base64.b64encode(b"k" * 31).decode(), "32 bytes"),
        ("telnyx_phone_number", "", "E.164"),
        ("telnyx_phone_number", "+14155550100,555", "E.164"),
        ("secret_key", "", "32 characters"),
        ("secret_key", "x" * 40 + ",short", "32 characters"),
        ("database_url", "sqlite://", "sqlite:///file.db"),
        ("database_url", "sqlite:///:memory:", "sqlite:///file.db"),
        ("database_url", "nonsense", "must be a URL"),
        ("api_keys", "no-colon", "name:key"),
        ("api_keys", "a:" + "x" * 32 + ",a:" + "y" * 32, "each name once"),
        ("api_keys", "A shop:" + "x" * 32, "names of"),
        ("api_keys", "a:" + "x" * 32 + ",b:" + "x" * 32, "one key for two names"),
        ("api_keys", "a:" + "x" * 201, "at most 200"),
        ("api_keys", "a:" + "é" * 40, "ASCII"),
        ("api_keys", "a:" + "x" * 25 + ":sms_reply", "32 characters"),
        ("database_url", "postgresql://me:pa@ss:word@host/db", "must be a URL"),
        ("app_name", "x" * 21, "20 characters"),
        ("app_name", "日本", "GSM-7"),
        ("app_name", "Shop 2024", "4 digits in a row"),
        ("support_contact", "x" * 41, "40 characters"),
        ("support_contact", "14155550123", "6 digits in a row"),
        ("allowed_regions", "US,UK", "ISO regions"),
        ("telnyx_base_url", "api.telnyx.example", "http"),
        ("telnyx_base_url", "http://api.telnyx.example/v2", "https"),
        ("telnyx_base_url", "http://127.0.0.1.example/v2", "https"),
        ("telnyx_base_url", "http://localhost@telnyx.example/v2", "https"),
        ("telnyx_public_key", NO_POINT, "valid Ed25519"),
        ("telnyx_public_key", SMALL_ORDER, "valid Ed25519"),
        ("telnyx_public_key", base64.b64encode(bytes(32)).decode(), "valid Ed25519"),
        ("telnyx_phone_number", "+14155550100,555", "not '555'"),
        ("secret_key", "x" * 40 + ",short", "key 2 of 2"),
        ("api_keys", "a:" + "x" * 32 + ",b:short", "that of b"),
        ("api_keys", "a:" + "x" * 32 + ",b", "not as pair 2"),
        ("api_keys", "a:" + "x" * 32 + ",B c:" + "y" * 32, "that of pair 2"),
        ("api_keys", "a:" + "x" * 32 + ",b:" + "x" * 32, "a and b"),
        ("allowed_regions", "US,UK,XX", "not 'UK', 'XX'"),
        ("cors_origins", "https://a.example,https://b.example/x", "not 'https://b.example/x'"),
        ("trusted_proxies", "private,10.0.0.1/8", "not '10.0.0.1/8'"),
        ("codes_per_hour", 2, "below CODES_PER_10_MIN, which is 3"),
        ("codes_per_day", 4, "below CODES_PER_HOUR, which is 5"),
        ("verification_ttl", 299, "below CODE_TTL, which is 300"),
        ("port", "70000", "65535"),
        ("web_concurrency", "many", "integer"),
    ],
)
def test_an_impossible_value_is_explained(name: str, value: Any, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make_settings(**({"database_url": "sqlite:///x.db", "public_key": KEY} | {name: value}))
    message = explain(refused.value, Settings.model_fields)
    assert name.upper() in message
    assert words in message
    if isinstance(value, str):
        assert not value or value not in message.replace("sqlite:///file.db", "")
    assert len(message.splitlines()) == 2


def test_values_are_read_with_spaces_and_in_any_case() -> None:
    settings = make_settings(
        "postgres://user@host/db",
        f" {KEY} ",
        telnyx_phone_number=" +14155550100, +14155550101 ,",
        allowed_regions="us, ca",
        default_region="de",
        secret_key="n" * 32 + "," + "o" * 32,
        api_keys=f"shop:{'s' * 32}, other:{'o' * 32}",
        telnyx_base_url="http://127.0.0.1:9/v2/",
    )
    assert settings.telnyx_phone_number == ("+14155550100", "+14155550101")
    assert settings.allowed_regions == ("US", "CA")
    assert settings.default_region == "DE"
    assert [key.get_secret_value()[0] for key in settings.secret_key] == ["n", "o"]
    assert list(settings.api_keys) == ["shop", "other"]
    assert settings.telnyx_base_url == "http://127.0.0.1:9/v2"
    for secret in ("n" * 32, "o" * 32, "s" * 32, "KEY-of-nobody"):
        assert secret not in repr(settings)


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_file_that_cannot_be_written_is_explained_without_a_traceback(
    tmp_path: Path, command: str
) -> None:
    for name in ("textlogin", "textlogin-demo"):
        (tmp_path / f"{name}.db.lock").mkdir()
    environment = {
        "TELNYX_API_KEY": "KEY-of-nobody",
        "TELNYX_PUBLIC_KEY": KEY,
        "TELNYX_PHONE_NUMBER": "+14155550100",
        "SECRET_KEY": "a key for tests of at least 32 characters",
    }
    arguments = ("webhooks", command, "--port", str(free_port()))
    with process(*arguments, folder=tmp_path, environment=environment) as child:
        assert child.ends() == 78
    assert "Traceback" not in child.output
    assert "directory" in child.output


def test_an_env_file_that_is_not_text_is_explained(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"APP_NAME=\xff\xfe")
    with process("webhooks", "migrate", folder=tmp_path) as child:
        assert child.ends() == 78
    assert "Traceback" not in child.output
    assert ".env" in child.output


def test_defaults_of_the_policy_are_those_of_the_settings() -> None:
    policy = make_settings("sqlite:///textlogin.db", KEY).policy()

    assert policy == Policy(secrets=policy.secrets, numbers=policy.numbers)


@pytest.mark.parametrize("bad", ["green", "#fff", "#0a7d5", "#888888", "#ffdd00"])
def test_an_accent_colour_that_is_hard_to_read_stops_the_start(bad: str) -> None:
    with pytest.raises(ValidationError) as caught:
        make_settings("sqlite:///unused.db", KEY, accent_color=bad)
    assert "ACCENT_COLOR must be" in explain(caught.value, Settings.model_fields)


@pytest.mark.parametrize(
    "url", ["https://login.example/", "HTTPS://Login.Example", "https://login.example"]
)
def test_the_public_address_is_an_origin(url: str) -> None:
    settings = make_settings("sqlite:///unused.db", KEY, public_url=url)
    assert settings.public_url == "https://login.example"


@pytest.mark.parametrize("bad", ["https://login.example/login", "http://login.example", "login"])
def test_a_public_address_that_browsers_cannot_trust_stops_the_start(bad: str) -> None:
    with pytest.raises(ValidationError):
        make_settings("sqlite:///unused.db", KEY, public_url=bad)


@pytest.mark.parametrize(("value", "read"), [("none", None), ("None", None), ("500", 500)])
def test_none_lifts_a_ceiling(value: str, read: int | None) -> None:
    settings = make_settings("sqlite:///x.db", KEY, codes_per_day_total=value)

    assert settings.policy().codes_per_day_total == read

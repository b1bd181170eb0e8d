"""Settings for a service under test: one number, two web apps that accept every binding."""

from typing import Any

from pydantic import SecretStr

from webhooks.settings import Settings

NUMBER = "+14155550100"
SHOP, OTHER_SHOP = "shop:" + "s" * 40, "other:" + "o" * 40
#: Telnyx's key where nothing is signed: the first public key of RFC 8032, section 7.1.
PUBLIC_KEY = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
SECRET_KEY = "a key for tests of at least 32 characters"


def make_settings(database_url: str, public_key: str, **changes: Any) -> Settings:
    """What a service needs, with changes; the environment is not read."""
    values: dict[str, Any] = {
        "telnyx_api_key": SecretStr("KEY-of-nobody"),
        "telnyx_public_key": public_key,
        "telnyx_phone_number": (NUMBER,),
        "telnyx_base_url": "https://telnyx.test/v2",
        "secret_key": (SecretStr(SECRET_KEY),),
        "database_url": database_url,
        "api_keys": f"{SHOP}:sms_reply,{OTHER_SHOP}:sms_reply",
        "log_level": "error",
    }
    return Settings(_env_file=None, **(values | changes))


def environment(database_url: str, public_key: str, **changes: str) -> dict[str, str]:
    """The same for a child process."""
    return {
        "TELNYX_API_KEY": "KEY-of-nobody",
        "TELNYX_PUBLIC_KEY": public_key,
        "TELNYX_PHONE_NUMBER": NUMBER,
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": database_url,
        "API_KEYS": f"{SHOP}:sms_reply",
        **changes,
    }

"""The demo's own settings. Its keys may be public, since it listens on loopback only."""

from __future__ import annotations

import sys

from pydantic import Field, SecretStr, ValidationError

from webhooks.clients.api_key import ApiKey
from webhooks.setting_messages import explain
from webhooks.settings import EXIT_CONFIG, Settings

NUMBER = "+14155550100"
API_KEY = "d" * 40
DATABASE_FILE = "textlogin-demo.db"
#: For commands that receive no webhooks: the first key of RFC 8032, section 7.1.
ANY_PUBLIC_KEY = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


class DemoSettings(Settings):
    """Where nothing costs money, codes that are never used refuse nobody."""

    fraud_guard: str = Field("record", pattern="^(off|record|enforce)$")


def demo_settings(url: str = "http://127.0.0.1:8000", public_key: str = ANY_PUBLIC_KEY) -> Settings:
    """The settings of the demo at `url`. Exits with status 78 if the environment sets an invalid
    one."""
    try:
        return DemoSettings(
            telnyx_api_key=SecretStr("the-sandbox-accepts-any-key"),
            telnyx_public_key=public_key,
            telnyx_phone_number=(NUMBER,),
            telnyx_base_url=f"{url}/sandbox/v2",
            public_url=url,
            secret_key=(SecretStr("the demo's secret key, known to everyone"),),
            database_url=f"sqlite:///{DATABASE_FILE}",
            api_keys={"demo": ApiKey(SecretStr(API_KEY), standalone=True)},
        )
    except ValidationError as error:  # in the settings that the environment sets
        print(explain(error, Settings.model_fields), file=sys.stderr)
        raise SystemExit(EXIT_CONFIG) from None

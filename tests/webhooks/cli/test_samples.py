"""`textlogin texts --samples`: what registration asks for is what phones get."""

import re

from typer.testing import CliRunner

from tests.harness.settings import make_settings
from webhooks.cli import main as cli
from webhooks.cli.samples import campaign, toll_free

BRAND = make_settings(
    "sqlite:///none.db",
    "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    app_name="Acme",
    public_url="https://login.acme.example",
    privacy_url="https://acme.example/privacy",
    terms_url="https://acme.example/terms",
    support_contact="help@acme.example",
)


def test_every_sample_names_the_brand_and_is_short_enough() -> None:
    fields = campaign(BRAND)
    texts = [fields[f"sample{number}"] for number in (1, 2, 3)]
    texts += [fields[name] for name in ("optin_message", "optout_message", "help_message")]

    assert [text for text in texts if not text.startswith("Acme: ") or len(text) > 160] == []
    assert any("STOP" in text for text in texts[:3])


def test_no_text_has_a_link_or_a_phone_number() -> None:
    fields = campaign(BRAND)
    texts = [fields[name] for name in fields if name.startswith("sample") or "message" in name]

    assert [text for text in texts[1:] if re.search(r"https?://|\+[0-9]{7}", text)] == []
    assert (fields["embedded_link"], fields["embedded_phone"]) == ("false", "false")


def test_keywords_are_separated_by_commas_alone() -> None:
    fields = campaign(BRAND)
    keywords = [value for name, value in fields.items() if name.endswith("_keywords")]

    assert [words for words in keywords if not re.fullmatch(r"[A-Z]+(,[A-Z]+)+", words)] == []


def test_the_message_flow_describes_both_doors() -> None:
    flow = campaign(BRAND)["message_flow"]

    assert "https://login.acme.example" in flow
    assert "Text LOGIN" in flow
    assert "Message and data rates may apply" in flow
    assert toll_free(BRAND)["optInWorkflow"] == flow


def test_samples_need_no_settings_and_say_which_are_missing() -> None:
    result = CliRunner().invoke(cli.app, ["texts", "--samples"], env={"APP_NAME": "Acme"})

    assert result.exit_code == 0
    assert "set PRIVACY_URL" in result.stdout
    assert "Acme: 482915 is your code" in result.stdout
    assert "business registration" in " ".join(result.stdout.split())

"""Where settings come from: the environment, `.env`, files of secrets. Misspelt names."""

from pathlib import Path

import pytest

from tests.harness.process import Process, free_port, process
from tests.harness.settings import PUBLIC_KEY, SECRET_KEY, environment
from webhooks.setting_names import KNOWN, misspelt


def variables(folder: Path, **changes: str) -> dict[str, str]:
    """The environment of a service on a SQLite file in the folder."""
    return environment(f"sqlite:///{folder}/textlogin.db", PUBLIC_KEY, **changes)


def migrate(folder: Path, given: dict[str, str]) -> tuple[int, str]:
    """Exit status and output of a command that reads the settings."""
    with process("webhooks", "migrate", folder=folder, environment=given) as child:
        return child.ends(), child.output


def test_each_secret_may_be_in_a_file(tmp_path: Path) -> None:
    given = variables(tmp_path, OPERATIONS_TOKEN="t" * 32)
    for name in ("TELNYX_API_KEY", "SECRET_KEY", "DATABASE_URL", "API_KEYS", "OPERATIONS_TOKEN"):
        (tmp_path / name).write_text(given.pop(name) + "\n")
        given[f"{name}_FILE"] = str(tmp_path / name)

    assert migrate(tmp_path, given)[0] == 0
    assert (tmp_path / "textlogin.db").exists()


def test_a_file_of_a_secret_may_be_named_in_the_env_file(tmp_path: Path) -> None:
    given = variables(tmp_path)
    (tmp_path / "key").write_text(given.pop("SECRET_KEY"))
    (tmp_path / ".env").write_text("SECRET_KEY_FILE=key")

    assert migrate(tmp_path, given)[0] == 0


def test_every_fault_of_files_is_named_at_once_without_the_secret(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("too-short-for-a-key")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    given = variables(tmp_path, TELNYX_API_KEY_FILE="other", DATABASE_URL_FILE="binary")
    del given["SECRET_KEY"], given["API_KEYS"], given["DATABASE_URL"]
    given |= {"SECRET_KEY_FILE": "short", "API_KEYS_FILE": "missing"}

    status, output = migrate(tmp_path, given)

    assert status == 78
    assert "TELNYX_API_KEY must not be set together with TELNYX_API_KEY_FILE" in output
    assert "SECRET_KEY must have at least 32 characters" in output
    assert "API_KEYS must be in the file that API_KEYS_FILE names: No such file" in output
    assert "DATABASE_URL must be in the file that DATABASE_URL_FILE names, in UTF-8" in output
    assert "too-short" not in output
    assert SECRET_KEY not in output


def starts(child: Process) -> str:
    """The line that says where it listens."""
    return child.prints("Textlogin serves on")[0] and child.output


def test_host_port_and_processes_may_be_in_the_env_file(tmp_path: Path) -> None:
    given, port = variables(tmp_path), free_port()
    assert migrate(tmp_path, given)[0] == 0
    (tmp_path / ".env").write_text(f"HOST=127.0.0.2\nPORT={port}\nWEB_CONCURRENCY=1\n")

    with process("webhooks", "serve", folder=tmp_path, environment=given) as child:
        assert f"http://127.0.0.2:{port} with 1 process" in starts(child)

    (tmp_path / ".env").write_text("WEB_CONCURRENCY=2\n")
    with process("webhooks", "serve", folder=tmp_path, environment=given) as child:
        assert child.ends() == 78
    assert "WEB_CONCURRENCY" in child.output


def test_an_option_comes_before_the_variable(tmp_path: Path) -> None:
    given, port = variables(tmp_path, PORT="9", HOST="127.0.0.2"), str(free_port())
    assert migrate(tmp_path, given)[0] == 0

    arguments = ("webhooks", "serve", "--port", port, "--host", "127.0.0.1")
    with process(*arguments, folder=tmp_path, environment=given) as child:
        assert f"http://127.0.0.1:{port}" in starts(child)


def test_a_misspelt_setting_is_one_warning_that_names_both(tmp_path: Path) -> None:
    given = variables(tmp_path, PORT=str(free_port()), CODES_PER_DAY_TOTL="5", PAGER="less")
    assert migrate(tmp_path, given)[0] == 0
    (tmp_path / ".env").write_text("FRAUD_GAURD=off\n")

    with process("webhooks", "serve", folder=tmp_path, environment=given) as child:
        starts(child)
        child.signal(15)
        child.ends()

    assert child.output.count("look like misspelt") == 1
    assert "CODES_PER_DAY_TOTL (do you mean CODES_PER_DAY_TOTAL?)" in child.output
    assert "FRAUD_GAURD (do you mean FRAUD_GUARD?)" in child.output
    assert "PAGER" not in child.output


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SECRET_KEYS", "SECRET_KEY"),
        ("API_KEY", "API_KEYS"),
        ("secret_kye", "SECRET_KEY"),
        ("TELNYX_PUBLICKEY", "TELNYX_PUBLIC_KEY"),
        ("HSOT", "HOST"),
        ("PORTS", "PORT"),
        ("SECRET_KEY_FIEL", "SECRET_KEY_FILE"),
    ],
)
def test_a_name_within_two_letters_is_recognised(name: str, meant: str) -> None:
    assert misspelt([name]) == [(name.upper(), meant)]


def test_names_of_others_and_of_ours_are_left_alone() -> None:
    others = ["HOME", "PATH", "PAGER", "PWD", "TEST", "LANG", "USER", "SHELL", "HOSTNAME", "TERM"]

    assert misspelt([*others, *KNOWN, *map(str.lower, KNOWN)]) == []

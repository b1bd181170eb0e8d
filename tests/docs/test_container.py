"""The container's files: what they copy and run exists, and what they promise holds. They are read
and their commands are run here, without a container engine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types

from tests.docs.markdown import ROOT
from tests.harness.process import free_port
from tests.harness.service_process import service_process
from tests.harness.telnyx_server import telnyx_server

Instruction = tuple[str, str]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def stages() -> list[list[Instruction]]:
    """The instructions of each stage, as (name, arguments)."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", text)).splitlines()
    found: list[list[Instruction]] = []
    for line in filter(None, lines):
        name, _, arguments = line.partition(" ")
        if name == "FROM":
            found.append([])
        found[-1].append((name, arguments))
    return found


BUILD, FINAL = stages()


def of(stage: list[Instruction], name: str) -> list[str]:
    return [arguments for one, arguments in stage if one == name]


def environment(stage: list[Instruction]) -> dict[str, str]:
    return dict(pair.split("=", 1) for line in of(stage, "ENV") for pair in line.split())


def health_command() -> list[str]:
    (check,) = of(FINAL, "HEALTHCHECK")
    command: list[str] = json.loads(check.partition("CMD ")[2])
    return command


def test_images_are_pinned_to_a_version() -> None:
    images = [of(stage, "FROM")[0].split()[0] for stage in (BUILD, FINAL)]
    images.append(SERVICES["database"]["image"])

    assert [image for image in images if not re.fullmatch(r"\w+:\d+\.\d+[\w.-]*", image)] == []


def test_the_image_has_the_python_that_the_locks_are_made_for() -> None:
    wanted = (ROOT / ".python-version").read_text(encoding="utf-8").strip()

    for stage in (BUILD, FINAL):
        assert of(stage, "FROM")[0].startswith(f"python:{wanted}.")


def test_every_file_that_is_copied_exists_and_is_not_ignored() -> None:
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    sources = [one for line in of(BUILD, "COPY") for one in line.split()[:-1]]

    assert {f"!{source}" for source in sources} == {one for one in ignore if one[0] == "!"}
    assert "*" in ignore
    assert all((ROOT / source).exists() for source in sources)


def test_everything_that_the_wheel_is_made_of_is_copied() -> None:
    sources = {one for line in of(BUILD, "COPY") for one in line.split()[:-1]}

    assert {"bot", "storage", "webhooks", "pyproject.toml", "README.md", "LICENSE"} <= sources


def test_packages_are_installed_by_hash_and_the_final_stage_installs_nothing() -> None:
    installs = [run for run in of(BUILD, "RUN") if "pip install" in run]

    assert "--require-hashes -r requirements.txt" in installs[0]
    assert "--no-index" in installs[1]
    assert not re.search(r"pip|apt|curl|wget|gcc", " ".join(of(FINAL, "RUN")))
    assert not re.search(r"sudo|ADD ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))


def test_only_the_environment_enters_the_final_stage() -> None:
    assert of(FINAL, "COPY") == ["--from=build /opt/textlogin /opt/textlogin"]


def test_the_service_does_not_run_as_root() -> None:
    (user,) = of(FINAL, "USER")
    uid, gid = map(int, user.split(":"))

    assert uid >= 1000
    assert gid >= 1000
    names = [name for name, _ in FINAL]
    assert names.index("USER") > max(at for at, name in enumerate(names) if name == "RUN")


def test_the_image_stops_by_the_signal_that_the_service_knows() -> None:
    assert of(FINAL, "STOPSIGNAL") == ["SIGTERM"]
    # A shell in between would keep the signal to itself.
    assert json.loads(of(FINAL, "ENTRYPOINT")[0]) == ["textlogin"]
    assert json.loads(of(FINAL, "CMD")[0]) == ["serve"]


def test_the_health_check_tells_a_running_service_from_none(
    sqlite_url: str, tmp_path: Path
) -> None:
    def result(port: int) -> int:
        command = [sys.executable, *health_command()[1:]]
        given = {"PORT": str(port), "PATH": os.environ["PATH"]}
        return subprocess.run(command, env=given, stderr=subprocess.DEVNULL).returncode

    assert health_command()[0] == "python"
    with telnyx_server() as telnyx, service_process(tmp_path, sqlite_url, telnyx) as service:
        assert result(int(service.url.rpartition(":")[2])) == 0
    assert result(free_port()) == 1


def test_the_images_settings_are_variables_of_the_service() -> None:
    example = (ROOT / "docs/contract.md").read_text(encoding="utf-8")
    ours = {name for name in environment(FINAL) if not name.startswith(("PYTHON", "PATH"))}

    assert all(f"| `{name}` |" in example for name in ours)


@pytest.mark.parametrize("name", ["migrate", "web"])
def test_a_service_of_ours_runs_locked_down(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_the_service_starts_after_a_migration_that_runs_once() -> None:
    migrated = {"condition": "service_completed_successfully"}

    assert SERVICES["web"]["depends_on"] == {"migrate": migrated}
    assert SERVICES["migrate"]["command"] == ["migrate"]
    assert SERVICES["migrate"]["restart"] == "no"
    assert SERVICES["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}


def test_compose_gives_the_service_more_time_to_stop_than_it_takes() -> None:
    assert int(SERVICES["web"]["stop_grace_period"].removesuffix("s")) > 10


def test_nothing_but_loopback_is_published() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]

    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_commands_of_compose_and_image_exist() -> None:
    commands = {"serve", *SERVICES["migrate"]["command"]}
    help = subprocess.run(
        [sys.executable, "-m", "webhooks", "--help"], cwd=ROOT, capture_output=True, text=True
    ).stdout

    assert all(command in help for command in commands)

"""Every script, played against the service: each phone gets these texts and no others."""

from __future__ import annotations

import pytest

from tests.conversations.parser import read_all
from tests.conversations.player import Player
from tests.conversations.script import Script
from tests.harness.running_service import RunningService, running_service

_SCRIPTS = list(enumerate(read_all()))
#: So many share a service, each with phones of its own: a service for each takes twice as long.
_AT_ONCE = 11
_GROUPS = [_SCRIPTS[at : at + _AT_ONCE] for at in range(0, len(_SCRIPTS), _AT_ONCE)]


def _name(group: list[tuple[int, Script]]) -> str:
    return f"{group[0][1].name}-to-{group[-1][1].name}"


@pytest.mark.parametrize("group", _GROUPS, ids=_name)
async def test_each_phone_gets_the_texts_of_its_script_word_by_word(
    database_url: str, group: list[tuple[int, Script]]
) -> None:
    async with running_service(database_url, allowed_regions=("*",)) as service:
        played = [await _difference(service, script, number) for number, script in group]
    differences = [one for one in played if one]
    assert not differences, "\n".join(differences)


def test_there_are_scripts_of_at_least_twenty_people() -> None:
    assert len({script.title for _, script in _SCRIPTS}) >= 20


async def _difference(service: RunningService, script: Script, number: int) -> str:
    try:
        await Player(service, number).play(script)
    except AssertionError as error:
        return str(error)
    return ""

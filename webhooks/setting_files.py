"""Secrets from files: `SECRET_KEY_FILE=/run/secrets/key` instead of `SECRET_KEY`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

#: The settings that may be in a file.
SECRETS = ("telnyx_api_key", "secret_key", "database_url", "api_keys", "operations_token")
SUFFIX = "_file"


class BadFile(NamedTuple):
    """Stands for a secret that cannot be read, so that it is reported with all other faults."""

    problem: str


class SecretFiles(PydanticBaseSettingsSource):
    """Reads the files that the variables name; white space around a secret is dropped.

    `variables` are those of the environment and of `.env`, in lower case, without empty ones.
    """

    def __init__(
        self, settings_cls: type[BaseSettings], variables: Mapping[str, str | None]
    ) -> None:
        super().__init__(settings_cls)
        self._variables = variables

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The secret, or BadFile; None if no file is named."""
        path = self._variables.get(field_name + SUFFIX) if field_name in SECRETS else None
        if path is None:
            return None, field_name, False
        return self._read(field_name, Path(path)), field_name, False

    def __call__(self) -> dict[str, Any]:
        """The secrets that are in files."""
        found = {
            name: self.get_field_value(self.settings_cls.model_fields[name], name)[0]
            for name in SECRETS
        }
        return {name: value for name, value in found.items() if value is not None}

    def _read(self, name: str, path: Path) -> str | BadFile:
        variable = (name + SUFFIX).upper()
        if self._variables.get(name) is not None:
            return BadFile(f"must not be set together with {variable}")
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            return BadFile(f"must be in the file that {variable} names: {error.strerror}")
        except ValueError:
            return BadFile(f"must be in the file that {variable} names, in UTF-8")


def check_file(value: Any) -> Any:
    """The value of a secret. Raises ValueError if its file could not be read."""
    if isinstance(value, BadFile):
        raise ValueError(value.problem)
    return value

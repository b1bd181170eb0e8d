"""`python -m tests.benchmarks.codes`: the codes that phones have been sent.

Standard input: a JSON list of phones. Standard output: a JSON object from phone to code, for those
that have one. The database and the secret key come from DATABASE_URL and SECRET_KEY.
"""

from __future__ import annotations

import json
import os
import sys

from bot import codes
from bot.codes import Secrets
from bot.records import Verification
from storage.database import Database
from storage.statements import Statements


def main() -> None:
    """Read the phones, print the codes."""
    secrets = Secrets([os.environ["SECRET_KEY"]])
    phones = set(json.load(sys.stdin))
    sent = {
        verification.phone: code
        for verification in _waiting(Database(os.environ["DATABASE_URL"]))
        if verification.phone in phones and (code := codes.code(secrets, verification))
    }
    json.dump(sent, sys.stdout)


def _waiting(database: Database) -> list[Verification]:
    rows = Statements(sqlite=database.is_sqlite).verifications
    select = rows.select("WHERE awaiting = 'code' AND code_entry = 'reply'")
    with database.reading.connect() as connection:
        return select.of().run(connection)


if __name__ == "__main__":
    main()

"""What the load is made from: unused phones, signed webhooks, request files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.benchmarks.phones import Phones
from tests.benchmarks.requests import RequestFile, RequestFiles
from tests.benchmarks.webhook_signer import Text, WebhookSigner


class Traffic:
    """Shared by all figures, so that no phone is used twice."""

    def __init__(self, folder: Path) -> None:
        self.phones = Phones()
        self.signer = WebhookSigner()
        self.files = RequestFiles(folder)

    def logins(self, many: int) -> Iterable[Text]:
        """A LOGIN from each of so many new phones."""
        return (Text(phone, "LOGIN") for phone in self.phones.take(many))

    def webhooks(self, texts: Iterable[Text]) -> RequestFile:
        """The signed webhooks of these texts, as a file."""
        return self.files.write(self.signer.requests(texts))

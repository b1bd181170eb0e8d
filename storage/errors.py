"""The errors that callers of the writer and the reader handle."""


class Unavailable(Exception):
    """The command was not carried out, or nobody knows whether it was. It is safe to send again.

    Unavailable      the database does not answer, or the outcome of COMMIT is unknown
    ├── QueueFull    too many commands are waiting
    ├── Poisoned     this command fails, and would fail again
    └── Stopped      the writer has not started or is stopping
    """


class QueueFull(Unavailable):
    """Too many commands are waiting."""


class Poisoned(Unavailable):
    """This command fails, and would fail again."""


class Stopped(Unavailable):
    """The writer has not started or is stopping."""

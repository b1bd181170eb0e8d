"""The migrations, one file per revision, in order."""

"""`python -m webhooks` is `textlogin`."""

from webhooks.cli.packages import check_packages


def main() -> None:
    """The entry point. The command line is imported once its packages are known to be ours."""
    check_packages()
    from webhooks.cli.main import main as run

    run()


if __name__ == "__main__":
    main()

"""`python -m hercules` and the `hercules` command."""

from __future__ import annotations

import sys

from hercules.model import HerculesError


def main() -> None:
    """Run the command line; an error of ours is one sentence and exit code 1."""
    from hercules.cli.main import app

    try:
        app()
    except HerculesError as error:
        print(f"hercules: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()

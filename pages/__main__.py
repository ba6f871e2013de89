"""`python -m pages`: the command line, after an installation where one is needed."""

import os
import sys

from pages import install

if __name__ == "__main__":
    wants_window = "--native" in sys.argv or os.environ.get("CARTWATCH_NATIVE", "").lower() in {
        "1",
        "true",
        "yes",
        "on",
    }
    install.provide("pages", ["native"] if wants_window else [])

    from pages import cli  # only now can its packages be imported

    cli.main()

"""`python -m blackbox`: the same as the installed command."""

import sys

from blackbox.cli import main

if __name__ == "__main__":
    sys.exit(main())

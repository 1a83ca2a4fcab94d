"""``python -m egcore`` is the command ``egcore``."""

import sys

from egcore.cli import main

if __name__ == "__main__":
    sys.exit(main())

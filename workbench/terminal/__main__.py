"""`python -m workbench.terminal`: the command `workbench`, of this Python and no other."""

import sys

from workbench.terminal.command import main

if __name__ == "__main__":
    sys.exit(main())

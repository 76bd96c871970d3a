"""`python -m glomtf.cli`."""

import sys

from glomtf.cli import main

sys.exit(main())

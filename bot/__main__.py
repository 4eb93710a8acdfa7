"""``python -m bot``."""

import sys

try:
    from bot.cli import main
except ModuleNotFoundError as missing:
    if (missing.name or "bot").partition(".")[0] == "bot":
        raise
    sys.stderr.write(f"error: {missing.name} is not installed here; `make demo` sets up .venv for it\n")
    sys.exit(2)

sys.exit(main())

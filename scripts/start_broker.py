"""Start the broker: `python3 scripts/start_broker.py [--port 9090 …]`; `--help` shows its flags.

Only the broker's own packages are needed and installed. Its log is `all.log` beside this file.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.setup.environment import enter

if __name__ == "__main__":
    enter()
    from broker.__main__ import main

    sys.exit(main(sys.argv[1:], default_log=Path(__file__).with_name("all.log")))

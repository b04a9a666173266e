"""Start the window, or with `--text` the text client: `python3 scripts/launch_client.py [--server HOST:PORT …]`.

All flags are the client's; `--help` shows them.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.setup.environment import enter
from scripts.setup.window import see_to_tk

if __name__ == "__main__":
    enter("client", "window", "keyring", "voice")
    if not {"--text", "--json", "--help"} & set(sys.argv):
        see_to_tk()
    from client.__main__ import main

    sys.exit(main(sys.argv[1:]))

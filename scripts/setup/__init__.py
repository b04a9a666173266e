"""The stage before everything else: an environment with the locked packages. Standard library only.

What stands in this file must be readable by any Python 3, so that an old one can say what is wrong.
"""

import shutil
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the scripts are started by whatever `python3` is
    _newer = [name for name in ("python3.14", "python3.13", "python3.12", "python3.11") if shutil.which(name)]
    _hint = "run this with " + _newer[0] if _newer else "install one (python.org, or your system's packages)"
    sys.exit("Secure Chat needs Python 3.11 or newer, this is %s: %s." % (sys.version.split()[0], _hint))  # noqa: UP031

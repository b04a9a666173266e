from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts.setup.requirements import direct_names, normal, parse_lock, requirements, subset

ROOT = Path(__file__).resolve().parents[2]
SETUP_CFG = """
[options]
install_requires =
    msgspec>=0.19
[options.extras_require]
client =
    Sound_File>=0.13
window =
    secure-chat[client]
    tkinter-tooltip>=3.1
"""
LOCK = """# made by a program
#    with a comment
cffi==2.1.1 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via
    #   sound-file
msgspec==0.22.0 \\
    --hash=sha256:cc
    # via secure-chat (setup.cfg)
numpy==2.4 ; python_full_version < '3.12' \\
    --hash=sha256:dd
    # via sound-file
numpy==2.5 ; python_full_version >= '3.12' \\
    --hash=sha256:ee
    # via sound-file
pycparser==3 \\
    --hash=sha256:ff
    # via cffi
sound-file==0.14 \\
    --hash=sha256:11
    # via secure-chat (setup.cfg)
tkinter-tooltip==3.1 \\
    --hash=sha256:22
    # via secure-chat (setup.cfg)
"""


def test_the_broker_needs_only_what_is_always_required() -> None:
    # mistake: the extras are installed with the broker, and a server needs PyAudio
    assert direct_names(SETUP_CFG, []) == {"msgspec"}


def test_an_extra_that_builds_on_another_brings_it_along() -> None:
    # mistake: the project's own name is looked for in the lock
    assert direct_names(SETUP_CFG, ["window"]) == {"msgspec", "sound-file", "tkinter-tooltip"}


def test_an_unknown_extra_is_an_error() -> None:
    with pytest.raises(KeyError):
        direct_names(SETUP_CFG, ["windows"])


def test_what_a_package_needs_comes_with_it_through_several_steps() -> None:
    # mistake: only the first step of `# via` is followed, and pip --no-deps leaves out pycparser
    names = [package.name for package in subset(parse_lock(LOCK), ["Sound_File"])]
    assert names == ["cffi", "numpy", "numpy", "pycparser", "sound-file"]


def test_requirements_keep_markers_and_hashes_and_end_without_a_backslash() -> None:
    # mistake: the backslash in front of the comment stays and swallows the next package
    assert requirements(subset(parse_lock(LOCK), ["cffi"])) == (
        "cffi==2.1.1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\npycparser==3 \\\n    --hash=sha256:ff\n"
    )
    assert "numpy==2.4 ; python_full_version < '3.12' \\\n" in requirements(parse_lock(LOCK))


def test_a_name_that_is_not_locked_is_an_error() -> None:
    # mistake: setup.cfg gets a package, the lock does not, and the program breaks only when it is imported
    with pytest.raises(KeyError, match="nowhere"):
        subset(parse_lock(LOCK), ["nowhere"])


def test_the_real_lock_satisfies_setup_cfg_and_names_no_place() -> None:
    # mistake: setup.cfg was changed without scripts/refresh_lock.py; or a machine's index got into the lock
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert "find-links" not in text
    locked = parse_lock(text)
    config = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    extras = ["client", "window", "keyring", "voice", "demo", "dev", "fuzz"]
    assert {package.name for package in subset(locked, direct_names(config, extras))} == {p.name for p in locked}
    for package in locked:
        assert package.text.count("--hash=sha256:") >= 1
    versions = {package.name: package.text.split()[0].split("==")[1] for package in locked}
    for line in config.split("[options.extras_require]")[1].split("[options.entry_points]")[0].splitlines():
        if ">=" in line:
            requirement = Requirement(line.strip())
            assert requirement.specifier.contains(versions[normal(requirement.name)]), line


def test_the_real_broker_needs_neither_sound_nor_window_nor_cryptography() -> None:
    # mistake: an import in the broker's packages pulls the client's in
    locked = parse_lock((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    config = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    names = {package.name for package in subset(locked, direct_names(config, []))}
    assert {"msgspec", "platformdirs", "pyzmq"} <= names
    assert not names & {"pyaudio", "numpy", "cryptography", "tkinter-tooltip"}

"""The tree of exceptions.

::

    SecureChatError
     ├── LocalError          our own user or code asked for something illegal: say what, change nothing
     │    ├── BadAddress          the server field is no address
     │    ├── BadInvite           the invite link has a wrong part
     │    ├── BadPhrase           the key is empty or too long
     │    ├── BadSetting          a flag, variable or file holds a wrong value
     │    ├── TooLong             a text or name over its limit
     │    ├── NothingToSay        a text without anything to show
     │    ├── KeySpent            a voice key has sealed all the frames that it may
     │    ├── StateLocked         another process uses the state folder
     │    ├── BadBackup           a backup cannot be made or restored
     │    └── NotRunning          no broker runs on a data folder, or it does not answer
     ├── PeerError           bytes from outside broke a rule: drop them, count them, live on
     │    ├── Malformed           not what the protocol says
     │    ├── SealBroken          wrong key, wrong context or tampering: deliberately not told apart
     │    └── Replayed            authentic, but accepted once before
     └── DeviceError         a sound device or sound file cannot be used; text goes on

The message of each exception is the sentence that a user or a log reader sees: what happened and what to do.
"""


class SecureChatError(Exception):
    """Anything this program raises on purpose."""


class LocalError(SecureChatError):
    """Our own code or user asked for something illegal."""


class BadAddress(LocalError):
    """The server field holds neither an address nor an invite."""


class BadInvite(LocalError):
    """An invite link has a part that is missing or wrong."""


class BadPhrase(LocalError):
    """The encryption key that was typed cannot be used."""


class BadSetting(LocalError):
    """A flag, an environment variable or a settings file holds a value that cannot be used."""


class TooLong(LocalError):
    """A text or a name is longer than the protocol carries."""


class KeySpent(LocalError):
    """A voice key has sealed as many frames as it may: a new session has a new one."""


class NothingToSay(LocalError):
    """A text is empty, or holds nothing that could be shown."""


class StateLocked(LocalError):
    """Another process of this program uses the same state folder."""


class BadBackup(LocalError):
    """A backup cannot be made, or is not one that can be restored."""


class NotRunning(LocalError):
    """There is no running broker that could be asked."""


class PeerError(SecureChatError):
    """Bytes from outside broke a rule."""


class Malformed(PeerError):
    """Bytes from outside do not have the shape that the protocol gives them."""


class SealBroken(PeerError):
    """A seal did not open: wrong key, wrong context or tampering, deliberately not told apart."""


class Replayed(PeerError):
    """A frame or signal is authentic but was accepted once before, or is too old to tell."""


class DeviceError(SecureChatError):
    """A sound device or a sound file cannot be used."""

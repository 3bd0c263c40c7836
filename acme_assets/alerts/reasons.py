"""Whether two messages are of the same trouble: names of files, numbers, hashes and quoted values do not count."""

import re

from acme_assets.audit.canonical import digest

_FILE = re.compile(r"^\S+\.\w+(?: and \d+ more of this delivery)?: ")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_HASH = re.compile(r"\b(?=[0-9a-f-]*\d)[0-9a-f][0-9a-f-]{6,}\b")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def normalised(reason: str) -> str:
    """A message without what differs between two cases of the same trouble."""
    bare = _QUOTED.sub("'…'", _FILE.sub("", reason.strip().lower()))
    return " ".join(_NUMBER.sub("#", _HASH.sub("#", bare)).split())


def sort_of(reason: str) -> str:
    """A short name for the trouble of a message: equal for equal trouble, and nothing of the message is in it."""
    return digest(normalised(reason))[:8]

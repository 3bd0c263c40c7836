"""Names of files as their senders gave them: which are of files still being written, and which nobody should trust.

A name with trouble is never matched against a pattern, followed or fetched; it is shown escaped and shortened.
"""

import hashlib
import unicodedata

UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".swp", "~")
"""Endings, in either case, of files that a sender is still writing: not looked at until renamed."""

LONGEST = 512
"""Characters of a path, from the zone's root."""

_SHOWN = 200
_CLIMBING = frozenset(("", ".", ".."))


def is_hidden(path: str) -> bool:
    """Whether a file or a folder of it is hidden: its sender's own affair, or a pull that is under way."""
    if path[0:1] != "." and "/." not in path:
        return False
    return any(part.startswith(".") and part not in _CLIMBING for part in path.split("/"))


def is_unfinished(path: str) -> bool:
    """Whether a file has the name of one that is still being written."""
    name = path.rpartition("/")[2]
    return name.lower().endswith(UNFINISHED) or name.startswith("~$")


def trouble(path: str) -> str | None:
    """What is wrong with a path as such, and what to do; None for one that may be looked at."""
    if not path.isascii():
        try:
            path.encode()
        except UnicodeEncodeError:
            return "its name is not UTF-8; have the sender rename it, in plain letters"
    if not path.isprintable():
        return "its name has line breaks, control or invisible characters; have the sender rename it, in plain letters"
    if not _CLIMBING.isdisjoint(path.split("/")):
        return "its path is absolute, climbs by .. or has empty parts; have the sender put it right below its folder"
    if len(path) > LONGEST:
        return f"its path has {len(path)} characters, more than {LONGEST}; have the sender shorten it"
    return None


def readable(path: str) -> str:
    """A path that can be stored and shown, whatever bytes are in it: the same path always gives the same text."""
    if trouble(path) is None:
        return path
    escaped = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in path
    )
    if len(escaped) <= _SHOWN:
        return escaped
    whole = hashlib.sha256(path.encode(errors="surrogatepass")).hexdigest()[:16]
    return f"{escaped[:_SHOWN]}… ({whole})"


def alike(path: str) -> str:
    """What two paths have in common that a person, or a file system that ignores case, takes for one."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFKC", path).casefold()

"""The landing zone that a URL names."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from acme_assets.feeds.zones import LandingZone, LocalZone


def open_zone(url: str) -> LandingZone:
    """The zone at a URL: `s3://bucket/prefix` or `file:///folder`.

    Raises:
        ValueError: no zone of that kind; the text names those there are.
    """
    parts = urlsplit(url)
    if parts.scheme == "s3":
        if not parts.netloc or parts.query or parts.fragment:
            raise ValueError(f"ACME_LANDING_URL: {url} names no bucket; use s3://bucket or s3://bucket/prefix")
        from acme_assets.landing.s3 import S3Zone  # boto3 takes a while to import: only where there is a bucket

        return S3Zone.connect(parts.netloc, unquote(parts.path).strip("/"))
    if parts.scheme != "file":
        raise ValueError(
            f"ACME_LANDING_URL: {parts.scheme or 'no'}:// zones are not known; use s3://bucket/prefix or file:///folder"
        )
    if parts.netloc or not parts.path.startswith("/"):
        raise ValueError(f"ACME_LANDING_URL: {url} names no folder of this machine; use file:///folder, three slashes")
    return LocalZone(Path(unquote(parts.path)))

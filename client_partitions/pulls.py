"""How files are fetched from a client that does not send them: by SFTP from its server, or from its API.

Secrets stand here by name alone: NAME is the environment variable that holds one, or NAME_FILE that of a file with it.
"""

import re
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{2,80}$")]
"""The name of an environment variable: never the secret itself."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Timed(_Strict):
    every_minutes: int = Field(15, ge=1, le=24 * 60)
    lead_minutes: int = Field(60, ge=0, le=24 * 60)
    """How long before the earliest `due` of its feeds the first pull is."""
    limit_minutes: int = Field(60, ge=1, le=12 * 60)
    """How long one pull may take; the next goes on where it was."""


class SftpPull(_Timed):
    """Files below a folder of the client's own server, to the same paths below its landing folder."""

    kind: Literal["sftp"]
    host: str = Field(min_length=1)
    port: int = Field(22, ge=1, le=65535)
    user: str = Field(min_length=1)
    folder: str = "."
    key: SecretName
    """Our private key for this server, in OpenSSH's form."""
    passphrase: SecretName | None = None
    host_keys: tuple[str, ...] = Field(min_length=1)
    """The server's public keys, as its administrator says and as known_hosts writes them: `ssh-ed25519 AAAA…`. A
    server that shows another is not spoken to."""
    settle_seconds: float = Field(20, ge=0, le=600)
    """A file is fetched once two listings so far apart show the same size and time."""
    max_file_gb: float = Field(50, gt=0, le=5000)

    @field_validator("host_keys")
    @classmethod
    def _are_public_keys(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        for key in keys:
            if not re.fullmatch(r"(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.\-]+ [A-Za-z0-9+/]+=*( .*)?", key):
                raise ValueError(f"{key[:30]!r} is no public key; write one as known_hosts does: ssh-ed25519 AAAA…")
        return keys

    @field_validator("folder")
    @classmethod
    def _stays_below(cls, folder: str) -> str:
        if ".." in folder.split("/"):
            raise ValueError(f"{folder!r} must be a folder of the server, without ..")
        return folder


class BearerAuth(_Strict):
    """`Authorization: Bearer …` with a token that does not change."""

    kind: Literal["bearer"]
    token: SecretName


class ApiKeyAuth(_Strict):
    """A key in a header of its own."""

    kind: Literal["api_key"]
    header: str = Field("X-API-Key", pattern=r"^[A-Za-z0-9-]{1,60}$")
    key: SecretName


class OAuth2Auth(_Strict):
    """OAuth 2 client credentials (RFC 6749, 4.4): a token that is asked for and renewed."""

    kind: Literal["oauth2"]
    token_url: str
    client_id: SecretName
    client_secret: SecretName
    scope: str | None = None

    @field_validator("token_url")
    @classmethod
    def _is_secure(cls, url: str) -> str:
        return secure_url(url)


class NextLink(_Strict):
    """Each page names the next one's URL: in its body, or in the header `Link` (RFC 8288)."""

    kind: Literal["next_link"]
    path: str | None = None
    """JMESPath to the URL; null on the last page. Default: the header."""


class Cursor(_Strict):
    """Each page gives a text that the next request repeats."""

    kind: Literal["cursor"]
    path: str
    """JMESPath to the text; null or empty on the last page."""
    param: str


class PageNumbers(_Strict):
    """Pages are counted; the first one without a record ends them."""

    kind: Literal["numbers"]
    param: str = "page"
    first: int = 1


class ApiPull(_Timed):
    """Pages of JSON, whose records become the lines of one NDJSON file in the client's landing folder."""

    kind: Literal["api"]
    url: str
    params: dict[str, str] = {}
    """Of the first request; `{date}` stands for the business date."""
    headers: dict[str, str] = {}
    auth: Annotated[BearerAuth | ApiKeyAuth | OAuth2Auth, Field(discriminator="kind")]
    pages: Annotated[NextLink | Cursor | PageNumbers, Field(discriminator="kind")]
    records: tuple[str, ...] = ()
    """Keys that lead from a page to its list of records (`[entry]`); none where the page is the list. A page without
    the last of them has no records."""
    record: tuple[str, ...] = ()
    """Keys that lead from an item of the list to the record (`[resource]`)."""
    total: str | None = None
    """JMESPath to how many records there are in all: a pull with another count lands nothing."""
    file: str
    """Path below the client's landing folder, `{date}` in it; gzip where it ends in .gz."""
    max_pages: int = Field(2_000, ge=1)
    max_page_mb: float = Field(64, gt=0, le=512)
    max_gb: float = Field(20, gt=0)
    """Of all pages."""
    attempts: int = Field(6, ge=1, le=20)
    """Of one request, where the server is busy or the line is cut."""

    @field_validator("url")
    @classmethod
    def _is_secure(cls, url: str) -> str:
        return secure_url(url)

    @field_validator("headers")
    @classmethod
    def _hold_no_secret(cls, headers: dict[str, str]) -> dict[str, str]:
        for name in headers:
            if name.lower() in ("authorization", "cookie", "proxy-authorization") or "key" in name.lower():
                raise ValueError(f"{name} would be a secret in this file; give it by name under auth")
        return headers

    @field_validator("file")
    @classmethod
    def _has_a_date(cls, file: str) -> str:
        parts = file.split("/")
        if file.count("{date}") != 1 or any(part in ("", ".", "..") or part.startswith(".") for part in parts):
            raise ValueError(f"{file!r} must be a path below the landing folder that holds {{date}} once")
        return file

    @model_validator(mode="after")
    def _paths_can_be_read(self) -> Self:
        for path in (getattr(self.pages, "path", None), self.total):
            try:
                if path is not None:
                    jmespath.compile(path)
            except JMESPathError as error:
                raise ValueError(f"{path!r} is no JMESPath; see https://jmespath.org") from error
        return self


Pull = Annotated[SftpPull | ApiPull, Field(discriminator="kind")]


def secure_url(url: str) -> str:
    """An https URL without credentials in it; http is taken on this machine alone, for rehearsals.

    Raises:
        ValueError: it is none.
    """
    parts: Any = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("is no https:// URL without user and password; secrets go under auth, by name")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("must be https: over http members' data could be read on its way")
    return url

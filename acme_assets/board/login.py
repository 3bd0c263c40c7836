"""Signing in with the company's identity provider: OpenID Connect, code flow with PKCE; the session is a signed cookie.

The flow is Authlib's, which checks state, nonce, PKCE and the ID token; here is where its answers are kept and what
they must say. Nothing of the session is kept on the server: whoever leaves people.yaml is out with the next request.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from acme_assets.board.access import Access, OidcSettings, Refused
from acme_assets.board.tokens import sealed, unsealed

SESSION_LIFE = timedelta(hours=12)
"""A night."""

LOGIN_LIFE = timedelta(minutes=10)

SESSION, PENDING = "__Host-acme_board", "__Host-acme_login"
"""Names with which browsers take a cookie from this host alone, and only over https."""


def session_email(cookies: Mapping[str, str], secret: bytes, now: datetime) -> str | None:
    """Whose session the cookie is; None without a valid one."""
    found = unsealed(cookies.get(SESSION, ""), "session", secret, now)
    return None if found is None else str(found["email"])


def login_routes(access: Access, clock: Callable[[], datetime]) -> list[Route]:
    """The addresses of signing in and out; none where the mode has no sign-in of ours."""
    if access.oidc is None:
        return []
    login = Login(access.oidc, access.secret, clock)
    return [
        Route("/login", login.begin, name="login"),
        Route("/login/callback", login.finish),
    ]


class Login:
    """The two halves of signing in."""

    def __init__(self, settings: OidcSettings, secret: bytes, clock: Callable[[], datetime]) -> None:
        self._settings, self._secret, self._clock = settings, secret, clock
        self._provider = OAuth().register(
            "company",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            server_metadata_url=f"{settings.issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "timeout": 10},
        )

    async def begin(self, request: Request) -> Response:
        """Send the browser to the provider, and remember in a cookie what its answer must match."""
        pending: dict[str, Any] = {}
        request.scope["session"] = pending
        try:
            response: Response = await self._provider.authorize_redirect(request, self._settings.redirect_uri)
        except Exception as error:  # whatever httpx and the provider's answer can raise: all of it is an outage
            raise _unreachable(error) from error
        kept = {"flow": pending, "to": own_path(request.query_params.get("to", "/"))}
        _set(response, PENDING, sealed(_plain(kept), "login", self._secret, self._clock() + LOGIN_LIFE), LOGIN_LIFE)
        return response

    async def finish(self, request: Request) -> Response:
        """Take the provider's answer; start a session for the address that it vouches for."""
        kept = unsealed(request.cookies.get(PENDING, ""), "login", self._secret, self._clock())
        if kept is None:
            raise Refused(400, "The sign-in took too long, or began in another browser. Open the board again.")
        request.scope["session"] = kept["flow"]
        claims_options = {
            "iss": {"essential": True, "value": self._settings.issuer},
            "aud": {"essential": True, "value": self._settings.client_id},
        }
        try:
            token = await self._provider.authorize_access_token(request, claims_options=claims_options)
        except AuthlibBaseError as error:
            raise Refused(
                403, "The identity provider's answer is not valid for this sign-in. Open the board again."
            ) from error
        except Exception as error:
            if _is_invalid(error):
                raise Refused(403, "The identity provider's answer is not valid for this sign-in.") from error
            raise _unreachable(error) from error
        email = _email(token.get("userinfo") or {})
        response = RedirectResponse(own_path(str(kept["to"])), 303)
        session = sealed({"email": email}, "session", self._secret, self._clock() + SESSION_LIFE)
        _set(response, SESSION, session, SESSION_LIFE)
        response.delete_cookie(PENDING, secure=True, httponly=True, samesite="lax")
        return response


def _email(claims: Mapping[str, Any]) -> str:
    email = claims.get("email")
    if not isinstance(email, str) or "@" not in email:
        raise Refused(403, "The identity provider did not give your e-mail address. Ask whoever set it up for `email`.")
    if claims.get("email_verified") is False:
        raise Refused(403, f"The identity provider says that {email} is not verified. Verify it there, then come back.")
    return email


def _is_invalid(error: Exception) -> bool:
    """Whether it is about the answer itself, such as a signature: joserfc's errors share no public base."""
    return type(error).__module__.startswith("joserfc")


def _unreachable(error: Exception) -> Refused:
    return Refused(503, f"The identity provider cannot be used ({type(error).__name__}). Try again in a minute.")


def own_path(path: str) -> str:
    """Where to go after signing in: a path of ours, whatever was asked."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_own and not path.startswith("/login") else "/"


def _plain(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Without fractions, which the canonical form refuses: moments are kept as whole seconds."""
    return {
        name: _plain(value) if isinstance(value, Mapping) else int(value) if isinstance(value, float) else value
        for name, value in kept.items()
    }


def _set(response: Response, name: str, value: str, life: timedelta) -> None:
    # Lax and not Strict: a link in a chat, and the provider's way back, must arrive with it.
    response.set_cookie(
        name, value, max_age=int(life.total_seconds()), path="/", secure=True, httponly=True, samesite="lax"
    )

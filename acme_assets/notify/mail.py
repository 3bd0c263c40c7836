"""Mail to a message's recipient by SMTP.

apprise sends mail too, and was tried: it writes a new `Message-ID` at each try, and says of a mailbox that does not
exist and of a server that is down the same: no. `Message-ID` is derived from the message's id, so a mailbox that knows
it shows it once. SES (smtp://…@email-smtp.…amazonaws.com:587) replaces it, and may show a message twice after a kill.
"""

import re
import smtplib
import ssl
from base64 import b64decode
from email.message import EmailMessage
from email.utils import formataddr, formatdate
from urllib.parse import parse_qs, unquote, urlsplit

from acme_assets.alerts.incident import Message
from acme_assets.notify.channel import Channel, Outcome, is_loopback

_EMBEDDED = re.compile(r'src="data:image/png;base64,([A-Za-z0-9+/=\s]+)"')


def send_mail(channel: Channel, message: Message, html: str | None, timeout: float) -> Outcome:
    """Send it, and classify what came of it."""
    parts = urlsplit(channel.url)
    sender = parse_qs(parts.query)["from"][0]
    mail = compose(message, sender, html)
    handed_over = False
    try:
        with _connect(channel.url, timeout) as server:
            handed_over = True
            server.send_message(mail, sender, [message.recipient.email])
        return Outcome("delivered", "accepted by the mail server")
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        return _of_code(code, "for this recipient")
    except smtplib.SMTPResponseException as error:
        return _of_code(error.smtp_code, "from the mail server", is_down=True)
    except smtplib.SMTPNotSupportedError:
        return Outcome("refused", "the mail server offers no STARTTLS, or no log-in")
    except (OSError, smtplib.SMTPException) as error:
        name = type(error).__name__
        if handed_over:
            return Outcome("unknown", f"no answer from the mail server ({name})", is_down=True)
        return Outcome("again", f"no connection to the mail server ({name})", is_down=True)


def _connect(url: str, timeout: float) -> smtplib.SMTP:
    """A session that is encrypted, unless it does not leave this machine, and logged in."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, parts.port or 465, timeout=timeout, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=timeout)
    try:
        if parts.scheme == "smtp" and not is_loopback(host):
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _of_code(code: int, where: str, *, is_down: bool = False) -> Outcome:
    if 400 <= code < 500:
        return Outcome("again", f"SMTP {code} {where}", is_down=is_down)
    return Outcome("refused", f"SMTP {code} {where}")


def compose(message: Message, sender: str, html: str | None = None) -> EmailMessage:
    """The mail, with pictures that the HTML holds as data URIs attached: mailboxes do not show these."""
    mail = EmailMessage()
    mail["Subject"] = _one_line(message.subject)
    mail["From"] = formataddr(("AcmeHealth nights", sender))
    mail["To"] = formataddr((_one_line(message.recipient.name), message.recipient.email))
    mail["Date"] = formatdate(message.due_at.timestamp())
    mail["Message-ID"] = f"<{message.message_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body)
    if html is not None:
        pictures = [b64decode(found) for found in _EMBEDDED.findall(html)]
        names = iter(f"picture-{number}" for number in range(len(pictures)))
        mail.add_alternative(_EMBEDDED.sub(lambda _: f'src="cid:{next(names)}"', html), subtype="html")
        for number, picture in enumerate(pictures):
            _html_part(mail).add_related(picture, "image", "png", cid=f"<picture-{number}>")
    return mail


def _html_part(mail: EmailMessage) -> EmailMessage:
    found = mail.get_payload(1)
    assert isinstance(found, EmailMessage)
    return found


def _one_line(text: str) -> str:
    return " ".join(text.split())

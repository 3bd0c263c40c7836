"""A JSON webhook of anybody's, with the header `Idempotency-Key`: the message's id.

apprise's json:// takes headers from its URL alone, none that differs from message to message.
"""

from acme_assets.alerts.incident import Message
from acme_assets.notify.channel import Channel, Outcome
from acme_assets.notify.http import post_json


def post_message(channel: Channel, message: Message, timeout: float) -> Outcome:
    """Post it."""
    body = {
        "message_id": message.message_id,
        "incident_id": message.incident_id,
        "to": message.recipient.email,
        "urgency": message.urgency,
        "subject": message.subject,
        "text": message.body,
    }
    url = channel.url.removeprefix("webhook+")
    return post_json(url, body, {"Idempotency-Key": message.message_id}, timeout)

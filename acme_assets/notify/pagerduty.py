"""PagerDuty's Events API v2.

apprise knows PagerDuty too, and was tried: it sends no `dedup_key`, so a message that is tried again wakes somebody
twice, and tells a refusal from an outage only in its log.
"""

from urllib.parse import unquote, urlsplit

from acme_assets.alerts.incident import Message
from acme_assets.notify.channel import Channel, Outcome
from acme_assets.notify.http import post_json

_HOST = "events.pagerduty.com"
_LONGEST_SUMMARY = 1024


def send_event(channel: Channel, message: Message, timeout: float) -> Outcome:
    """Trigger an alert, or none where there is one with this message's id."""
    parts = urlsplit(channel.url)
    key, has_host, host = parts.netloc.partition("@")
    scheme = "http" if parts.scheme.endswith("+http") else "https"
    event = {
        "routing_key": unquote(key),
        "event_action": "trigger",
        "dedup_key": message.message_id,
        "client": "acme nights",
        "payload": {
            "summary": message.subject[:_LONGEST_SUMMARY],
            "source": message.incident_id or "digest",
            "severity": "critical" if message.urgency == "page" else "warning",
            "custom_details": {"for": message.recipient.name, "text": message.body},
        },
    }
    return post_json(f"{scheme}://{host if has_host else _HOST}/v2/enqueue", event, {}, timeout)

"""The policy's channels as the environment has them: one that is wrong costs no other."""

from collections.abc import Mapping

from acme_assets.notify.channel import Channel, ChannelProblem, channels_from
from client_partitions.escalation import Policy


def usable_channels(env: Mapping[str, str], policy: Policy) -> tuple[dict[str, Channel], list[str]]:
    """The channels that can be used, by name, and what is wrong with the others."""
    found: dict[str, Channel] = {}
    problems = []
    for name, channel in policy.channels.items():
        try:
            found |= channels_from(env, {name: channel.variable})
        except ChannelProblem as problem:
            problems.append(str(problem))
    if not found:
        names = ", ".join(channel.variable for channel in policy.channels.values())
        problems.append(f"no channel is set up, so nobody is told of anything; set one of {names}")
    return found, problems

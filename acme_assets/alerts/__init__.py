"""Whom to wake, and when: causes in, incidents and messages out. Pure: facts, forecast, policy and clock passed in."""

"""The resident process that sends what is to be said: messages when they are due, digests in the morning."""

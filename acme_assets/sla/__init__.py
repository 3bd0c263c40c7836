"""When will it unblock, and will the deadline be missed? History, forecast, what would help, and whether it is right.

Pure: facts, history and the clock in, probabilities and times out. Nothing here knows a database or a terminal.
"""

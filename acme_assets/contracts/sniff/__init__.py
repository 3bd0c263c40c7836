"""What an unknown file seems to be: its format, and which of its columns could be which canonical ones.

A proposal for a person to review, never a decision: nothing here is used when a delivery is checked. Names of columns
come out; values never do.
"""

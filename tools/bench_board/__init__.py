"""How fast the board's pages are with 180 clients and 400 nights of history, for 1 and for 20 viewers, on 2 cores.

The embedded PostgreSQL holds the history of a fleet (`ledger.py`) and one night in the middle. The board serves it in
a process of its own (`serving.py`). Every five seconds something happens in the ledger. Each viewer keeps one stream of
events open, reloads tonight's list whenever it is told to, as the page's script does, and opens a client night or the
whole list every two seconds or so (`viewers.py`). Viewers, board and PostgreSQL share the two cores.

    make bench-board
    CLIENTS=20 NIGHTS=40 SECONDS=15 make bench-board     a quick look

The last line is JSON; its times are of the 20 viewers, from the first byte sent to the last byte received.
"""

"""What it costs to validate files in full: CPU beside a raw scan of the same file, and memory.

    make bench-ingest              3.0 M claims of 13 columns (390 MB), then 4 GB, then 1,200 small deliveries
    ROWS=300000 GB=0 SMALL=100 make bench-ingest     a quick look

Each method runs in a process of its own. CPU is user and system time of all its threads from the first byte read to
the last; imports are left out, of every method alike. Raw, validated and unique run five times, by turns, and the
least counts. Memory is the process's peak (VmHWM), imports and all. What the numbers are of:

- raw: Polars' streaming scan, every column read as text and its values counted. 1.0 by definition.
- validated: reading, mapping, typing and every rule, with row number, rule, column and reason of each row that fails.
- validated, unique: the same, and the key unique over the whole file.
- whole check: what a load runs: the same, and both spool files written (what is loaded; what is set aside, with its
  original). Of a file with repeated keys that is two readings.

Every method must have found the same bad rows, by number, before anything is printed. pandera on pandas and Great
Expectations read the file in pieces of 200,000 rows with the same rules written in their own way, in an environment of
their own (`requirements.txt`).
"""

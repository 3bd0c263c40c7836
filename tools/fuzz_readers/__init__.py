"""`make fuzz`: files mutated at random, read by the readers and judged beside an independent, slow, simple parser.

SEED and MINUTES for other runs; a file that is judged otherwise is kept, and how to repeat it is printed.
"""

"""What can go wrong when files are made up or delivered. Every text names the place and the remedy."""


class SimulationError(Exception):
    """Files cannot be simulated or delivered as asked."""


class LayoutNotInvertible(SimulationError):
    """A layout reads a file that nobody can write back from the canonical rows alone."""

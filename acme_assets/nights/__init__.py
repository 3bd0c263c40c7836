"""The client night: its dependency graph, readiness, what blocks it and whose that is. Pure."""

"""Tags of a run that decide where it goes, and that say where it went. Imports nothing: jobs use it too."""

SIZE_TAG = "acme/size"
LARGE = "large"
"""Value of SIZE_TAG: the run goes to ECS where that is set up."""

LAUNCHED_BY_TAG = "acme/launched_by"
WARM, ECS = "warm", "ecs"
"""Values of LAUNCHED_BY_TAG. A run that is asked for again inherits the tag; its own launch writes it anew."""

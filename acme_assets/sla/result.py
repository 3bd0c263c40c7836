"""What a forecast says of one client night."""

from dataclasses import dataclass
from datetime import date, datetime

from client_partitions.client import OwnerGroup


@dataclass(frozen=True)
class NodeForecast:
    """One dependency that is not done."""

    name: str
    """feeds/<feed>, marts, sign-off or release."""
    owner_group: OwnerGroup
    p50: datetime | None
    """When it will be done with a probability of a half; None: it is likelier that it will not be done tonight."""
    p90: datetime | None
    """The same with nine in ten."""
    p_never: float
    """Probability that it is not done by the end of the forecast (`forecast.HORIZON` past the deadline)."""
    criticality: float
    """Share of the night's risk that is its own: of all dependencies of a night, they add up to 1 (or all are 0)."""
    p_miss_if_done: float
    """Probability of a miss if it were done at this moment, and all else went on as it does."""
    drop_dead: datetime
    """Done by then, the deadline is kept with nine in ten; later, every minute costs. It may be past."""


@dataclass(frozen=True)
class NightForecast:
    """One client night that is not released."""

    client_id: str
    business_date: date
    deadline: datetime
    made_at: datetime
    p_miss: float
    """Probability that nothing is released by the deadline."""
    p50: datetime | None
    """When it will be released, as for a node."""
    p90: datetime | None
    nodes: tuple[NodeForecast, ...]
    """In the order of the chain."""
    p_raw: float | None = None
    """As the simulation has it: `p_miss` before what past forecasts were worth corrected it."""

    @property
    def driver(self) -> NodeForecast | None:
        """The dependency that most of the risk is due to; None where there is none."""
        return max(self.nodes, key=lambda node: node.criticality, default=None) if self.p_miss > 0 else None

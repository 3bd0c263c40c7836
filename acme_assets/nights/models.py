"""Which dbt models a client night is built from, in layers."""

from collections.abc import Collection, Iterable
from typing import Literal

from acme_assets.nights.marts import MARTS, marts_of
from client_partitions.feeds import Feed

Layer = Literal["staging", "intermediate", "marts"]
LAYERS: tuple[Layer, ...] = ("staging", "intermediate", "marts")

_INTERMEDIATE = {
    "int_member_months": ("member_months", "pmpm", "utilization"),
    "int_claim_spend": ("pmpm",),
}
"""Intermediate model to the marts that read it."""


def layer_of(model: str) -> Layer:
    """The layer of a model, by its name."""
    if model in MARTS:
        return "marts"
    return "staging" if model.startswith("stg_") else "intermediate"


def upstream_first(models: Iterable[str]) -> list[str]:
    """The models in an order in which none comes before one that it reads."""
    return sorted(models, key=lambda model: (LAYERS.index(layer_of(model)), model))


def models_of(owed: Collection[Feed]) -> tuple[str, ...]:
    """The models of a client that owes these feeds, upstream first."""
    marts = [mart.name for mart in marts_of(owed)]
    staging = sorted(f"stg_{feed}" for feed in owed)
    intermediate = [name for name, readers in _INTERMEDIATE.items() if any(mart in readers for mart in marts)]
    return (*staging, *intermediate, *marts)


def upstream_of(models: Collection[str], all_models: Collection[str]) -> tuple[str, ...]:
    """Models of lower layers than the highest of `models`, that are not among them."""
    highest = max((LAYERS.index(layer_of(model)) for model in models), default=0)
    return tuple(model for model in all_models if model not in models and LAYERS.index(layer_of(model)) < highest)

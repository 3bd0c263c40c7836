"""The kinds of feed a client can owe us: the names of the Tuva Project's input layer."""

from typing import Literal, get_args

Feed = Literal[
    "medical_claim",
    "pharmacy_claim",
    "eligibility",
    "lab_result",
    "practitioner",
    "provider_attribution",
    "patient",
]

FEEDS: tuple[Feed, ...] = get_args(Feed)

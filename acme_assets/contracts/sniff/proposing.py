"""Propose where each canonical column of a feed comes from, by names, shapes of values and FHIR paths."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import Any, get_args

import polars as pl

from acme_assets.contracts.json_paths import Path, as_texts
from acme_assets.contracts.schemas import MONEY, TIMESTAMP, key_columns, schema
from acme_assets.contracts.sniff.fhir_paths import FHIR, REFERENCE
from acme_assets.contracts.sniff.shapes import Shape, shape
from acme_assets.contracts.sniff.sniffing import Sniffed
from acme_assets.contracts.sniff.vocabulary import FILE_WORDS, long_names_for, names_for, squeezed, written_out
from client_partitions.feeds import Feed

_ALIKE = 0.86
_FHIR_SAMPLE = 60
_NUMBERS = frozenset({"number", "npi", "ndc", "sex", "empty"})
_DAY, _MOMENT = "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"
_SEX = {
    "letters": {"M": "male", "F": "female", "U": "unknown", "": "unknown"},
    "lower": {"male": "male", "female": "female", "unknown": "unknown", "other": "unknown", "": "unknown"},
    "title": {"Male": "male", "Female": "female", "Unknown": "unknown", "Other": "unknown", "": "unknown"},
    "digits": {"1": "male", "2": "female", "0": "unknown", "": "unknown"},
}
_VERSIONS = {"0": "icd-10-cm", "9": "icd-9-cm", "10": "icd-10-cm", "ICD10": "icd-10-cm", "ICD9": "icd-9-cm"}
_REFERENCED = ("person_id", "patient_id", "encounter_id", "ordering_practitioner_id")


@dataclass(frozen=True)
class Proposed:
    """One canonical column."""

    mapping: Mapping[str, Any]
    """As the layout's YAML has it."""
    unsure: str = ""
    score: float = 1.0


@dataclass(frozen=True)
class Proposal:
    """A layout's columns for one feed."""

    feed: Feed
    columns: Mapping[str, Proposed]
    missing: tuple[str, ...]
    """Canonical columns that the contract requires and nothing was found for."""
    unused: tuple[str, ...]
    """Source columns that nothing takes."""
    date_formats: tuple[str, ...]
    timestamp_formats: tuple[str, ...]
    unsure: tuple[str, ...]
    hinted: bool
    """Whether the file's name speaks of the feed."""

    @property
    def score(self) -> float:
        """How well the file fits the feed."""
        found = sum(item.score for item in self.columns.values() if "from" in item.mapping)
        keys = [name for name in key_columns(self.feed) if "from" in self.columns.get(name, Proposed({})).mapping]
        return found + len(keys) - 3 * len(self.missing) + 6 * self.hinted


def propose(sniffed: Sniffed, feed: Feed | None = None) -> Proposal:
    """The best proposal for this feed, or for the feed that the file fits best."""
    feeds = [feed] if feed is not None else list(get_args(Feed))
    shapes = {name: shape(values) for name, values in sniffed.columns.items()}
    return max((_Proposer(sniffed, item, shapes).proposal() for item in feeds), key=lambda item: item.score)


class _Proposer:
    def __init__(self, sniffed: Sniffed, feed: Feed, shapes: Mapping[str, Shape]) -> None:
        self._sniffed = sniffed
        self._feed = feed
        self._shapes = dict(shapes)
        self._values = dict(sniffed.columns)
        self._contract = schema(feed).columns
        self._columns: dict[str, Proposed] = {}
        self._unsure: list[str] = []

    def proposal(self) -> Proposal:
        by_fhir = FHIR.get(self._sniffed.resource_type or "", {}).get(self._feed, {})
        for name, column in self._contract.items():
            found = self._by_fhir(name, by_fhir[name]) if name in by_fhir else None
            if found is None and not by_fhir:
                found = self._by_name(name, column.dtype.type)
            if found is not None:
                self._columns[name] = found
        self._split_names()
        self._add_constants()
        days, moments = self._set_formats()
        missing = [n for n, column in self._contract.items() if not column.nullable and n not in self._columns]
        used = {source for item in self._columns.values() for source in _sources(item.mapping)}
        order = {name: at for at, name in enumerate(self._contract)}
        return Proposal(
            feed=self._feed,
            columns=dict(sorted(self._columns.items(), key=lambda item: order[item[0]])),
            missing=tuple(missing),
            unused=tuple(name for name in self._sniffed.columns if name not in used),
            date_formats=days,
            timestamp_formats=moments,
            unsure=tuple(self._unsure),
            hinted=any(word in self._sniffed.name.lower() for word in FILE_WORDS[self._feed]),
        )

    def _by_name(self, name: str, dtype: pl.DataType) -> Proposed | None:
        ranked = sorted(self._candidates(name, dtype), key=lambda item: -item[0])
        if not ranked:
            return None
        score, source, unsure = ranked[0]
        return self._mapped(name, source, score, unsure)

    def _candidates(self, name: str, dtype: pl.DataType) -> Iterator[tuple[float, str, str]]:
        known, written = names_for(self._feed, name), long_names_for(self._feed, name)
        for source, found in self._shapes.items():
            if not _fits(dtype, name, found):
                continue
            last = source.rsplit(".", 1)[-1].removesuffix("[0]")
            word = squeezed(last)
            if word in known:
                score, unsure = 1 - 0.01 * known.index(word), ""
            elif written_out(last) in written:
                score, unsure = 0.9 - 0.01 * written.index(written_out(last)), "by the abbreviations in its name"
            else:
                alike = max(_alike(word, other) for other in known[:4])
                if alike < _ALIKE:
                    continue
                score, unsure = 0.6 * alike, "the name is only alike"
            if found.kind == "empty":
                score, unsure = score * 0.8, unsure or "empty in the sample"
            elif name.endswith("npi") and found.kind != "npi":
                score, unsure = score * 0.9, unsure or "not all of it can be an NPI"
            yield score, source, unsure

    def _by_fhir(self, name: str, paths: Sequence[str]) -> Proposed | None:
        sample = self._sniffed.records[:_FHIR_SAMPLE]
        for path in paths:
            values = _search(path, sample, self._explode())
            if any(value is not None for value in values):
                self._values[path], self._shapes[path] = values, shape(values)
                found = self._mapped(name, path, 1.0, "")
                if name in _REFERENCED and path.endswith("reference"):
                    return Proposed({"from": path, "extract": REFERENCE}, found.unsure)
                return found
        return None

    def _explode(self) -> str | None:
        return getattr(self._sniffed.format, "explode", None)

    def _mapped(self, name: str, source: str, score: float, unsure: str) -> Proposed:
        """With the map that a column of few values needs, made of well-known codes alone."""
        allowed = next(
            (c.statistics["allowed_values"] for c in self._contract[name].checks if c.name and "one of" in str(c.name)),
            None,
        )
        if allowed is None:
            return Proposed({"from": source}, unsure, score)
        values = {text.strip() for text in self._values[source] if text and text.strip()}
        if values <= set(allowed):
            return Proposed({"from": source}, unsure, score)
        if name in ("sex", "gender"):
            families = [codes for codes in _SEX.values() if values & (codes.keys() - {""})]
            codes = {code: word for family in families for code, word in family.items()}
            others = len(values - codes.keys())
        else:
            codes = _VERSIONS if name == "diagnosis_code_type" else {}
            others = len(values - codes.keys())
        if others:
            unsure = f"{others} of its values are in no map here: map each to one of {', '.join(map(str, allowed))}"
        return Proposed({"from": source, "map": codes}, unsure, score * (0.5 if others else 1))

    def _split_names(self) -> None:
        first, last = self._columns.get("first_name"), self._columns.get("last_name")
        if first and last and first.mapping == last.mapping:
            source, unsure = first.mapping["from"], "one column holds the whole name: is the last word the family's?"
            self._columns["first_name"] = Proposed({"from": source, "extract": r"^(.*)\s\S+$"}, unsure, first.score)
            self._columns["last_name"] = Proposed({"from": source, "extract": r"(\S+)$"}, unsure, last.score)

    def _add_constants(self) -> None:
        def add(name: str, mapping: Mapping[str, Any], unsure: str) -> None:
            if name in self._contract and name not in self._columns:
                self._columns[name] = Proposed(mapping, unsure)

        add("data_source", {"value": "name-the-system"}, "name the client's system")
        if self._feed == "medical_claim":
            add("record_type", {"value": "line"}, "header, if each row is a whole claim")
        if self._feed == "practitioner":
            add("record_type", {"value": "practitioner"}, "practice, if each row is an organization")
        if self._feed == "provider_attribution":
            add("year_month", {"business_date": "%Y-%m"}, "no month found: that of the business date")
        if "claim_id" in self._columns or self._feed == "pharmacy_claim":
            add("claim_line_number", {"value": "1"}, "no line number found: is each row a whole claim?")
        if self._columns and self._feed in ("pharmacy_claim", "lab_result"):
            key = "claim_id" if self._feed == "pharmacy_claim" else "lab_result_id"
            add(
                key,
                {"hash": ["$file", "$row"]},
                "no id found: this one holds for one delivery; better hash what tells rows apart",
            )
        if (person := self._columns.get("person_id")) is not None and not self._contract.get(
            "member_id", _Nullable
        ).nullable:
            add("member_id", person.mapping, "no member id found: the person's is taken")
        code = self._columns.get("drug_code")
        if code is not None and self._kind(code) == "ndc":
            add("drug_code_type", {"value": "ndc"}, "by the shape of the codes")
        code = self._columns.get("source_component_code")
        if code is not None and self._kind(code) == "loinc":
            add("source_component_type", {"value": "loinc"}, "by the shape of the codes")

    def _kind(self, item: Proposed) -> str:
        source = item.mapping.get("from")
        return self._shapes[source].kind if source in self._shapes else ""

    def _set_formats(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Formats of the layout: the commonest of its dates and of its times; a column of another has its own."""
        days, moments = self._formats_of(pl.Date()), self._formats_of(TIMESTAMP)
        for name, form in (*days.items(), *moments.items()):
            usual = _commonest(days if name in days else moments)
            if form != usual:
                item = self._columns[name]
                self._columns[name] = Proposed({**item.mapping, "format": form}, item.unsure, item.score)
        if any("z" not in form.lower().replace("%z", "z") for form in moments.values()):
            self._unsure.append("time_zone: the times carry none, and UTC is meant unless the layout says another")
        return _told(days, _DAY), _told(moments, _MOMENT)

    def _formats_of(self, dtype: pl.DataType) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, item in self._columns.items():
            source = item.mapping.get("from")
            if source not in self._shapes or self._contract[name].dtype.type != dtype:
                continue
            formats = self._shapes[source].formats
            if not formats:
                continue
            found[name] = formats[0]
            if len({form.replace("%m", "%d").replace("%d", "%m") for form in formats}) < len(formats):
                self._unsure.append(f"{name}: day and month could be the other way round; look at more files")
        return found


@cache
def _alike(word: str, other: str) -> float:
    """How alike two names are; 0 where their lengths alone forbid it."""
    if min(len(word), len(other)) < _ALIKE * max(len(word), len(other)) * 0.85:
        return 0.0
    matcher = SequenceMatcher(None, word, other)
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE else 0.0


class _Nullable:
    nullable = True


def _commonest(formats: Mapping[str, str]) -> str:
    return Counter(formats.values()).most_common(1)[0][0]


def _told(formats: Mapping[str, str], default: str) -> tuple[str, ...]:
    """The layout's formats; none where the default is right."""
    if not formats or _commonest(formats) == default:
        return ()
    return (_commonest(formats),)


def _fits(dtype: pl.DataType, name: str, found: Shape) -> bool:
    if dtype in (pl.Date(), TIMESTAMP):
        return found.is_temporal or found.kind == "empty"
    if dtype in (pl.Int64(), MONEY):
        return found.kind in _NUMBERS
    return not found.is_temporal or name in ("result", "year_month") or found.formats[:1] == ("%Y%m%d",)


def _sources(mapping: Mapping[str, Any]) -> list[str]:
    return [mapping["from"]] if "from" in mapping else list(mapping.get("hash", ()))


def _search(path: str, records: Sequence[Any], explode: str | None) -> list[str | None]:
    roots = [
        {"record": record, "line": line}
        for record in records
        for line in ((record.get(explode) if isinstance(record, dict) and explode else None) or [None])
    ]
    texts, _ = as_texts(Path.read(path).follow(roots))
    return texts.to_list()

"""JMESPath backwards: what is put where a path leads is found there, or the path is refused."""

from typing import Any

import jmespath
import pytest

from acme_assets.simulation.errors import LayoutNotInvertible
from acme_assets.simulation.paths import put, steps_of


@pytest.mark.parametrize(
    "path",
    [
        "record.a",
        'record."a b".c',
        "record.a[0].b[1].c",
        "record.a[?system=='x'].value | [0]",
        "record.a[?system=='x' && use.kind=='y'].value | [0]",
        "record.a[?system=='x'] | [0].value",
        "record.a[].b[] | [0]",
        "record.a.b || record.c",
    ],
)
def test_what_is_put_is_found(path: str) -> None:
    document: dict[str, Any] = {"record": {"other": [1]}}
    put(document, path, "text")
    assert jmespath.search(path, document) == "text"  # type: ignore[no-untyped-call]
    assert document["record"]["other"] == [1]


def test_elements_of_one_list_stay_apart() -> None:
    document: dict[str, Any] = {}
    put(document, "record.ids[?type=='npi'].value | [0]", "1")
    put(document, "record.ids[?type=='tax'].value | [0]", "2")
    put(document, "record.ids[?type=='npi'].system | [0]", "s")
    assert document == {
        "record": {"ids": [{"type": "npi", "value": "1", "system": "s"}, {"type": "tax", "value": "2"}]}
    }


@pytest.mark.parametrize("path", ["length(record.a)", "record.*", "record.a[?b > `1`].c | [0]", "record.a[1:2]"])
def test_paths_that_name_no_one_place_are_refused(path: str) -> None:
    with pytest.raises(LayoutNotInvertible, match="cannot be written backwards"):
        steps_of(path)


def test_paths_that_end_in_each_other_are_refused() -> None:
    document: dict[str, Any] = {}
    put(document, "record.a", "text")
    with pytest.raises(LayoutNotInvertible, match="another column of the layout fills"):
        put(document, "record.a.b", "text")

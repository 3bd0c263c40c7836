"""Parts of pages that are the same for all are rendered once, however many ask at the same moment."""

import threading
import time
from typing import Any

from jinja2 import DictLoader

from acme_assets.board.rendering import STATIC, Rendering


def test_a_part_that_all_ask_for_at_once_is_rendered_once() -> None:
    rendering = Rendering(None, STATIC)  # type: ignore[arg-type]  # who may look is not asked here
    asked, found = [], []

    def values() -> dict[str, Any]:
        asked.append(1)
        time.sleep(0.2)  # long enough for the others to be there
        return {"text": "y"}

    rendering._environment.loader = DictLoader({"list.html": "{{ text }}"})
    threads = [
        threading.Thread(target=lambda: found.append(rendering.part(("list", 1), "list.html", values)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(asked), found) == (1, ["y"] * 8)
    assert rendering.part(("list", 2), "list.html", values) == "y"
    assert len(asked) == 2

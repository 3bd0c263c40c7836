"""The strip of a night's six stages as HTML. In Python: most nights have one of few strips, and 180 take a third of a
page's time in a template."""

from functools import lru_cache

from markupsafe import Markup

from acme_assets.board.model import StageMark

_ICON = Markup('<svg class="icon {}"><title>{}: {}</title><use href="#s-{}"/></svg>')
_STRIP = Markup('<span class="strip" role="img" aria-label="{}">{}</span>')


@lru_cache(maxsize=4096)
def strip(stages: tuple[StageMark, ...]) -> Markup:
    """An icon a stage, with its reason as a tip; what is held is read aloud with its reason."""
    icons = Markup().join(_ICON.format(it.state, it.name, it.text or it.state, it.state) for it in stages)
    said = (f"{it.name} {it.state}" + (f": {it.text}" if it.state == "held" else "") for it in stages)
    return _STRIP.format("; ".join(said), icons)

"""Make the README's pictures from a running demo (`acme demo --keep`): `make pictures`.

Needs Debian's chromium, and no display. The lineage is Dagster's own page; the status is the CLI's own output.
"""

import asyncio
import io
import os
import sys
from pathlib import Path

from rich.console import Console

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

PAGES = {
    "lineage": "/assets/dashboards/coastal_labs?view=lineage&lineageScope=upstream&lineageDepth=6",
    "groups": "/asset-groups",
    "gate": "/assets/marts/pmpm?view=checks&checkDetail=qa_signed_off",
}


async def pages(address: str) -> None:
    """Photograph Dagster's pages."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        page = await browser.new_page(viewport={"width": 1600, "height": 950})
        for name, path in PAGES.items():
            await page.goto(address + path, wait_until="networkidle")
            await page.wait_for_timeout(4000)
            await page.screenshot(path=FOLDER / f"{name}.png")
        await browser.close()


def status() -> None:
    """The status table as an SVG."""
    from acme_assets.cli import output
    from acme_assets.cli.nights import assess_all, print_nights
    from acme_assets.cli.platform import platform

    work = platform()
    now = work.clock()
    output.console.__dict__.update(Console(record=True, width=120, file=io.StringIO()).__dict__)
    print_nights(work, assess_all(work, None, now), {}, now)
    output.console.save_svg(str(FOLDER / "status.svg"), title="acme status")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    status()
    asyncio.run(pages(sys.argv[1]))

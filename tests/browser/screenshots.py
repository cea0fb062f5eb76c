"""`make screenshots`: the README's pictures, of fictitious data, light and dark, into `docs/images/`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import sync_playwright

from browser.conftest import FLAGS, Desk, chromium_path
from browser.ground import Ground, lay
from ledger import embedded
from support.databases import Cluster
from support.site import Site, running_site

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
WIDE: Final = {"width": 1280, "height": 860}
LOW: Final = {"width": 1280, "height": 700}
SMALL: Final = {"width": 1280, "height": 560}
PHONE: Final = {"width": 390, "height": 844}
PICTURES: Final[dict[str, tuple[str, str | None, dict[str, Any]]]] = {
    "sign-in": ("/connexion", None, {"viewport": WIDE}),
    "dossiers": ("/of/dossiers", "provider", {"viewport": WIDE}),
    "dossiers-dark": ("/of/dossiers", "provider", {"viewport": WIDE, "color_scheme": "dark"}),
    "pieces": ("/adherent/dossiers/{filed}/pieces#pieces-programme", "member", {"viewport": SMALL}),
    "transfer-phone": ("/of/reglements/{transfer}#contenu", "provider", {"viewport": PHONE}),
    "transfer": ("/of/reglements/{transfer}", "provider", {"viewport": LOW}),
}


@contextmanager
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o711)
        server = embedded.start(place, {"fsync": "off"})
        cluster = Cluster(server.url("postgres"))
        try:
            with running_site(cluster, place / "data", fund_name="Fonds Exemple") as running:
                yield running
        finally:
            cluster.close()
            embedded.stop(server)


def furnished(running: Site) -> Ground:
    """Enough dossiers for a list to look like one."""
    ground = lay(running)
    for month, scheme in enumerate(["ALTE", "PLAN", "C PRO", "PLAN", "POEC", "ALTE"], 4):
        days = {"starts_on": f"2026-{month:02d}-06", "ends_on": f"2026-{month:02d}-24"}
        running.dossier(ground.provider, scheme=scheme, **days)
    return ground


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with site() as running, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path(), chromium_sandbox=False, args=FLAGS)
        ground = furnished(running)
        desk = Desk(running, browser)
        for name, (path, who, options) in PICTURES.items():
            page = desk.window(ground.visitors[who] if who else None, **options)
            page.goto(path.format(filed=ground.filed, transfer=ground.transfer))
            page.screenshot(path=IMAGES / f"{name}.png")
        desk.close()
        browser.close()


if __name__ == "__main__":
    main()

"""What is looked for on a page that is open. Each function gives what is wrong with it: nothing where all is well.

Styles that a test adds are constructed sheets: the page's policy forbids written ones, to tests as to anybody.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, expect

AXE: Final = Path(__file__).parent / "vendored" / "axe.min.js"
PATIENCE_MS: Final = 30_000
"""For whatever a page does by itself: a machine that does much else is slow, and not wrong."""
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE: Final = {"width": 320, "height": 640}
DESK: Final = {"width": 1280, "height": 720}
PAPER: Final = {"width": 718, "height": 1047}
"""A4 less margins of 1 cm, in CSS pixels."""

SPACED: Final = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }
"""
"""The spacing that a reader may ask for (WCAG 2.1, 1.4.12)."""

COLOURS: Final = ["color-contrast", "link-in-text-block"]
"""What a dark screen changes: a page is otherwise the same."""

# What holds is counted for nothing here, and is not gathered.
_AXE: Final = """async ([type, values]) =>
  (await axe.run(document, { runOnly: { type, values }, resultTypes: ["violations"] })).violations"""
_SEEN: Final = """
const seen = (each) => {
  const box = each.getBoundingClientRect();
  return each.checkVisibility({ visibilityProperty: true }) && box.width > 1 && box.height > 1;
};
const named = (each) => each.outerHTML.slice(0, 120);
"""
_ADD: Final = """(rules) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules);
  document.adoptedStyleSheets = [sheet];
}"""
_WIDE: Final = f"""() => {{ {_SEEN}
  const room = innerWidth;
  const found = document.documentElement.scrollWidth;
  if (found <= room) return [];
  const out = (each) => seen(each) && each.getBoundingClientRect().right > room + 1 && !each.closest(".wide");
  const least = [...document.querySelectorAll("body *")].filter((e) => out(e) && ![...e.children].some(out));
  return [`${{found}} in ${{room}}`, ...least.slice(0, 5).map(named)];
}}"""
_CUT: Final = f"""() => {{ {_SEEN}
  const cut = (each) => getComputedStyle(each).overflowY === "hidden" && each.scrollHeight > each.clientHeight + 2;
  return [...document.querySelectorAll("main *, header *, footer *")].filter((e) => seen(e) && cut(e)).map(named);
}}"""
_MOVING: Final = f"""() => {{ {_SEEN}
  const moves = (e) => [getComputedStyle(e).transitionDuration, getComputedStyle(e).animationDuration]
    .some((told) => told.split(",").some((each) => parseFloat(each) > 0));
  return [...document.querySelectorAll("body *")].filter(moves).map(named);
}}"""
_PRINTED: Final = f"""() => {{ {_SEEN}
  const found = [...document.querySelectorAll("nav, .filters, .skip, .foot, button, .button")].filter(seen).map(named);
  const after = [...document.querySelectorAll("main a")].map((each) => getComputedStyle(each, "::after").content);
  if (after.some((each) => !["none", "normal"].includes(each))) found.push("addresses are printed");
  if (!seen(document.querySelector("h1"))) found.push("no heading is printed");
  if ([...document.querySelectorAll("main tbody th")].some((each) => !seen(each))) found.push("rows are not printed");
  const ground = getComputedStyle(document.body).backgroundColor;
  if (ground !== "rgb(255, 255, 255)") found.push(`printed on ${{ground}}`);
  return found;
}}"""
# A day's field has several stops of its own inside, which are one element's; of a group of radios one is a stop.
_STOPS: Final = f"""() => {{ {_SEEN}
  const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const there = [...document.querySelectorAll(all)].filter((e) => e.checkVisibility({{ visibilityProperty: true }}));
  const radios = (e) => e.type === "radio" && document.querySelector(`[name="${{e.name}}"]`) !== e && !e.checked;
  const held = there.filter((e) => !e.disabled && !radios(e));
  const days = held.filter((e) => e.type === "date").length;
  window.stops = [];
  document.addEventListener("focusin", ({{ target }}) => {{
    if (window.stops.some((each) => each.element === target)) return;
    const style = getComputedStyle(target);
    const drawn = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    window.stops.push({{ element: target, drawn }});
    requestAnimationFrame(() => requestAnimationFrame(() => {{
      const box = target.getBoundingClientRect();
      if (document.activeElement !== target) return;
      window.stops.find((each) => each.element === target).hidden = box.bottom <= 0 || box.top >= innerHeight;
    }}));
  }});
  document.activeElement?.blur();
  window.held = held;
  return held.length + 4 * days + 1;
}}"""
_WALKED: Final = f"""() => {{ {_SEEN}
  const never = window.held.filter((e) => !window.stops.some((each) => each.element === e));
  const found = never.map((e) => `never: ${{named(e)}}`);
  window.stops.forEach((each, place) => {{
    if (!each.drawn) found.push(`not drawn: ${{named(each.element)}}`);
    if (each.hidden) found.push(`out of sight: ${{named(each.element)}}`);
    const before = place > 0 && window.stops[place - 1].element;
    // Where the page put the focus on its own, Tab goes round.
    const round = each.element === window.held[0];
    if (before && !round && before.compareDocumentPosition(each.element) & Node.DOCUMENT_POSITION_PRECEDING)
      found.push(`out of order: ${{named(each.element)}}`);
  }});
  return found;
}}"""


def accessible(page: Page, asked: tuple[str, list[str]] = ("tag", RULES)) -> list[str]:
    """What axe finds, each with the places where it is. `asked`: tags of rules, or rules themselves."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate(_AXE, list(asked))
    return [f"{each['id']}: {[node['html'][:200] for node in each['nodes']]}" for each in found]


def in_the_dark(page: Page) -> list[str]:
    """What axe finds with a dark screen's colours."""
    page.emulate_media(color_scheme="dark")
    found = accessible(page, ("rule", COLOURS))
    page.emulate_media(color_scheme="light")
    return found


def wide(page: Page) -> list[str]:
    """Whether one has to move the page sideways to read it (WCAG 2.1, 1.4.10)."""
    found: list[str] = page.evaluate(_WIDE)
    return found


def without_focus(page: Page, selector: str) -> list[str]:
    """Whether the page has not put the focus there. A browser does so with the first frame that it paints."""
    try:
        expect(page.locator(selector)).to_be_focused()
    except AssertionError:
        return [f"{selector} has no focus"]
    return []


def cut(page: Page) -> list[str]:
    """Boxes whose text does not fit into them."""
    found: list[str] = page.evaluate(_CUT)
    return found


def zoomed(page: Page) -> list[str]:
    """At 400 % of 1,280 points, then with letters twice as large too (WCAG 2.1, 1.4.4 and 1.4.10)."""
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    found = wide(page)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    found += [f"letters twice as large: {each}" for each in wide(page) + cut(page)]
    page.evaluate("document.documentElement.style.fontSize = ''")
    return found


def spaced(page: Page) -> list[str]:
    """With the reader's own spacing, on a telephone and at a desk (WCAG 2.1, 1.4.12)."""
    page.evaluate(_ADD, SPACED)
    found = []
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        found += [f"{size['width']}: {each}" for each in wide(page) + cut(page)]
    page.evaluate("document.adoptedStyleSheets = []")
    return found


def moving(page: Page) -> list[str]:
    """What moves though the reader asked that nothing does."""
    page.emulate_media(reduced_motion="reduce")
    found: list[str] = page.evaluate(_MOVING)
    return found


def printed(page: Page) -> list[str]:
    """What paper shows that is for a screen alone, and what of the page it lacks; from a dark screen too."""
    page.set_viewport_size(PAPER)  # type: ignore[arg-type]
    page.emulate_media(media="print", color_scheme="dark")
    found: list[str] = page.evaluate(_PRINTED) + wide(page)
    page.emulate_media(media="screen", color_scheme="light")
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    return found


def walked(page: Page) -> list[str]:
    """Tab after Tab through the whole page: what is never reached (or kept from going on), not drawn, out of sight or
    out of order (WCAG 2.2, 2.1.1, 2.1.2, 2.4.3, 2.4.7, 2.4.11).
    """
    for _ in range(page.evaluate(_STOPS)):
        page.keyboard.down("Tab")  # held, it goes on: a key is not let go for each stop
    page.keyboard.up("Tab")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found: list[str] = page.evaluate(_WALKED)
    return found

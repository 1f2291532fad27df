"""The frame of the HTML report: style, behaviour, and small pieces of markup. Nothing in it loads anything."""

from collections.abc import Sequence
from html import escape

__all__ = ["details", "figures", "page", "table"]

_STYLE = """
:root { color-scheme: light dark; --ink: #1a1c1f; --soft: #5b6169; --paper: #ffffff; --card: #f6f7f9; --line: #d5d8dc; --accent: #3b7dd8;
  --warn: #fff4dd; --warn-ink: #6b4a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #a0a7b0; --paper: #14161a; --card: #1c1f25; --line: #383d45;
  --accent: #7fb0f5; --warn: #3a2f14; --warn-ink: #f2d999; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 1.65rem; line-height: 1.2; margin: 0 0 4px; } h2 { font-size: 1.2rem; margin: 44px 0 10px; } h3 { font-size: 1rem; margin: 20px 0 6px; }
p { margin: 6px 0; max-width: 80ch; } .soft { color: var(--soft); font-size: .9rem; }
.verdict { font-size: 1.08rem; background: var(--card); border-left: 4px solid var(--accent); border-radius: 6px; padding: 12px 18px; margin: 18px 0; }
.warn { background: var(--warn); color: var(--warn-ink); border-radius: 6px; padding: 8px 14px; margin: 10px 0; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
.tall { max-height: 480px; overflow: auto; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: .86rem; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 8px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: var(--paper);
  max-width: 40vw; overflow: hidden; text-overflow: ellipsis; }
td.text, th.text { text-align: left; }
thead th { position: sticky; top: 0; background: var(--card); z-index: 1; font-weight: 600; } thead th:first-child { z-index: 2; background: var(--card); }
tbody tr:last-child td { border-bottom: 0; } tbody tr:hover td { background: var(--card); }
table.sorts th { padding: 0; } table.sorts th button { all: unset; display: block; padding: 5px 10px; cursor: pointer; width: 100%;
  box-sizing: border-box; }
table.sorts th button:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
th[aria-sort=ascending] button::after { content: " \\2191"; } th[aria-sort=descending] button::after { content: " \\2193"; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(330px, 100%), 1fr)); gap: 14px; margin: 12px 0; }
.grid.two { grid-template-columns: repeat(auto-fit, minmax(min(460px, 100%), 1fr)); }
figure { margin: 0; background: var(--card); border-radius: 6px; padding: 10px; min-width: 0; }
figcaption { font-size: .84rem; color: var(--soft); overflow-wrap: anywhere; }
svg { width: 100%; height: auto; display: block; } td svg { width: 96px; }
input[type=search] { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 6px 10px;
  width: min(360px, 100%); margin: 8px 0; }
details { margin: 10px 0; } summary { cursor: pointer; color: var(--accent); }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 16px; font-size: .88rem; } dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; } code { font-size: .9em; overflow-wrap: anywhere; }
@media (max-width: 520px) { main { padding: 16px 12px 48px; } h1 { font-size: 1.35rem; } th, td { padding: 4px 7px; } td svg { width: 72px; }
  dl { grid-template-columns: 1fr; } dt { margin-top: 6px; } }
"""

_SCRIPT = """
for (const table of document.querySelectorAll("table.sorts")) {
  const body = table.tBodies[0];
  const value = (row, i) => row.cells[i].dataset.value ?? row.cells[i].textContent;
  table.querySelectorAll("thead th").forEach((th, i) => th.querySelector("button").addEventListener("click", () => {
    const down = th.getAttribute("aria-sort") === "ascending";
    table.querySelectorAll("thead th").forEach(other => other.removeAttribute("aria-sort"));
    th.setAttribute("aria-sort", down ? "descending" : "ascending");
    const sign = down ? -1 : 1;
    const rows = [...body.rows].sort((a, b) => {
      const x = value(a, i), y = value(b, i), p = parseFloat(x), q = parseFloat(y);
      if (x === "" || y === "") return (x === "") - (y === "");
      return sign * (th.classList.contains("text") || isNaN(p) || isNaN(q) ? x.localeCompare(y, "en", {numeric: true}) : p - q);
    });
    body.append(...rows);
  }));
}
for (const input of document.querySelectorAll("input[type=search]")) {
  const body = document.getElementById(input.dataset.table).tBodies[0], count = document.getElementById(input.dataset.count);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every(word => text.includes(word));
      shown += !row.hidden;
    }
    count.textContent = shown + " of " + body.rows.length;
  });
}
"""


def page(title: str, body: str) -> str:
    """A whole HTML document around `body`."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n<link rel="icon" href="data:,">\n<style>{_STYLE}</style>\n</head>\n'
        f"<body>\n<main>\n{body}\n</main>\n<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]], text: Sequence[int] = (0,), sorts: bool = False, name: str = "") -> str:
    """A table that scrolls sideways on its own where the screen is narrow.

    Arguments:
        head: Headings.
        rows: Cells as markup, the first of each row plain text; the caller escapes. A further cell ``"VALUE\\tMARKUP"`` sorts by VALUE.
        text: Which columns are text, left-aligned.
        sorts: Whether a click on a heading sorts.
        name: The id of the table.
    """

    def title(i: int, label: str) -> str:
        inner = f'<button type="button">{escape(label)}</button>' if sorts else escape(label)
        return f'<th scope="col"{" class=text" if i in text else ""}>{inner}</th>'

    def data(i: int, markup: str) -> str:
        kind = " class=text" if i in text else ""
        if i == 0:
            # The first column stays in sight and must leave room for the others: a long name is cut, and whole in its title.
            return f'<td{kind} title="{markup}">{markup}</td>'
        value, tab, shown = markup.partition("\t")
        attributes = f' data-value="{escape(value)}"' if tab else ""
        return f"<td{kind}{attributes}>{shown if tab else markup}</td>"

    heads = "".join(title(i, label) for i, label in enumerate(head))
    lines = "\n".join(f"<tr>{''.join(data(i, markup) for i, markup in enumerate(row))}</tr>" for row in rows)
    kind = ' class="sorts"' if sorts else ""
    return f"<table{kind}{f' id={name}' if name else ''}><thead><tr>{heads}</tr></thead><tbody>\n{lines}\n</tbody></table>"


def figures(items: Sequence[tuple[str, str]], kind: str = "three") -> str:
    """SVG elements with captions, up to ``"two"`` or ``"three"`` side by side, fewer where there is no room."""
    inner = "\n".join(f"<figure>{svg}<figcaption>{caption}</figcaption></figure>" for svg, caption in items)
    return f'<div class="grid {kind}">{inner}</div>'


def details(summary: str, body: str) -> str:
    """Something that opens on a click."""
    return f"<details><summary>{escape(summary)}</summary>\n{body}\n</details>"

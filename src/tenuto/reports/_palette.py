"""Colours by what they mean, in light and dark, safe for colour-blind readers.

Charts are drawn in the light values. The page then repaints them: a rule such as
``.chart [fill="#0067a5"] { fill: var(--main) }`` wins over the attribute, so one drawing
serves both themes and a drawing taken out of the page keeps its colours. Hues follow
Okabe & Ito, "Color universal design", 2008, darkened for contrast on white.
"""

from __future__ import annotations

# Name -> (light, dark). Every light value is used once: it is how a rule finds its shapes.
COLOURS: dict[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#14181d"),
    "wash": ("#f4f6f8", "#1c2229"),
    "line": ("#dde2e7", "#343d47"),
    "axis": ("#8c96a1", "#6f7b87"),
    "ink": ("#1b242e", "#e8ebee"),
    "soft": ("#55616d", "#a9b4bf"),
    "main": ("#0067a5", "#6cb8ee"),
    "pale": ("#bcd8ea", "#27506c"),
    "rival": ("#b94e00", "#f2a45c"),
    "third": ("#007a62", "#4fc5a7"),
    "other": ("#a9b1ba", "#66717c"),
    "present": ("#d6e6f1", "#22384a"),
    "missing": ("#a3201a", "#f08a80"),
    "truncated": ("#b75e05", "#eda95f"),
    "oversized": ("#7f4593", "#cb9bdb"),
    "copied": ("#4d5a14", "#c3cf7a"),
    "letter": ("#fefefe", "#101419"),
}


def colour(name: str) -> str:
    """The light value: what a chart is drawn with."""
    return COLOURS[name][0]


def stylesheet() -> str:
    """The variables of both themes, and the rules that repaint the charts and their keys.

    On paper the page is always light. ``data-theme`` on the root decides over the reader's
    settings.
    """
    light = _variables(0)
    dark = f"color-scheme: dark; {_variables(1)}"
    return "\n".join(
        [
            f":root {{ color-scheme: light; {light} }}",
            "@media screen and (prefers-color-scheme: dark) "
            f"{{ :root:not([data-theme='light']) {{ {dark} }} }}",
            f"@media screen {{ :root[data-theme='dark'] {{ {dark} }} }}",
            *(_repaint(name, light) for name, (light, _) in COLOURS.items()),
            *(f".swatch.{name} {{ background: var(--{name}) }}" for name in COLOURS),
        ]
    )


def _variables(theme: int) -> str:
    return " ".join(f"--{name}: {values[theme]};" for name, values in COLOURS.items())


def _repaint(name: str, light: str) -> str:
    return "\n".join(
        f'.chart [{attribute}="{light}"] {{ {attribute}: var(--{name}) }}'
        for attribute in ("fill", "stroke")
    )

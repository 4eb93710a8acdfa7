"""The picture of the papers per year: an SVG of fixed text and simple arithmetic.

No plotting library draws it, because the file must have the same bytes on every machine: a library's version, its
fonts and its rounding would show in it. The colours can be read on white and on GitHub's dark page alike, since a
picture follows the reader's system, which may differ from the page; the one that is asked for gets a little more.
"""

from collections.abc import Iterator, Mapping

from bot.escape import xml
from bot.wording import counted

_WIDTH, _HEIGHT = 800, 360
_TOP, _RIGHT, _BOTTOM = 28, 16, 60
_FLOOR = _HEIGHT - _BOTTOM
_DIGIT = 8  # the width of a digit in pixels, with some room
_WIDEST_BAR = 60
_MOST_TICKS = 8
_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #6e7681 }
.bar { fill: #1f6feb }
.axis { stroke: #6e7681 }
.grid { stroke: #6e7681; stroke-opacity: 0.35 }
@media (prefers-color-scheme: dark) {
  text { fill: #757d87 }
  .bar { fill: #3b82dd }
  .axis, .grid { stroke: #757d87 }
}"""


def describe(years: Mapping[int, int]) -> str:
    """The picture in a sentence, for those who do not see it; ``years`` gives each year's number of papers."""
    if not years:
        return "Papers per year: none yet"
    most = min(years, key=lambda year: (-years[year], year))
    if len(years) == 1:
        return f"Papers per year: {counted(years[most], 'paper')} in {most}"
    return f"Papers per year from {min(years)} to {max(years)}; the most, {years[most]:,}, are of {most}"


def chart(years: Mapping[int, int]) -> str:
    """A bar for each year from the first to the last, with the numbers of papers; years without papers stay empty."""
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title description">',
        '<title id="title">Papers per year</title>',
        f'<desc id="description">{xml(describe(years))}</desc>',
        f"<style>\n{_STYLE}\n</style>",
        *(_drawing(years) if years else [_text(_WIDTH / 2, _HEIGHT / 2, "No papers yet")]),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _drawing(years: Mapping[int, int]) -> Iterator[str]:
    step, top = _scale(max(years.values()))
    left = 44 + _DIGIT * len(f"{top:,}")
    first, last = min(years), max(years)
    band = (_WIDTH - _RIGHT - left) / (last - first + 1)
    for number in range(0, top + 1, step):
        y = _FLOOR - (_FLOOR - _TOP) * number / top
        kind = "grid" if number else "axis"
        yield f'<path class="{kind}" d="M{left} {_px(y)}H{_WIDTH - _RIGHT}"/>'
        yield _text(left - 8, y + 4, f"{number:,}", "end")
    bar = min(max(band * 0.8, 1), _WIDEST_BAR)
    show_numbers = _DIGIT * len(f"{max(years.values()):,}") <= band
    for year, number in sorted(years.items()):
        middle = left + band * (year - first + 0.5)
        height = (_FLOOR - _TOP) * number / top
        yield (
            f'<rect class="bar" x="{_px(middle - bar / 2)}" y="{_px(_FLOOR - height)}" width="{_px(bar)}" '
            f'height="{_px(height)}"><title>{year}: {counted(number, "paper")}</title></rect>'
        )
        if show_numbers:
            yield _text(middle, _FLOOR - height - 5, f"{number:,}")
    every = _year_step(band)
    for year in range(-(-first // every) * every, last + 1, every):
        yield _text(left + band * (year - first + 0.5), _FLOOR + 20, str(year))
    yield _text((left + _WIDTH - _RIGHT) / 2, _HEIGHT - 12, "Year")
    middle = (_TOP + _FLOOR) / 2
    yield f'<text transform="translate(18 {_px(middle)}) rotate(-90)" text-anchor="middle">Number of papers</text>'


def _scale(most: int) -> tuple[int, int]:
    """The step between two ticks (1, 2 or 5 times a power of ten), and the first of them that is not under ``most``."""
    step = 1
    while most > step * (_MOST_TICKS - 1):
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return step, -(-most // step) * step


def _year_step(band: float) -> int:
    """How many years apart the labels must stand to leave each its room."""
    return next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000) if step * band >= 5 * _DIGIT)


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{_px(x)}" y="{_px(y)}" text-anchor="{anchor}">{text}</text>'


def _px(value: float) -> str:
    """A length with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")

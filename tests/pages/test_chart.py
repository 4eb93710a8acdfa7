import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

from bot.pages.chart import chart, describe

SVG = "{http://www.w3.org/2000/svg}"
YEARS = {1988: 3, 1999: 1, 2016: 25, 2017: 61}
CASES = {
    "none": {},
    "one": {2017: 3},
    "few": YEARS,
    "two hundred": {year: year % 97 + 1 for year in range(1820, 2020)},
    "huge counts": {year: 10**9 + year for year in range(2000, 2030)},
    "far apart": {1: 4, 9999: 2},
}


def drawing(years: dict[int, int]) -> ElementTree.Element:
    return ElementTree.fromstring(chart(years))


def texts(svg: ElementTree.Element, pattern: str, anchor: str) -> list[ElementTree.Element]:
    return [
        text
        for text in svg.iter(f"{SVG}text")
        if re.fullmatch(pattern, text.text or "") and text.get("text-anchor") == anchor and text.get("x")
    ]


def year_labels(svg: ElementTree.Element) -> list[tuple[int, float]]:
    lowest = max((float(text.get("y", 0)) for text in texts(svg, r"\d+", "middle")), default=0)
    return [
        (int(text.text or 0), float(text.get("x", 0)))
        for text in texts(svg, r"\d+", "middle")
        if float(text.get("y", 0)) == lowest
    ]


def test_each_year_with_papers_has_a_bar_of_its_height() -> None:
    bars = list(drawing(YEARS).iter(f"{SVG}rect"))
    assert [bar.findtext(f"{SVG}title") for bar in bars] == [
        "1988: 3 papers",
        "1999: 1 paper",
        "2016: 25 papers",
        "2017: 61 papers",
    ]
    unit = float(bars[1].get("height", 0))
    for bar, number in zip(bars, YEARS.values(), strict=True):
        assert float(bar.get("height", 0)) == pytest.approx(unit * number, abs=0.5)
        assert float(bar.get("y", 0)) + float(bar.get("height", 0)) == pytest.approx(300, abs=0.02)


def test_years_without_papers_leave_a_gap() -> None:
    places = {year: float(bar.get("x", 0)) for year, bar in zip(YEARS, drawing(YEARS).iter(f"{SVG}rect"), strict=True)}
    band = places[2017] - places[2016]
    assert places[1999] - places[1988] == pytest.approx(11 * band, abs=0.2)
    assert places[2016] - places[1999] == pytest.approx(17 * band, abs=0.2)


def test_both_axes_have_titles_and_labels() -> None:
    svg = drawing(YEARS)
    shown = [text.text for text in svg.iter(f"{SVG}text")]
    assert "Year" in shown
    assert "Number of papers" in shown
    assert [text.text for text in texts(svg, r"\d+", "end")] == ["0", "10", "20", "30", "40", "50", "60", "70"]
    assert [year for year, _ in year_labels(svg)] == list(range(1988, 2018, 2))


@pytest.mark.parametrize("years", CASES.values(), ids=CASES)
def test_nothing_overlaps_or_leaves_the_picture(years: dict[int, int]) -> None:
    svg = drawing(years)
    width, height = float(svg.get("width", 0)), float(svg.get("height", 0))
    for bar in svg.iter(f"{SVG}rect"):
        assert 0 <= float(bar.get("x", 0)) <= float(bar.get("x", 0)) + float(bar.get("width", 0)) <= width
        assert 10 <= float(bar.get("y", 0)) <= height
        assert float(bar.get("width", 0)) >= 1
    labels = year_labels(svg)
    assert all(right - left >= 32 for (_, left), (_, right) in pairwise(labels))
    assert len(labels) >= min(len(years), 2)
    numbers = [
        float(text.get("x", 0)) for text in texts(svg, r"[\d,]+", "middle") if text.text not in set(map(str, years))
    ]
    assert all(right - left >= 14 for left, right in pairwise(sorted(numbers)))
    ticks = texts(svg, r"[\d,]+", "end")
    assert 2 <= len(ticks) <= 9 or not years
    for tick in ticks:  # the axis's own title stands at 18 pixels
        assert float(tick.get("x", 0)) - 7.5 * len(tick.text or "") > 26


def test_no_papers_are_said_in_words() -> None:
    assert "No papers yet" in [text.text for text in drawing({}).iter(f"{SVG}text")]
    assert describe({}) == "Papers per year: none yet"


@pytest.mark.parametrize("years", CASES.values(), ids=CASES)
def test_the_picture_is_described_for_those_who_do_not_see_it(years: dict[int, int]) -> None:
    svg = drawing(years)
    assert svg.get("role") == "img"
    ids = str(svg.get("aria-labelledby")).split()
    named = {element.get("id"): element.text for element in svg.iter() if element.get("id")}
    assert [named[id_] for id_ in ids] == ["Papers per year", describe(years)]


def test_the_description_tells_first_last_and_most() -> None:
    assert describe(YEARS) == "Papers per year from 1988 to 2017; the most, 61, are of 2017"
    assert describe({2017: 1}) == "Papers per year: 1 paper in 2017"


def test_the_same_numbers_give_the_same_bytes_in_any_order() -> None:
    assert chart(YEARS) == chart(dict(reversed(YEARS.items())))
    assert chart(YEARS).isascii()
    assert chart(YEARS).endswith("</svg>\n")


def luminance(colour: str) -> float:
    """The relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_it_can_be_read_on_white_and_on_githubs_dark_page() -> None:
    style = drawing(YEARS).findtext(f"{SVG}style") or ""
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    for scheme, page in ((light, "#ffffff"), (dark, "#0d1117")):
        text = re.search(r"text \{.*fill: (#\w{6})", scheme)
        assert text is not None
        assert contrast(text[1], page) >= 4.5  # WCAG 2.2, AA for text
        for colour in re.findall(r"#\w{6}", scheme):
            assert contrast(colour, page) >= 4.5
            # A picture follows the system, and may stand on a page of the other kind: AA for graphics and large text.
            assert contrast(colour, "#ffffff") >= 3.8
            assert contrast(colour, "#0d1117") >= 3.8

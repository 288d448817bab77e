"""What a real browser measures of a page that is open in it: what does not fit, what breaks, what
a thumb misses, what cannot be read, and what a keyboard or a screen reader does not find.

Each measure answers with one line for each fault, and with none where nothing is wrong.
"""

from collections.abc import Sequence
from typing import Final

from playwright.async_api import Page

# 320: a screen of 1,280 at 400 %; 360: a phone; 480: one of 960 at 200 %.
WIDTHS: Final = (320, 360, 480, 1024, 1920)
THUMB_WIDTHS: Final = (320, 360, 480)  # where the style sheet has a hand before it
HEIGHT: Final = 800
FINDING: Final = """
const isClipped = (one) => one && one.getBoundingClientRect().width <= 1;
const isShown = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true })
  && !one.closest(".hidden, .skip, .sprite") && !isClipped(one) && !isClipped(one.closest("thead"));
const brief = (one) => `${one.outerHTML.slice(0, 90)} ${one.textContent.trim().slice(0, 40)}`;
const texts = () => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const one = text.parentElement;
    if (text.data.trim() && isShown(one) && !one.closest("script, style, option")) found.push(text);
  }
  return found;
};
"""
# What is wider than the screen; what stands outside it in a box that does not scroll; what is
# longer than the place that was made for it, so that it lies over what is beside it; and, on a
# phone, what is moved sideways to be seen, for nobody knows that it is there.
_FITS: Final = """
const found = [], width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth > width)
  found.push(`scrolls sideways: ${document.documentElement.scrollWidth} in ${width}`);
for (const one of document.querySelectorAll(
  "main :is(button, .button, label, summary, dt, dd, .tag, h1, h2, h3, p, td, th, .label)")) {
  if (isShown(one) && one.clientWidth && one.scrollWidth > one.clientWidth + 1
    && !["auto", "scroll"].includes(getComputedStyle(one).overflowX) && !one.matches(".cell"))
    found.push(`spilt: ${brief(one)}`);
}
for (const one of width < 500 ? document.querySelectorAll("body *") : []) {
  if (isShown(one) && ["auto", "scroll"].includes(getComputedStyle(one).overflowX)
    && one.scrollWidth > one.clientWidth + 1 && !one.matches("textarea"))
    found.push(`hides at its side: ${brief(one)}`);
}
return found;
"""
# A word of letters, or a figure with its point, that stands in two lines. Codes, keys, ids and
# addresses must break somewhere; they are of this kind: longer than any word, or marked as code.
_WHOLE: Final = """
const found = [];
for (const text of texts()) {
  if (text.parentElement.closest("code, kbd, pre, .code, .fingerprint, textarea")) continue;
  for (const word of text.data.matchAll(/[\\p{L}\\p{N}]+(?:[.,:][0-9]+)*/gu)) {
    const run = text.data.slice(0, word.index).match(/\\S*$/)[0] + text.data.slice(word.index);
    if (/\\p{Script=Han}/u.test(word[0]) || run.match(/^\\S*/)[0].length > 32) continue;
    const range = document.createRange();
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    const lines = new Set([...range.getClientRects()].map((line) => Math.round(line.top)));
    if (lines.size > 1) found.push(`broken: ${word[0]} in ${brief(text.parentElement)}`);
  }
}
return found;
"""
# What can be pressed and is lower than a thumb; a link within a sentence is its line's height.
_HIGH_ENOUGH: Final = """
return [...document.querySelectorAll("a[href], button, summary, select, textarea, input")]
  .filter((one) => isShown(one.closest("label") || one) && one.type !== "hidden")
  .filter((one) => one.matches(".cell, .tile, .dots i, input, select, textarea, button, summary")
    || one.parentElement.textContent.trim().length - one.textContent.trim().length < 4)
  .map((one) => [(one.closest("label") || one).getBoundingClientRect().height, one])
  .filter(([height]) => height < 44)
  .map(([height, one]) => `low: ${height.toFixed(0)} px ${brief(one)}`);
"""
# Text with less than 4.5 to 1 (large text: 3) against what is painted behind it. What is drawn
# over a picture or in part transparent is not judged here.
_READABLE: Final = """
const figures = (colour) => (colour.match(/[0-9.]+/g) || []).map(Number);
const light = (rgb) => rgb.map((part) => part / 255)
  .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, n) => sum + part * [0.2126, 0.7152, 0.0722][n], 0);
const page = matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
const behind = (one) => {
  for (; one; one = one.parentElement) {
    const painted = figures(getComputedStyle(one).backgroundColor);
    if (painted.length === 3 || painted[3] > 0.5) return painted.slice(0, 3);
  }
  return page;
};
const found = new Set();
for (const { parentElement: one } of texts()) {
  if (one.closest("svg") || one.closest(":disabled")) continue;
  const style = getComputedStyle(one);
  const [above, below] = [light(figures(style.color).slice(0, 3)), light(behind(one))];
  const ratio = (Math.max(above, below) + 0.05) / (Math.min(above, below) + 0.05);
  const size = parseFloat(style.fontSize);
  const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  if (ratio < (isLarge ? 3 : 4.5)) found.add(`pale: ${ratio.toFixed(2)} ${brief(one)}`);
}
return [...found];
"""
_NAMED: Final = """
const found = [], heads = [...document.querySelectorAll("h1")];
if (heads.length !== 1) found.push(`${heads.length} h1`);
for (const one of document.querySelectorAll("input, select, textarea")) {
  if (one.type === "hidden") continue;
  const words = [one.getAttribute("aria-label") || ""];
  words.push(...[...(one.labels || [])].map((own) => own.textContent));
  if (!words.some((own) => own.trim())) found.push(`unnamed: ${brief(one)}`);
}
const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
for (const id of new Set(ids.filter((id, n) => ids.indexOf(id) !== n))) found.push(`two of ${id}`);
return found;
"""
# Everything that Tab stops at shows that it has the focus. The key that went before makes the
# browser show what a keyboard's user sees.
_RINGED: Final = """
const found = [];
for (const one of document.querySelectorAll("a[href], button, summary, select, textarea, input")) {
  if (!isShown(one.closest("label") || one) || one.disabled || one.type === "hidden") continue;
  one.focus({ preventScroll: true });
  if (document.activeElement !== one) continue;
  const ring = [one, one.closest("label.choice")].filter(Boolean).map(getComputedStyle)
    .some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
  if (!ring) found.push(`no ring: ${brief(one)}`);
}
document.activeElement.blur();
return found;
"""
# Words of another script than the page's own, which nobody translated. What is typed as it stands,
# what a page says to be in another language, and what people wrote, is not ours to translate.
_ONE_TONGUE: Final = """
const isChinese = document.documentElement.lang.startsWith("zh"), found = new Set();
const said = [...texts().map((text) => [text.data, text.parentElement])];
for (const one of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]"))
  for (const name of ["aria-label", "title", "placeholder", "alt"])
    said.push([one.getAttribute(name) || "", one]);
for (const [words, one] of said) {
  if (one.closest("code, kbd, pre, .number, .code, [translate=no]")) continue;
  if (one.closest("[lang]") !== document.documentElement) continue;
  const other = isChinese ? words.match(/[A-Za-z]{3,}/g) : words.match(/\\p{Script=Han}+/gu);
  for (const word of other || []) found.add(word);
}
return [...found];
"""
# What is pale on white paper, where no background is printed; and what cannot be pressed there.
_ON_PAPER: Final = """
const found = new Set();
for (const { parentElement: one } of texts()) {
  if (one.closest("svg")) continue;
  const rgb = getComputedStyle(one).color.match(/[0-9.]+/g).slice(0, 3).map(Number);
  if (Math.max(...rgb) > 118) found.add(`pale on paper: ${rgb} ${brief(one)}`);
}
for (const one of document.querySelectorAll("nav, .head, .pager, .foot, .ways, .tongue"))
  if (isShown(one)) found.add(`printed: ${brief(one)}`);
return [...found];
"""
UNFOLDED: Final = "for (const one of document.querySelectorAll('details')) one.open = true"


async def measured(page: Page) -> list[str]:
    """All that is wrong with the page that is open, folded out, at every width and in either
    light; each fault with the widths at which it was found."""
    await page.evaluate(UNFOLDED)
    await page.emulate_media(reduced_motion="reduce", color_scheme="light")
    found: dict[str, list[int]] = {}
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": HEIGHT})
        parts = [_FITS, _WHOLE, *([_HIGH_ENOUGH] if width in THUMB_WIDTHS else [])]
        for fault in await _all(page, parts):
            found.setdefault(fault, []).append(width)
    wrong = [f"{fault} at {widths}" for fault, widths in found.items()]
    await page.keyboard.press("Tab")
    wrong += await _all(page, [_READABLE, _NAMED, _RINGED])
    await page.emulate_media(color_scheme="dark")
    return wrong + [f"in the dark, {one}" for one in await _all(page, [_READABLE])]


async def measured_at(page: Page, widths: Sequence[int]) -> list[str]:
    """What the words and the size of the letters decide: whether the page fits, and whether its
    words are whole, at these widths."""
    await page.evaluate(UNFOLDED)
    found = []
    for width in widths:
        await page.set_viewport_size({"width": width, "height": HEIGHT})
        found += [f"{fault} at {width}" for fault in await _all(page, [_FITS, _WHOLE])]
    return found


async def printed(page: Page) -> list[str]:
    """What is wrong with the page on paper, also where its screen is dark."""
    await page.emulate_media(media="print", color_scheme="dark")
    found = await _all(page, [_ON_PAPER])
    await page.emulate_media(media="screen", color_scheme="light")
    return found


async def words_of_another_tongue(page: Page) -> set[str]:
    """The Latin words of a Chinese page, the Chinese ones of any other."""
    return set(await _all(page, [_ONE_TONGUE]))


async def _all(page: Page, parts: list[str]) -> list[str]:
    """What several of these measures say, in one way to the browser and back."""
    calls = ", ".join(f"...(() => {{ {part} }})()" for part in parts)
    answer: list[str] = await page.evaluate(f"() => {{ {FINDING} return [{calls}]; }}")
    return answer

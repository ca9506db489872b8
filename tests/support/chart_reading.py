"""What a reader sees go wrong in a chart: texts on each other, texts cut off."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from wijkpeil.charts.shapes import Drawing


def clashes(drawing: Drawing) -> Iterator[str]:
    """Each text that lies on another or past the frame, by the geometry of the drawing."""
    for text in drawing.texts:
        left, top, right, bottom = text.box
        if left < -0.01 or top < 0 or right > drawing.width + 0.01 or bottom > drawing.height:
            yield f"'{text.text}' is cut off"
    for one, other in combinations(drawing.texts, 2):
        a, b = one.box, other.box
        if min(a[2], b[2]) - max(a[0], b[0]) > 0.01 and min(a[3], b[3]) - max(a[1], b[1]) > 0.01:
            yield f"'{one.text}' lies on '{other.text}'"


# the same as a browser has drawn it: letters as they are, half a pixel of rounding aside
CLASHES_IN_PAGE = """svg => {
  const frame = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')]
    .map(text => [text.textContent, text.getBoundingClientRect()]);
  const found = [];
  for (const [text, box] of texts) {
    const isIn = box.left > frame.left - .5 && box.right < frame.right + .5
      && box.top > frame.top - .5 && box.bottom < frame.bottom + .5;
    if (!isIn) found.push(`'${text}' is cut off`);
  }
  texts.forEach(([one, a], n) => texts.slice(n + 1).forEach(([other, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > .5 && high > .5) found.push(`'${one}' lies on '${other}'`);
  }));
  return found;
}"""

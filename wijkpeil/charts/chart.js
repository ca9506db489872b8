// The figures of a year where a reader points at a chart, taps it, or moves through it by keyboard.
"use strict";
for (const box of document.querySelectorAll(".chart-box")) {
  const chart = box.querySelector("svg");
  const years = JSON.parse(chart.dataset.told || "[]");
  if (years.length === 0) continue;
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  const told = document.createElement("p");
  line.setAttribute("class", "pointed");
  line.setAttribute("y1", chart.dataset.top);
  line.setAttribute("y2", chart.dataset.bottom);
  told.className = "chart-told";
  told.setAttribute("role", "status");
  box.append(told);
  let at = -1;

  const show = function (place) {
    at = place;
    told.textContent = at < 0 ? "" : years[at][1];
    if (at < 0) { line.remove(); return; }
    line.setAttribute("x1", years[at][0]);
    line.setAttribute("x2", years[at][0]);
    chart.append(line);
  };

  const point = function (event) {
    const frame = chart.getBoundingClientRect();
    const x = (event.clientX - frame.left) * chart.viewBox.baseVal.width / frame.width;
    let nearest = 0;
    for (const place of years.keys()) {
      if (Math.abs(years[place][0] - x) < Math.abs(years[nearest][0] - x)) nearest = place;
    }
    if (nearest !== at) show(nearest);
  };

  chart.addEventListener("pointermove", point);
  chart.addEventListener("pointerdown", point);
  chart.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") show(-1); });
  box.addEventListener("focus", () => { if (at < 0 && box.matches(":focus-visible")) show(years.length - 1); });
  box.addEventListener("blur", () => show(-1));
  box.addEventListener("keydown", (event) => {
    const last = years.length - 1;
    const next = { ArrowLeft: Math.max(0, at - 1), ArrowRight: Math.min(last, at + 1), Home: 0, End: last, Escape: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    show(next);
  });
}

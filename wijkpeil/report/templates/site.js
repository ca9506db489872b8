// Search without a server: the list of places is a script of its own, loaded when it is needed.
// Tables that sort, lines that open when a link leads to them, and the button that prints.
"use strict";
(function () {
  const form = document.querySelector(".search");
  const input = document.getElementById("q");
  const list = document.getElementById("q-found");
  const count = document.getElementById("q-count");
  const root = document.body.dataset.root;
  const folder = root + document.body.dataset.folder;
  let asked = false;
  form.hidden = false;

  function plain(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  }

  function load() {
    if (asked) return;
    asked = true;
    const script = document.createElement("script");
    script.src = root + "assets/places.js";
    script.onload = show;
    document.head.append(script);
  }

  function show() {
    const places = window.wijkpeilPlaces;
    const wanted = plain(input.value).split(/\s+/).filter(Boolean);
    list.replaceChildren();
    count.textContent = "";
    if (!places || wanted.length === 0) return;
    const found = [];
    let total = 0;
    for (const [name, beside, path] of places) {
      const text = plain(name + " " + beside);
      if (!wanted.every((word) => text.includes(word))) continue;
      total += 1;
      const rank = plain(name).startsWith(wanted[0]) ? 0 : plain(name).includes(wanted[0]) ? 1 : 2;
      found.push([rank, name, beside, path]);
    }
    found.sort((a, b) => a[0] - b[0]);
    for (const [, name, beside, path] of found.slice(0, 12)) {
      const link = document.createElement("a");
      link.href = folder + path;
      link.textContent = beside ? name + " (" + beside + ")" : name;
      const item = document.createElement("li");
      item.append(link);
      list.append(item);
    }
    const words = count.dataset;
    count.textContent = total === 0 ? words.none : total === 1 ? words.one : words.many.replace("{n}", total);
  }

  input.addEventListener("focus", load);
  input.addEventListener("input", function () { load(); show(); });
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    const first = list.querySelector("a");
    if (first) window.location.href = first.href;
  });
  input.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { input.value = ""; show(); }
  });

  // Tables that sort by a click on a heading: numbers by size, "–" last, in the notation of the page.
  const isDutch = document.documentElement.lang === "nl";

  function sizeOf(text) {
    const digits = isDutch ? text.replace(/\./g, "").replace(",", ".") : text.replace(/,/g, "");
    const found = digits.replace("−", "-").match(/-?\d+(\.\d+)?/);
    return found ? Number(found[0]) : null;
  }

  function compared(a, b, isNumber) {
    return isNumber ? sizeOf(a) - sizeOf(b) : a.localeCompare(b, document.documentElement.lang);
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    const headings = [...table.tHead.rows[0].cells];
    for (const [place, heading] of headings.entries()) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", function () {
        const isDown = heading.getAttribute("aria-sort") === "ascending";
        for (const each of headings) each.removeAttribute("aria-sort");
        heading.setAttribute("aria-sort", isDown ? "descending" : "ascending");
        const isNumber = heading.classList.contains("num");
        const rows = [...table.tBodies[0].rows].map((row) => [row.cells[place].innerText, row]);
        const missing = rows.filter(([text]) => isNumber && sizeOf(text) === null);
        const known = rows.filter((each) => !missing.includes(each));
        known.sort(([a], [b]) => (isDown ? -1 : 1) * compared(a, b, isNumber));
        table.tBodies[0].append(...[...known, ...missing].map(([, row]) => row));
      });
    }
  }

  // What a link leads to is open.
  function openTarget() {
    const target = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
    const line = target && target.querySelector("details");
    if (!line || line.open) return;
    line.open = true;
    target.scrollIntoView();
  }
  window.addEventListener("hashchange", openTarget);
  openTarget();

  // On a phone what explains the page is folded; on paper it is there.
  const folded = document.querySelectorAll("details.folded");
  function unfold() { for (const each of folded) each.open = true; }
  if (window.matchMedia("screen and (max-width: 40rem)").matches) {
    for (const each of folded) each.open = false;
    window.addEventListener("beforeprint", unfold);
  }

  const print = document.querySelector("button.print");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", function () { window.print(); });
  }
})();

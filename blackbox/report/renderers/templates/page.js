"use strict";
// Comfort only: the page says everything without this script. It reads what is drawn and moves or hides it; it makes
// elements by name, sets text as text, and never asks for anything.
(() => {
const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
const plain = (node) => node.textContent.replace(/\s+/g, " ").trim();
const made = (tag, attributes = {}, ...inner) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...inner);
  return node;
};
const distinct = (words) => Array.from(new Set(words)).sort((a, b) => a.localeCompare(b, "en"));
const numeral = (text) => {
  const found = /^-?\d+(\.\d+)?/.exec(text.replace(/,/g, "").replace(/\u2212/g, "-").trim());
  return found ? Number(found[0]) : null;
};
let serial = 0;
const labelled = (words, control) => {
  control.id = `tool-${serial += 1}`;
  return made("span", { class: "tool" }, made("label", { for: control.id }, words), control);
};
const chooser = (first, words) => {
  const select = made("select");
  [first, ...words].forEach((word, place) => select.append(made("option", { value: place ? word : "" }, word)));
  return select;
};
const searcher = () => made("input", { type: "search", autocomplete: "off", spellcheck: "false" });
const soon = (act) => {
  let waiting = 0;
  return () => { clearTimeout(waiting); waiting = setTimeout(act, 120); };
};

// --- what a link leads to is unfolded ---
const reveal = () => {
  let node = document.getElementById(location.hash.slice(1));
  if (!node) return;
  node.hidden = false;
  for (let place = node; place; place = place.parentElement) if (place.tagName === "DETAILS") place.open = true;
  node.scrollIntoView();
};
addEventListener("hashchange", reveal);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link && link.getAttribute("href") === location.hash) reveal();
});
let folded = [];
addEventListener("beforeprint", () => {
  folded = all("details:not([open])");
  folded.forEach((node) => { node.open = true; });
});
addEventListener("afterprint", () => folded.forEach((node) => { node.open = false; }));

// --- tables are sorted by a click on a heading: up, down, as they were ---
const sortable = (table) => {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = all("thead th", table);
  const key = (row, place) => {
    const text = plain(row.cells[place]);
    return heads[place].classList.contains("n") ? numeral(text) : text.toLowerCase();
  };
  const order = (place, sign) => {
    const keyed = rows.map((row) => [key(row, place), row]);
    keyed.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (typeof a === "number" ? a - b : a.localeCompare(b, "en"));
    });
    return keyed.map(([, row]) => row);
  };
  heads.forEach((head, place) => {
    const button = made("button", { type: "button", class: "sort" });
    button.append(head.firstChild);
    head.prepend(button);
    button.addEventListener("click", () => {
      const next = { ascending: "descending", descending: "none" }[head.getAttribute("aria-sort")] || "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (next !== "none") head.setAttribute("aria-sort", next);
      body.append(...(next === "none" ? rows : order(place, next === "ascending" ? 1 : -1)));
    });
  });
};

// --- rows, and the folds that they lead to, are filtered by name, suite, verdict and words ---
const records = (box) => {
  const heads = all("thead th", box);
  const suite = heads.findIndex((head) => head.dataset.facet === "suite");
  return all("tbody tr", box).map((row) => {
    const link = row.querySelector("a[href^='#']");
    const fold = link && document.getElementById(link.getAttribute("href").slice(1));
    return {
      row,
      fold: fold && fold.tagName === "DETAILS" ? fold : null,
      names: all("th .name", row).map(plain),
      suite: suite < 0 ? "" : plain(row.cells[suite]),
      text: plain(row).toLowerCase(),
    };
  });
};
const filterable = (box) => {
  const found = records(box);
  const words = searcher();
  const who = chooser("any", distinct(found.flatMap((each) => each.names)));
  const suite = chooser("any", distinct(found.map((each) => each.suite)));
  const said = made("p", { class: "count", role: "status" });
  const apply = () => {
    const wanted = words.value.trim().toLowerCase();
    const chosen = box.querySelector(".filter input:checked");
    const tone = chosen ? chosen.className.slice(2) : "all";
    let shown = 0;
    for (const each of found) {
      const kept = (!wanted || each.text.includes(wanted)) && (!who.value || each.names.includes(who.value))
        && (!suite.value || each.suite === suite.value)
        && (tone === "all" || each.row.classList.contains(`k-${tone}`));
      each.row.hidden = !kept;
      if (each.fold) each.fold.hidden = !kept;
      shown += kept;
    }
    said.textContent = `${shown.toLocaleString("en")} of ${found.length.toLocaleString("en")} shown`;
  };
  const tools = made("div", { class: "tools" }, labelled("Find", words), labelled("Endpoint", who));
  if (suite.length > 2) tools.append(labelled("Suite", suite));
  tools.append(said);
  box.prepend(tools);
  words.addEventListener("input", soon(apply));
  box.addEventListener("change", apply);
  apply();
};

// --- a matrix is put into another order ---
const ORDERS = ["as listed", "by name"];
const NEAREST = "nearest to ";
const orders = (names) => {
  const select = made("select");
  ORDERS.forEach((word) => select.append(made("option", { value: word }, word)));
  names.forEach((name, place) => select.append(made("option", { value: String(place) }, NEAREST + name)));
  return select;
};
const ordered = (names, wanted, closeness) => {
  const places = names.map((_, place) => place);
  if (wanted === ORDERS[1]) places.sort((a, b) => names[a].localeCompare(names[b], "en"));
  if (!ORDERS.includes(wanted)) {
    const centre = Number(wanted);
    const near = (place) => (place === centre ? Infinity : closeness(centre, place));
    places.sort((a, b) => near(b) - near(a) || a - b);
  }
  return places;
};
const tabled = (box) => {
  const table = box.querySelector("table");
  const rows = Array.from(table.tBodies[0].rows);
  const cells = [table.tHead.rows[0], ...rows].map((row) => Array.from(row.cells));
  const names = rows.map((row) => plain(row.cells[0]));
  const select = orders(names);
  const near = (a, b) => Number(cells[a + 1][b + 1].dataset.near ?? -1);
  box.prepend(made("div", { class: "tools" }, labelled("Order", select)));
  select.addEventListener("change", () => {
    const places = ordered(names, select.value, near);
    [table.tHead.rows[0], ...rows].forEach((row, at) => row.append(...places.map((place) => cells[at][place + 1])));
    table.tBodies[0].append(...places.map((place) => rows[place]));
  });
};

// --- a matrix too large for a table is drawn anew from the signs of its cells ---
const drawn = (box) => {
  const svg = box.querySelector("svg");
  const labels = all("text[data-cells]", svg);
  const tops = all("text.top", svg);
  const paths = new Map(all("path[data-sign]", svg).map((path) => [path.dataset.sign, path]));
  const names = labels.map((label) => label.dataset.name);
  const go = labels.map((label) => label.dataset.go.split(" "));
  const [left, size] = [Number(svg.dataset.left), Number(svg.dataset.size)];
  const meaning = new Map(all(".legend [data-sign]", box).map((item) => [item.dataset.sign, plain(item)]));
  const signs = Array.from(paths.keys());
  const cursor = document.createElementNS(svg.namespaceURI, "rect");
  let places = names.map((_, place) => place);
  let [row, column] = [0, 1];
  const draw = () => {
    const lines = new Map(signs.map((sign) => [sign, []]));
    places.forEach((a, i) => places.forEach((b, j) => {
      const sign = labels[a].dataset.cells[b];
      if (lines.has(sign)) lines.get(sign).push(`M${j} ${i}h1v1h-1z`);
    }));
    lines.forEach((line, sign) => paths.get(sign).setAttribute("d", line.join("")));
    places.forEach((place, i) => {
      const middle = left + (i + 0.5) * size + size * 0.3;
      labels[place].setAttribute("y", middle);
      tops[place].setAttribute("x", middle);
      tops[place].setAttribute("transform", `rotate(-90 ${middle} ${left - 4})`);
    });
  };
  const said = made("p", { class: "readout", role: "status" }, "Point at a cell, or use the arrow keys in the figure.");
  const read = (i, j) => {
    [row, column] = [i, j];
    for (const [name, value] of Object.entries({ x: j, y: i, width: 1, height: 1 })) cursor.setAttribute(name, value);
    const [a, b] = [places[i], places[j]];
    const target = go[Math.min(a, b)][Math.max(a, b) - Math.min(a, b) - 1];
    const words = `${names[a]} against ${names[b]}`;
    const sign = meaning.get(labels[a].dataset.cells[b]);
    const linked = target && document.getElementById(target);
    said.replaceChildren(linked ? made("a", { href: `#${target}` }, words) : words, sign ? `: ${sign}` : "");
  };
  const at = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [Math.floor((point.y - left) / size), Math.floor((point.x - left) / size)];
  };
  const inside = (i, j) => i >= 0 && j >= 0 && i < names.length && j < names.length && i !== j;
  cursor.setAttribute("class", "cursor");
  svg.querySelector("g").append(cursor);
  svg.addEventListener("pointermove", (event) => { const [i, j] = at(event); if (inside(i, j)) read(i, j); });
  svg.addEventListener("click", () => { const link = said.querySelector("a"); if (link) link.click(); });
  const stage = box.querySelector(".stage");
  stage.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Enter") said.querySelector("a")?.click();
    if (!step) return;
    event.preventDefault();
    const next = [row + step[0], column + step[1]];
    if (next[0] === next[1]) { next[0] += step[0]; next[1] += step[1]; }
    if (inside(...next)) read(...next);
  });
  const rank = (a, b) => signs.indexOf(labels[a].dataset.cells[b]);
  const select = orders(names);
  select.addEventListener("change", () => { places = ordered(names, select.value, rank); draw(); });
  box.prepend(made("div", { class: "tools" }, labelled("Order", select)));
  stage.after(said);
};

// --- answers are found by probe, family, language and words ---
const findable = (box) => {
  const found = all(".found", box).map((node) => ({
    node,
    facets: { suite: node.dataset.suite, family: node.dataset.family, language: node.dataset.language },
    text: plain(node).toLowerCase(),
  }));
  const words = searcher();
  const tools = made("div", { class: "tools" }, labelled("Probe or words", words));
  const choosers = Object.entries({ suite: "Suite", family: "Family", language: "Language" }).flatMap(([facet, word]) => {
    const select = chooser("any", distinct(found.map((each) => each.facets[facet])));
    if (select.length < 3) return [];
    tools.append(labelled(word, select));
    return [[facet, select]];
  });
  const said = made("p", { class: "count", role: "status" });
  tools.append(said);
  const apply = () => {
    const wanted = words.value.trim().toLowerCase();
    const narrowed = wanted || choosers.some(([, select]) => select.value);
    let shown = 0;
    for (const each of found) {
      const kept = (!wanted || each.text.includes(wanted))
        && choosers.every(([facet, select]) => !select.value || each.facets[facet] === select.value);
      each.node.hidden = !kept;
      if (!narrowed) each.node.open = false;
      shown += kept;
    }
    if (narrowed && shown <= 5) found.forEach((each) => { each.node.open = !each.node.hidden; });
    said.textContent = `${shown.toLocaleString("en")} of ${found.length.toLocaleString("en")} probes`;
  };
  box.prepend(tools);
  words.addEventListener("input", soon(apply));
  tools.addEventListener("change", apply);
  apply();
};

// --- folds of one kind are opened and closed together ---
const together = (section) => {
  const folds = all(":scope > details", section);
  const button = made("button", { type: "button", class: "all" }, "Open all");
  button.addEventListener("click", () => {
    const open = button.textContent === "Open all";
    folds.forEach((fold) => { fold.open = open && !fold.hidden; });
    button.textContent = open ? "Fold all" : "Open all";
  });
  section.insertBefore(made("div", { class: "tools" }, button), folds[0]);
};

document.documentElement.classList.add("live");
all("table[data-sort]").forEach(sortable);
all(".tabular[data-find]").forEach(filterable);
all(".gridded").forEach(tabled);
all(".heat").forEach(drawn);
all(".browser").forEach(findable);
all("main > section").filter((section) => all(":scope > details", section).length > 3).forEach(together);
reveal();
})();

// The migration view: two controllers side by side, what breaks first. The choice stands in the URL: #from=…&to=…
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  for (const kase of data.cases) {
    kase[1] = kase[1] || kase[0].replace("/", "--");
    kase[5] = kase[5].map((one) => (one === 1 ? ["p", "", -1, -1, kase[3] === "parity" ? "s" : ""] : one));
    // Of which text of the case each cell is: 0 is that of the newest run.
    kase[5].forEach((one, column) => { if (one) one[5] = kase[6] ? kase[6][column] : 0; });
  }
  const from = document.getElementById("from");
  const to = document.getElementById("to");
  const summary = document.getElementById("summary");
  const result = document.getElementById("result");
  const SIGNS = { p: "✓ pass", f: "✗ fail", u: "○ unsupported", s: "– skipped", e: "! error", r: "• recorded" };
  // Compared with ingress-nginx, a letter stands for a word: a capital where the case is open.
  const WORDS = { s: "same", d: "differs", i: "ignored", r: "refused" };
  const isOpen = (cell) => /[A-Z]/.test(cell[4] || "");

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function fill(select) {
    for (const [slug, label] of data.columns) select.append(make("option", { value: slug }, label));
  }

  function place(slug) {
    return data.columns.findIndex((column) => column[0] === slug);
  }

  // The kinds of change, worst first. Each: key, title, what it means, and a test over the two cells.
  const judged = (cell) => "pfu".includes(cell[0]);
  const short = (cell) => cell[0] === "f" || cell[0] === "u";
  const level = (name) => (kase) => kase[3] === name;
  const compared = level("parity");
  const alike = (a, b) => a[5] === b[5];
  const KINDS = [
    ["open", "Opens what is shut", "It does not stand open today. It will: an annotation that restricts access will have no effect.",
      (k, a, b) => judged(a) && !isOpen(a) && isOpen(b)],
    ["core", "Breaks, core", "It holds today. The specification demands it, and it will not hold.",
      (k, a, b) => level("core")(k) && a[0] === "p" && short(b)],
    ["extended", "Breaks, extended", "It holds today, and will not hold. The specification leaves a way out.",
      (k, a, b) => !level("core")(k) && !compared(k) && a[0] === "p" && short(b)],
    ["parity", "No longer as ingress-nginx", "It does today what ingress-nginx does, and will not.",
      (k, a, b) => compared(k) && a[0] === "p" && short(b)],
    ["recorded", "Breaks, left open", "The specification leaves the answer open. There is one today, and it will be wrong, or missing.",
      (k, a, b) => a[0] === "r" && short(b)],
    ["observed", "Behaves differently", "The specification leaves it open, and the two do not do the same.",
      (k, a, b) => a[0] === "r" && b[0] === "r" && a[3] !== b[3]],
    ["wrong", "Wrong in another way", "Neither does what the statement says, but not the same.",
      (k, a, b) => !compared(k) && short(a) && short(b) && a[3] !== b[3]],
    ["unlike", "Unlike ingress-nginx in another way", "Neither does what ingress-nginx does, but not the same.",
      (k, a, b) => compared(k) && short(a) && short(b) && a[3] !== b[3]],
    ["better", "Gets right", "It does not hold today, and will hold.", (k, a, b) => short(a) && "pr".includes(b[0])],
    ["unknown", "Not known", "One of the two was not judged here, or not by the same text of the case, so nothing can be said.",
      (k, a, b) => !a || !b || !alike(a, b) || !(judged(a) && judged(b)) && !(a[0] === "r" && b[0] === "r")],
    ["same", "Stays the same", "", () => true],
  ];

  function kindOf(kase, a, b) {
    // Of cases that were not asked alike only this is known: that it stands open.
    const known = (key) => key === "unknown" || (a && b && (key === "open" || alike(a, b)));
    return KINDS.find(([key, , , test]) => known(key) && test(kase, a, b))[0];
  }

  // On a narrow page the head of the table is gone: each cell names its run.
  function cell(one, column) {
    const run = { "data-run": data.columns[column][1] };
    if (!one) return make("td", { class: "n", ...run }, "· not run");
    const [letter, reason, text, , parity] = one;
    const open = isOpen(one);
    const word = parity && WORDS[parity.toLowerCase()] + (open ? ", open" : "");
    const look = parity ? `p${open ? "o" : parity}` : letter;
    const td = make("td", { class: look, ...run }, make("b", {}, word || SIGNS[letter] || letter));
    if (reason && !/[ir]/i.test(parity || "")) td.append(" ", make("span", {}, reason));
    if (data.texts[text]) td.append(make("small", {}, data.texts[text]));
    if (one[5]) td.append(make("small", {}, "† judged by another text of the case than in the newest run"));
    return td;
  }

  function table(cases, a, b) {
    const head = make("tr", {}, ...["Case", data.columns[a][1], data.columns[b][1]].map(
      (text) => make("th", { scope: "col" }, text)));
    const body = make("tbody", {}, ...cases.map((kase) => make("tr", {},
      make("th", { scope: "row" },
        make("a", { href: `case/${encodeURIComponent(kase[1])}.html` }, kase[2]),
        make("small", {}, `${kase[0]} · ${kase[3]} · ${kase[4].join(" ")}`)),
      cell(kase[5][a], a), cell(kase[5][b], b))));
    return make("table", { class: "change" }, make("thead", {}, head), body);
  }

  function section(key, title, text, cases, a, b) {
    const number = make("span", { class: `number ${key}` }, String(cases.length));
    const part = make("section", { id: key, "aria-label": title });
    const heading = make("h2", {}, number, ` ${title}`);
    if (key === "same" || key === "unknown") {
      const details = make("details", {}, make("summary", {}, heading));
      // Hundreds of rows that say nothing are made only for who asks.
      details.addEventListener("toggle", () => {
        if (details.querySelector("table")) return;
        if (text) details.append(make("p", { class: "quiet" }, text));
        details.append(table(cases, a, b));
      }, { once: true });
      part.append(details);
    } else {
      part.append(heading, make("p", { class: "quiet" }, text), table(cases, a, b));
    }
    return part;
  }

  function headers(a, b) {
    const [old, now] = [new Map(data.headers[a]), new Map(data.headers[b])];
    const find = (map, name) => [...map.keys()].find((key) => key.toLowerCase() === name.toLowerCase());
    const rows = [];
    for (const [name, value] of old) {
      const other = find(now, name);
      if (other === undefined) rows.push([name, value, "–"]);
      else if (now.get(other) !== value || other !== name) rows.push([name, value, now.get(other)]);
    }
    for (const [name, value] of now) if (find(old, name) === undefined) rows.push([name, "–", value]);
    if (!rows.length) return "";
    const head = make("tr", {}, ...["Header", data.columns[a][1], data.columns[b][1]].map(
      (text) => make("th", { scope: "col" }, text)));
    const body = rows.map(([name, x, y]) => make("tr", {}, make("th", { scope: "row" }, name),
      ...[[x, a], [y, b]].map(([text, column]) => make("td", { "data-run": data.columns[column][1] }, make("code", {}, text)))));
    return make("section", { id: "headers", "aria-label": "Headers" },
      make("h2", {}, make("span", { class: "number" }, String(rows.length)), " Headers that backends receive differently"),
      make("p", { class: "quiet" }, "What stands in most requests. {host} is the Host of the request."),
      make("table", { class: "change" }, make("thead", {}, head), make("tbody", {}, ...body)));
  }

  function show() {
    const [a, b] = [place(from.value), place(to.value)];
    const found = new Map(KINDS.map(([key]) => [key, []]));
    for (const kase of data.cases) found.get(kindOf(kase, kase[5][a], kase[5][b])).push(kase);
    const sum = (...keys) => keys.reduce((count, key) => count + found.get(key).length, 0);
    const breaks = sum("open", "core", "extended", "parity", "recorded");
    const changes = sum("observed", "wrong", "unlike");
    const opens = sum("open") ? `, ${sum("open")} open what is shut` : "";
    summary.textContent = a === b
      ? "Pick two different runs."
      : `${breaks} of ${data.cases.length} cases break (${found.get("core").length} core${opens}), ${changes} behave `
        + `differently, ${found.get("better").length} get right, ${found.get("same").length} stay the same`
        + (found.get("unknown").length ? `, ${found.get("unknown").length} are not known.` : ".");
    const parts = a === b ? [] : KINDS.filter(([key]) => found.get(key).length).map(
      ([key, title, text]) => section(key, title, text, found.get(key), a, b));
    const same = parts.findIndex((part) => part.id === "unknown" || part.id === "same");
    const about = a === b ? "" : headers(a, b);
    if (about) parts.splice(same < 0 ? parts.length : same, 0, about);
    result.replaceChildren(...parts);
  }

  function readUrl() {
    const state = new URLSearchParams(location.hash.slice(1));
    const last = data.columns.length - 1;
    from.value = (data.columns[place(state.get("from"))] || data.columns[0] || [""])[0];
    to.value = (data.columns[place(state.get("to"))] || data.columns[Math.min(1, last)] || [""])[0];
  }

  function changed() {
    history.replaceState(null, "", `#${new URLSearchParams({ from: from.value, to: to.value })}`);
    show();
  }

  fill(from);
  fill(to);
  if (!data.columns.length) return;
  from.addEventListener("change", changed);
  to.addEventListener("change", changed);
  document.getElementById("swap").addEventListener("click", () => {
    [from.value, to.value] = [to.value, from.value];
    changed();
  });
  document.querySelector("form.pick").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", () => {
    readUrl();
    show();
  });
  readUrl();
  show();
})();

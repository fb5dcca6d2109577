// The matrix: filters, folding, keys. What is shown is always told by the URL: #q=QUERY&open=SECTION,SECTION
"use strict";
(() => {
  const table = document.querySelector("table.cells");
  const box = document.getElementById("q");
  const shown = document.getElementById("shown");
  const problem = document.getElementById("problem");
  const none = document.querySelector("p.none");
  const chips = [...document.querySelectorAll(".chips button")];
  const LEVEL = { c: "core", e: "extended", o: "observed", a: "api", p: "parity" };

  const columns = [...table.querySelectorAll("thead th[data-c]")].map((head) => ({
    slug: head.dataset.c,
    name: head.querySelector("a").textContent,
    label: head.textContent.replace(/\s+/g, " ").trim(),
  }));
  const cols = table.querySelectorAll("col");
  const words = (text) => (text || "").toLowerCase().split(" ").filter(Boolean);
  const sections = [...table.tBodies].filter((body) => "n" in body.dataset).map((body) => ({
    body,
    name: body.dataset.n,
    fold: body.querySelector("tr.fold"),
    rows: [...body.querySelectorAll("tr[data-i]")].map((line) => {
      const head = line.cells[0];
      const reasons = words(line.dataset.r);
      return {
        line,
        hidden: false,
        link: head.querySelector("a"),
        same: line.classList.contains("same"),
        id: line.dataset.i.toLowerCase(),
        section: body.dataset.n.toLowerCase(),
        level: LEVEL[line.classList[0]],
        letters: line.dataset.v,
        groups: line.dataset.g,
        parity: line.dataset.p || "",
        statements: words(line.dataset.s),
        reasons,
        findings: words(line.dataset.f),
        text: `${line.dataset.i} ${head.textContent} ${line.dataset.s} ${reasons.join(" ")}`.toLowerCase(),
      };
    }),
  }));
  const total = sections.reduce((sum, section) => sum + section.rows.length, 0);
  const open = new Set();
  const SCREEN = 60;
  let later = 0;
  let inView = columns.map(() => true);

  function readUrl() {
    const state = new URLSearchParams(location.hash.slice(1));
    box.value = state.get("q") || "";
    open.clear();
    for (const name of (state.get("open") || "").split(",").filter(Boolean)) open.add(name);
  }

  function writeUrl() {
    const state = new URLSearchParams();
    if (box.value.trim()) state.set("q", box.value.trim());
    if (open.size) state.set("open", [...open].join(","));
    const hash = state.size ? `#${state}` : "";
    if (hash !== location.hash) history.replaceState(null, "", hash || location.pathname + location.search);
    Page.remember("matrix", hash);
  }

  function showColumns(view) {
    const changed = view.map((one, place) => one !== inView[place]);
    if (!changed.includes(true)) return;
    inView = view;
    view.forEach((one, place) => { cols[place + 1].hidden = !one; });
    for (const line of table.rows) {
      for (let place = 0; place < view.length; place += 1) {
        const cell = changed[place] && line.cells[place + 1];
        if (cell) cell.hidden = !view[place];
      }
    }
  }

  // More rows than a screen has come a frame later: laying out hundreds of them takes longer than a keystroke may.
  function show(lines) {
    cancelAnimationFrame(later);
    for (const line of lines.slice(0, SCREEN)) line.hidden = false;
    const rest = lines.slice(SCREEN);
    if (rest.length) later = requestAnimationFrame(() => { for (const line of rest) line.hidden = false; });
  }

  function apply() {
    const { terms, problems } = Query.parse(box.value);
    let view = Query.columnsInView(terms, columns);
    if (!view.includes(true)) {
      problems.push("no controller has such a name");
      view = columns.map(() => true);
    }
    showColumns(view);
    const appear = [];
    const filtering = terms.some((one) => one.key !== "controller");
    let count = 0;
    for (const section of sections) {
      const unfolded = filtering || open.has(section.name);
      let here = 0;
      let folded = 0;
      for (const row of section.rows) {
        const fits = Query.matches(terms, row, view);
        const hide = !fits || (row.same && !unfolded);
        row.hidden = hide;
        if (hide) row.line.hidden = true;
        else if (row.line.hidden) appear.push(row.line);
        if (fits) here += 1;
        if (fits && row.same) folded += 1;
      }
      section.body.hidden = here === 0;
      count += here;
      if (section.fold) {
        section.fold.hidden = filtering || folded === 0;
        section.fold.querySelector("button").setAttribute("aria-expanded", String(unfolded));
      }
    }
    show(appear);
    const asked = box.value.trim() !== "";
    shown.textContent = asked ? `${count} of ${total} cases` : `${total} cases`;
    problem.textContent = problems.join(" · ");
    none.hidden = count > 0;
    for (const chip of chips) {
      const [key, value] = chip.dataset.term.split(":");
      chip.setAttribute("aria-pressed", String(Query.has(box.value, key, value)));
    }
    writeUrl();
  }

  function setQuery(text) {
    box.value = text;
    apply();
  }

  function toggle(term) {
    const [key, value] = term.split(":");
    setQuery(Query.toggled(box.value, key, value));
  }

  function links() {
    return sections.flatMap((s) => (s.body.hidden ? [] : s.rows.filter((r) => !r.hidden).map((r) => r.link)));
  }

  function turnFold(section) {
    if (!section || !section.fold) return;
    if (!open.delete(section.name)) open.add(section.name);
    apply();
  }

  function here() {
    const body = document.activeElement.closest("tbody");
    return sections.find((section) => section.body === body);
  }

  box.addEventListener("input", apply);
  box.form.addEventListener("submit", (event) => event.preventDefault());
  for (const chip of chips) chip.addEventListener("click", () => toggle(chip.dataset.term));
  document.getElementById("clear").addEventListener("click", () => setQuery(""));
  addEventListener("hashchange", () => {
    readUrl();
    apply();
  });
  table.addEventListener("click", (event) => {
    const fold = event.target.closest("tr.fold button");
    if (fold) {
      turnFold(sections.find((section) => section.body === fold.closest("tbody")));
      return;
    }
    const cell = event.target.closest("tr[data-i] > td");
    if (!cell || getSelection().type === "Range") return;
    const link = cell.parentElement.querySelector("th a");
    location.href = `${link.href}#${columns[cell.cellIndex - 1].slug}`;
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") {
      if (box.value) setQuery("");
      else box.blur();
    } else if (event.key === "ArrowDown" && event.target === box) {
      Page.move(links(), 1);
    } else if (Page.typing(event)) {
      return;
    } else if (event.key === "/") {
      box.focus();
      box.select();
    } else if (event.key === "j" || event.key === "ArrowDown") {
      if (!Page.move(links(), 1)) return;
    } else if (event.key === "k" || event.key === "ArrowUp") {
      if (!Page.move(links(), -1)) return;
    } else if (event.key === "d") {
      toggle("is:different");
    } else if (event.key === "o") {
      const section = here();
      if (section) {
        turnFold(section);
      } else {
        const all = sections.filter((one) => one.fold);
        const unfold = all.some((one) => !open.has(one.name));
        for (const one of all) open[unfold ? "add" : "delete"](one.name);
        apply();
      }
    } else {
      return;
    }
    event.preventDefault();
  });

  document.documentElement.classList.add("ready");
  readUrl();
  apply();
})();

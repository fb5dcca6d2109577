// What every page has: colours, copy buttons, the dialog of keys, the way back to the matrix as it was left.
"use strict";
const Page = (() => {
  const root = document.documentElement;
  const THEMES = ["system", "light", "dark"];

  function theme() {
    return root.dataset.theme || "system";
  }

  function showTheme(button) {
    button.textContent = { system: "Auto", light: "Light", dark: "Dark" }[theme()];
    button.setAttribute("aria-label", `Colours: ${theme()}`);
    button.title = "Light, dark, or as the system (t)";
  }

  function nextTheme() {
    const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length];
    if (next === "system") delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      if (next === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", next);
    } catch {
      // The choice then holds for this page only.
    }
    const button = document.getElementById("theme");
    if (button) showTheme(button);
  }

  function selectText(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  // Pages from a disk may have no clipboard: then the old command, and if that fails, the text is selected.
  async function copy(button) {
    const code = button.previousElementSibling;
    let done = true;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      selectText(code);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Selected";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }

  function typing(event) {
    return event.target.matches("input, select, textarea") || event.target.isContentEditable;
  }

  // Moves the focus in a list; returns whether there was somewhere to go.
  function move(list, step) {
    if (!list.length) return false;
    const at = list.indexOf(document.activeElement);
    const to = at < 0 ? (step > 0 ? 0 : list.length - 1) : at + step;
    if (to < 0 || to >= list.length) return false;
    list[to].focus();
    list[to].scrollIntoView({ block: "nearest" });
    return true;
  }

  function remembered(name) {
    try {
      return sessionStorage.getItem(name) || "";
    } catch {
      return "";
    }
  }

  function remember(name, value) {
    try {
      sessionStorage.setItem(name, value);
    } catch {
      // The way back then leads to the whole matrix.
    }
  }

  function showKeys() {
    const dialog = document.getElementById("keys");
    if (dialog && !dialog.open) dialog.showModal();
  }

  // Buttons that need a script are made by it: a page without scripts has none that do nothing.
  function makeButton(text, label, press) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => press(button));
    return button;
  }

  const tools = document.createElement("span");
  tools.className = "tools";
  const button = makeButton("", "", nextTheme);
  button.id = "theme";
  showTheme(button);
  tools.append(button);
  if (document.getElementById("keys")) {
    const help = makeButton("?", "Keys and queries", showKeys);
    help.id = "help";
    tools.append(help);
  }
  document.querySelector(".bar").append(tools);
  for (const line of document.querySelectorAll("pre.copy")) {
    const about = line.closest("details")?.querySelector("h3")?.textContent || "the command";
    const both = document.createElement("div");
    both.className = "copied";
    line.replaceWith(both);
    both.append(line, makeButton("Copy", `Copy the line of ${about}`, copy));
  }
  for (const link of document.querySelectorAll('a[href$="index.html"]')) link.hash = remembered("matrix");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "t") nextTheme();
    else if (event.key === "?") showKeys();
    else return;
    event.preventDefault();
  });

  // The names of runs are plain: nothing in them is ever encoded.
  const run = location.hash.slice(1);
  for (const link of document.querySelectorAll(".verdicts a")) {
    if (run && link.getAttribute("href").endsWith(`/${run}.html`)) link.classList.add("meant");
  }

  const probes = [...document.querySelectorAll(".probes > details > summary")];
  if (probes.length) {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
      const step = { j: 1, k: -1 }[event.key];
      if (step && move(probes, step)) event.preventDefault();
      const turn = { n: 'a[rel="next"]', p: 'a[rel="prev"]', u: 'a[href$="index.html"]' }[event.key];
      const link = turn && document.querySelector(turn);
      if (link) location.href = link.href;
    });
  }

  return { typing, move, remember };
})();

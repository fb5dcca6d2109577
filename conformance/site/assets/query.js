// The query language, in one place: from text to terms, from terms to an answer about a row. Touches no page.
//
// A query is a list of terms; a row must fit all of them. A term is `key:value,value`, `"some text"` or a word; a
// minus in front turns it round. `controller:` chooses columns; the other terms look at the columns in view only.
"use strict";
const Query = (() => {
  const LETTERS = {
    pass: "p", fail: "f", unsupported: "u", skipped: "s", error: "e", recorded: "r", "not-run": "n",
  };
  const LEVELS = ["core", "extended", "observed", "api", "parity"];
  const PARITY = { same: "s", differs: "d", ignored: "i", refused: "r" };
  const IS = ["different", "same"];
  const KEYS = ["status", "level", "is", "controller", "section", "id", "statement", "reason", "finding", "parity"];
  const TERM = /(-?)(?:([a-z]+):)?((?:"[^"]*"?|[^\s"])+)/gi;
  const CLOSED = { status: Object.keys(LETTERS), level: LEVELS, is: IS, parity: [...Object.keys(PARITY), "open"] };

  // Splits at commas that stand outside quotes, and takes the quotes away.
  function values(text) {
    const parts = text.match(/(?:"[^"]*"?|[^,"])+/g) || [];
    return parts.map((part) => part.replaceAll('"', "").toLowerCase()).filter(Boolean);
  }

  function term(match) {
    const [text, minus, key, rest] = match;
    const known = key && KEYS.includes(key.toLowerCase());
    if (known) return { not: minus === "-", key: key.toLowerCase(), values: values(rest), text };
    const whole = (key ? `${key}:` : "") + rest;
    return { not: minus === "-", key: "", values: [whole.replaceAll('"', "").toLowerCase()], text };
  }

  // Returns { terms, problems }: problems are sentences about what cannot be meant.
  function parse(text) {
    const terms = [];
    const problems = [];
    for (const match of text.matchAll(TERM)) {
      const one = term(match);
      const closed = CLOSED[one.key];
      if (one.key === "" && /^[a-z]+:/.test(one.values[0]) && !/^https?:/.test(one.values[0])) {
        problems.push(`“${one.values[0].split(":")[0]}:” is no key; looked for as text`);
      }
      for (const value of closed ? one.values : []) {
        if (!closed.includes(value)) problems.push(`“${one.key}:${value}” is unknown; known: ${closed.join(", ")}`);
      }
      if (one.values.some(Boolean)) terms.push(one);
    }
    for (const match of text.matchAll(/(?:^|\s)-?([a-z]+):(?=\s|$)/gi)) {
      if (KEYS.includes(match[1].toLowerCase())) problems.push(`“${match[1]}:” needs a value`);
    }
    return { terms, problems };
  }

  // Returns for each column (slug and label) whether it is in view.
  function columnsInView(terms, columns) {
    const chosen = terms.filter((one) => one.key === "controller");
    return columns.map((column) => {
      const names = [column.slug.toLowerCase(), column.label.toLowerCase()];
      return chosen.every((one) => {
        // A name that is exactly some column's means that one, not all that begin with it.
        const hit = one.values.some((value) => {
          const exact = columns.some((c) => c.slug.toLowerCase() === value || c.name.toLowerCase() === value);
          return exact ? names[0] === value || column.name.toLowerCase() === value : names.some((n) => n.includes(value));
        });
        return hit !== one.not;
      });
    });
  }

  function different(groups, view) {
    const seen = new Set();
    for (let place = 0; place < view.length; place += 1) {
      if (view[place] && groups[place] !== "-") seen.add(groups[place]);
    }
    return seen.size > 1;
  }

  // A word of parity is a letter, a capital where the case is open.
  function compared(letter, value) {
    return value === "open" ? /[A-Z]/.test(letter) : letter.toLowerCase() === PARITY[value];
  }

  // A row: id, section, level, letters, groups, parity, statements, reasons, findings (lists in lower case), text
  // (lower case).
  const FITS = {
    status: (row, value, view) => view.some((shown, place) => shown && row.letters[place] === LETTERS[value]),
    parity: (row, value, view) => view.some((shown, place) => shown && compared(row.parity[place] || "", value)),
    level: (row, value) => row.level === value,
    is: (row, value, view) => IS.includes(value) && different(row.groups, view) === (value === "different"),
    section: (row, value) => row.section.includes(value),
    id: (row, value) => row.id.includes(value),
    statement: (row, value) => row.statements.includes(value),
    reason: (row, value) => row.reasons.includes(value),
    finding: (row, value) => row.findings.includes(value),
    "": (row, value) => row.text.includes(value),
  };

  function matches(terms, row, view) {
    return terms.every((one) => {
      if (one.key === "controller") return true;
      return one.values.some((value) => FITS[one.key](row, value, view)) !== one.not;
    });
  }

  function has(text, key, value) {
    return parse(text).terms.some((one) => !one.not && one.key === key && one.values.includes(value));
  }

  // Returns the text with key:value added to, or taken from, the term of that key.
  function toggled(text, key, value) {
    const { terms } = parse(text);
    const term = terms.find((one) => !one.not && one.key === key);
    const quoted = (word) => (/[\s,]/.test(word) ? `"${word}"` : word);
    const rest = terms.filter((one) => one !== term).map((one) => one.text);
    let now = term ? term.values : [];
    if (now.includes(value)) now = now.filter((one) => one !== value);
    else now = key === "is" ? [value] : [...now, value];
    return [...(now.length ? [`${key}:${now.map(quoted).join(",")}`] : []), ...rest].join(" ");
  }

  return { parse, columnsInView, matches, has, toggled };
})();

// Filters, and the fragment of the address: #m12, #a2, #severity=error&rule=..., each a link that can be sent.

const FILTERS = ["severity", "rule", "side", "in", "q"];
const SENT = ["said", "fault", "gap"]; // what one side is answerable for
const MOST_OPTIONS = 500;
// Whom an entry is to be laid to: who sent it, or who owed what is missing at the end.
const sidesOf = (entry) => entry.owed_by || (SENT.includes(entry.event) ? [entry.sender] : []);

const blank = () => ({ severity: [], rule: "", side: "", in: "", q: "" });
let filter = blank();

const decode = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // half a %: taken as it stands
  }
};

const readFragment = () => {
  const found = { target: "", filter: blank() };
  for (const part of location.hash.slice(1).split("&")) {
    const [, name, value] = part.match(/^(\w+)=(.*)$/s) || [];
    if (!name) found.target ||= decode(part);
    else if (name === "severity") found.filter.severity = decode(value).split(",").filter((each) => LEVELS.includes(each));
    else if (FILTERS.includes(name)) found.filter[name] = decode(value);
  }
  return found;
};

const fragmentOf = (target) => {
  const parts = target ? [target] : [];
  for (const name of FILTERS) {
    const value = String(filter[name]);
    if (value) parts.push(`${name}=${encodeURIComponent(value)}`);
  }
  return parts.join("&");
};

const writeFragment = (target) => {
  try {
    history.replaceState(null, "", `#${fragmentOf(target)}`);
  } catch {
    // A page without an address of its own has no fragment to keep.
  }
};

const matcher = () => {
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  const inside = filter.in.toLowerCase();
  return (row) => {
    if (inside && (!row.entry.association || associationKey(row.entry) !== inside)) return false;
    if (filter.side && !sidesOf(row.entry).includes(filter.side)) return false;
    if (filter.severity.length || filter.rule) {
      const fits = (each) => (!filter.severity.length || filter.severity.includes(each.severity)) && (!filter.rule || each.rule === filter.rule);
      if (!row.findings.some(fits)) return false;
    }
    if (!words.length) return true;
    const text = textOf(row);
    return words.every((word) => text.includes(word));
  };
};

const countShown = (rows) => {
  const told = LEVELS.map((level) => [level, rows.reduce((sum, row) => sum + row.findings.filter((each) => each.severity === level).length, 0)]);
  const found = told.filter(([, number]) => number).map(([level, number]) => counted(number, level));
  const all = rows.length === model.rows.length;
  byId("count").textContent = `${all ? "All" : `${rows.length.toLocaleString("en")} of`} ${counted(model.rows.length, "entry")}${all ? "" : " shown"}${found.length ? `, ${found.join(", ")}` : ""}`;
};

const applyFilter = () => {
  for (const box of document.querySelectorAll("[name=severity]")) box.checked = filter.severity.includes(box.value);
  for (const name of ["rule", "side", "in"]) {
    const select = byId(name);
    if (filter[name] && ![...select.options].some((each) => each.value === filter[name])) {
      select.append(el("option", { value: filter[name] }, filter[name]));
    }
    select.value = filter[name];
  }
  if (byId("q").value !== filter.q) byId("q").value = filter.q;
  const rows = model.rows.filter(matcher());
  showRows(rows);
  countShown(rows);
};

const setFilter = (change, target = "") => {
  filter = { ...filter, ...change };
  writeFragment(target);
  applyFilter();
};

const readForm = () => setFilter({
  severity: [...document.querySelectorAll("[name=severity]:checked")].map((each) => each.value),
  rule: byId("rule").value,
  side: byId("side").value,
  in: byId("in").value,
  q: byId("q").value,
});

const addOptions = (name, options) => {
  byId(name).append(...[...options].slice(0, MOST_OPTIONS).map(([value, words]) => el("option", { value }, words)));
};

const fillForm = () => {
  const rules = new Map();
  const sides = new Map();
  for (const row of model.rows) {
    for (const each of row.findings) rules.set(each.rule, (rules.get(each.rule) || 0) + 1);
    for (const side of sidesOf(row.entry)) sides.set(side, (sides.get(side) || 0) + (row.entry.event === "said"));
  }
  addOptions("rule", [...rules].sort((a, b) => b[1] - a[1]).map(([rule, number]) => [rule, `${rule} (${number})`]));
  addOptions("side", [...sides].map(([side, number]) => [side, `${side} (${number})`]));
  addOptions("in", [...model.associations].map(([key, each]) => [key, `${key.toUpperCase()} ${each.sender} \u2192 ${each.receiver}`]));
};

const inView = (id) => {
  const node = byId(id);
  if (node) node.scrollIntoView();
};

// What the address asks for: filters first, then the entry, which is shown whatever the filters. A part of the page,
// as #verdict, leaves the filters alone.
const followFragment = (isFirst) => {
  const asked = readFragment();
  const row = model.byId.get(asked.target);
  const before = fragmentOf("");
  if (isFirst || row || !asked.target) filter = asked.filter;
  const wanted = fragmentOf("");
  if (row && !matcher()(row)) filter = blank();
  if (isFirst || fragmentOf("") !== before) applyFilter();
  if (row) goTo(row, true);
  else if (asked.target) inView(asked.target);
  else if (wanted) inView("conversation");
};

const copyLink = async (id) => {
  writeFragment(id);
  const link = location.href;
  try {
    await navigator.clipboard.writeText(link);
    say(`Link to ${id} copied`);
    toast(`Link to ${id} copied`);
  } catch {
    say(`The link stands in the address bar: ${link}`);
    toast("The link stands in the address bar");
  }
};

const toast = (words) => {
  const node = el("p", { class: "toast", "aria-hidden": "true" }, words);
  document.body.append(node);
  setTimeout(() => node.remove(), 2000);
};

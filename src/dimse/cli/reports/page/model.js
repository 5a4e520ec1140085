// The events as data: a row each, with what it is called, what is wrong with it, and what belongs to it.

const model = {
  captures: [],
  tables: new Map(),
  names: new Map(),
  results: [],
  rows: [],
  byId: new Map(),
  associations: new Map(),
  summary: {},
};

const prefixOf = (capture) => (capture ? `c${capture + 1}-` : "");
const associationKey = (entry) => `${prefixOf(entry.capture || 0)}a${entry.association}`;
const messageKey = (entry, number) => `${prefixOf(entry.capture || 0)}m${number}`;

const findingsOf = (entry) =>
  entry.event === "fault"
    ? [{ rule: "FAULT", severity: "error", text: entry.reason, section: "PS3.8 9.3" }]
    : entry.violations || [];

const worstOf = (findings) => LEVELS.find((level) => findings.some((each) => each.severity === level)) || "ok";

const takeRow = (entry) => {
  const key = entry.association ? associationKey(entry) : "";
  let id = `x${model.rows.length + 1}`;
  if (entry.event === "said") id = messageKey(entry, entry.number);
  else if (key && !model.associations.has(key) && (entry.event === "began" || entry.event === "ended")) {
    id = key;
    model.associations.set(key, entry);
  }
  const findings = findingsOf(entry);
  const row = { entry, id, findings, level: worstOf(findings), links: [], open: false, text: null };
  model.rows.push(row);
  model.byId.set(id, row);
  if (entry.event === "said" && (entry.parent || entry.request)) {
    const other = model.byId.get(messageKey(entry, entry.parent || entry.request));
    if (other) other.links.push(id);
  }
};

const take = (entry) => {
  if (entry.event === "table") model.tables.set(entry.message, entry);
  else if (entry.event === "name") model.names.set(entry.uid, entry.name);
  else if (entry.event === "capture") {
    model.captures.push(entry.path);
    if (entry.results) model.results = entry.results;
    if (model.captures.length > 1) takeRow({ ...entry, capture: model.captures.length - 1 });
  } else takeRow(entry);
};

const readModel = () => {
  for (const node of document.querySelectorAll("script.events")) {
    for (const entry of JSON.parse(node.textContent)) take(entry);
    node.remove();
  }
  model.summary = JSON.parse(byId("summary-data").textContent);
};

const nameOfUid = (uid) => (model.names.has(uid) ? `${uid} ${model.names.get(uid)}` : uid);

const TITLES = {
  began: (entry) => (entry.from_start === false ? "found under way" : "Association accepted"),
  ended: (entry) => ({ unfinished: "capture ends", closed: "connection closed", reset: "connection reset" })[entry.how] || entry.how,
  gap: (entry) => (entry.missing ? `gap of ${entry.missing.toLocaleString("en")} bytes` : "lost track"),
  fault: () => "no PDU, or no message",
  encrypted: () => "TLS",
  unread: () => "incomplete",
  capture: () => "capture",
};

const titleOf = (entry) => (entry.event === "said" ? entry.message : TITLES[entry.event](entry));

// The C-MOVE of a C-STORE may stand on another Association; the request of a response on the same.
const relationOf = (entry) => {
  if (entry.parent) return { id: messageKey(entry, entry.parent), words: `for m${entry.parent}` };
  return null;
};

const toldOf = (entry) => {
  if (entry.event === "said") return entry.told || "";
  if (entry.event === "began" && entry.contexts) {
    const accepted = entry.contexts.filter((each) => each.result === 0).length;
    return `${accepted} of ${counted(entry.contexts.length, "context")} accepted`;
  }
  if (entry.event === "gap") return "not captured: held against nobody";
  if (entry.event === "encrypted") return `${entry.client} to ${entry.server}: nothing in it can be read`;
  if (entry.event === "capture") return entry.path;
  if (entry.event === "ended") return [entry.by && `by ${entry.sender}`, entry.text].filter(Boolean).join(": ");
  return entry.reason || "";
};

// What the search looks through, made when it is first looked through.
const textOf = (row) => {
  if (row.text === null) {
    const { entry } = row;
    const parts = [row.id, titleOf(entry), toldOf(entry), entry.sender, entry.receiver, entry.requestor, entry.acceptor];
    for (const value of Object.values(entry.parameters || {})) {
      parts.push(...(Array.isArray(value) ? value : [value, model.names.get(value)]));
    }
    for (const each of entry.contexts || []) {
      parts.push(each.abstract_syntax, model.names.get(each.abstract_syntax));
    }
    for (const each of row.findings) parts.push(each.rule, each.text, each.section, each.severity);
    parts.push(...(entry.anomalies || []));
    row.text = parts.filter((each) => each !== undefined && each !== null).join("\n").toLowerCase();
  }
  return row.text;
};

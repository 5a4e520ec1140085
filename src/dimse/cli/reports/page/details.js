// What unfolds below a row: the matrix of a message row by row, its bytes, the contexts of an Association.

const linkTo = (id, words) => el("a", { href: `#${id}` }, words || id);

const facts = (pairs) =>
  el("dl", { class: "facts" }, ...pairs.filter(([, value]) => value).map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, ...(Array.isArray(value) ? value : [value])))));

const scroll = (label, ...children) =>
  el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": label }, ...children);

const tableOf = (caption, heads, rows) =>
  scroll(caption, el("table", {},
    el("caption", {}, caption),
    el("thead", {}, el("tr", {}, ...heads.map((each) => el("th", { scope: "col", class: each === "Section" && "section" }, each)))),
    el("tbody", {}, ...rows)));

const verdictOf = (finding) =>
  el("p", { class: `finding ${finding.severity}` }, badge(finding.severity), ` ${finding.text} `,
    el("span", { class: "where" }, el("a", { href: `#rule=${encodeURIComponent(finding.rule)}` }, finding.rule), ` ${finding.section}`));

const shown = (row, value) => {
  const one = (each) => {
    if (row.keyword === "Priority") return `${each} ${["MEDIUM", "HIGH", "LOW"][each] || ""}`;
    if (row.keyword === "Status") return `${each.toString(16).toUpperCase().padStart(4, "0")}H`;
    return row.vr === "UI" ? nameOfUid(String(each)) : String(each);
  };
  return Array.isArray(value) ? value.map(one).join(", ") : one(value);
};

const valueOf = (row, entry) => {
  if (!row.vr) return entry.data_set && row.cell !== "-" ? counted(entry.data_set.length, "byte") : "";
  const value = (entry.parameters || {})[row.keyword];
  if (value === undefined) return "";
  const text = shown(row, value);
  return row.keyword === "Status" && entry.status
    ? [text, entry.status.class, entry.status.meaning !== entry.status.class && entry.status.meaning].filter(Boolean).join(" ")
    : text;
};

const matrixRow = (row, entry, findings) => {
  const value = valueOf(row, entry);
  const wrong = worstOf(findings);
  const verdict = findings.length
    ? findings.map(verdictOf)
    : [value ? badge("ok") : el("span", { class: "absent" }, "absent")];
  return el("tr", { class: findings.length ? wrong : value ? "" : "quiet" },
    el("th", { scope: "row" }, row.name, row.status_related && el("small", {}, "Annex C") || null),
    el("td", { class: "code" }, row.tag || ""), el("td", { class: "code" }, row.vr || ""),
    el("td", { class: "cell", "data-label": "Cell" }, row.cell || "", row.condition ? el("small", {}, row.condition) : null),
    el("td", { class: "value", "data-label": "Value" }, value), el("td", {}, ...verdict), el("td", { class: "section" }, row.section));
};

const matrix = (entry) => {
  const table = model.tables.get(entry.message);
  const left = [...(entry.violations || [])];
  const rows = table.rows.map((row) => {
    const own = left.filter((each) => each.keyword === row.keyword);
    own.forEach((each) => left.splice(left.indexOf(each), 1));
    return matrixRow(row, entry, own);
  });
  for (const each of left) {
    const row = { name: each.keyword || "the message", cell: each.cell, vr: "?", section: each.section };
    rows.push(matrixRow(row, {}, [each]));
  }
  const heads = ["Parameter", "Tag", "VR", "Cell", "Value", "Verdict", "Section"];
  return tableOf(`${entry.message} against ${table.title}, column ${table.columns[table.column]}`, heads, rows);
};

// Elements of a Command Set, Implicit VR Little Endian, a line each 16 bytes; what is no element is one piece.
const elementsOf = (bytes) => {
  const found = [];
  let at = 0;
  while (at < bytes.length) {
    const length = at + 8 <= bytes.length ? bytes[at + 4] + bytes[at + 5] * 256 + bytes[at + 6] * 65536 + bytes[at + 7] * 16777216 : Infinity;
    const end = at + 8 + length > bytes.length ? bytes.length : at + 8 + length;
    found.push([at, end]);
    at = end;
  }
  return found;
};

const hex = (number, digits) => number.toString(16).padStart(digits, "0");

const dump = (digits) => {
  const bytes = (digits.match(/../g) || []).map((each) => parseInt(each, 16));
  const lines = [];
  for (const [start, end] of elementsOf(bytes)) {
    for (let at = start; at < end; at += 16) {
      const piece = bytes.slice(at, Math.min(at + 16, end));
      const text = piece.map((each) => (each > 31 && each < 127 ? String.fromCharCode(each) : ".")).join("");
      lines.push(`${hex(at, 4)}${at === start ? " " : "+"} ${piece.map((each) => hex(each, 2)).join(" ").padEnd(48)} ${text}`);
    }
  }
  return lines.join("\n");
};

const bytesOf = (entry) => {
  const said = entry.cut ? `Command Set, the first ${entry.command.length / 2} of ${entry.cut} bytes` : `Command Set, ${entry.command.length / 2} bytes, an element a line`;
  return el("details", { class: "bytes" }, el("summary", {}, said), scroll("Bytes of the Command Set", el("pre", {}, dump(entry.command))));
};

const contextOf = (entry) => {
  const began = model.associations.get(associationKey(entry));
  const found = began && (began.contexts || []).find((each) => each.id === entry.context);
  return found ? `${entry.context}: ${nameOfUid(found.abstract_syntax)}` : String(entry.context);
};

const MOST_LINKS = 50;

const linksOf = (row, wanted, many) => {
  const found = row.links.filter((id) => wanted(model.byId.get(id).entry));
  if (!found.length) return null;
  const links = found.slice(0, MOST_LINKS).flatMap((id) => [linkTo(id, many ? `${id} (A${model.byId.get(id).entry.association})` : id), " "]);
  return found.length > MOST_LINKS ? [...links, `and ${counted(found.length - MOST_LINKS, "other")}`] : links;
};

const messageDetails = (row) => {
  const { entry } = row;
  const set = entry.data_set;
  const pairs = [
    ["Frame", String(entry.frame)],
    ["Association", [linkTo(associationKey(entry), `A${entry.association}`)]],
    ["Context", contextOf(entry)],
    ["Answers", entry.request && [linkTo(messageKey(entry, entry.request))]],
    ["Sub-operation of", entry.parent && [linkTo(messageKey(entry, entry.parent))]],
    ["Answered by", linksOf(row, (each) => each.request === entry.number, false)],
    ["Its C-STOREs", linksOf(row, (each) => each.parent === entry.number, true)],
    ["Data Set", set && `${counted(set.length, "byte")}${set.missing ? `, ${set.missing} of them not captured` : ""}${set.elements ? "" : ", not shown"}`],
  ];
  const parts = [facts(pairs), matrix(entry)];
  if (entry.anomalies) {
    parts.push(el("div", { class: "odd" }, el("p", {}, "Odd about the bytes:"), el("ul", {}, ...entry.anomalies.map((each) => el("li", {}, each)))));
  }
  parts.push(bytesOf(entry));
  if (set && set.elements) {
    parts.push(el("details", { class: "bytes" }, el("summary", {}, "Data Set"), scroll("Data Set", el("pre", {}, set.elements.join("\n")))));
  }
  return parts;
};

const resultOf = (context) => {
  if (context.result === undefined || context.result === null) return "not answered";
  return context.result === 0 ? "accepted" : model.results[context.result] || `result ${context.result}`;
};

const associationDetails = (entry) => {
  const roles = Object.entries(entry.roles || {}).flatMap(([side, found]) =>
    Object.entries(found).map(([uid, [scu, scp]]) => `${side}, ${nameOfUid(uid)}: SCU ${scu}, SCP ${scp}`));
  const parts = [facts([
    ["Frame", String(entry.frame)],
    ["Requestor", entry.requestor && `${entry.calling || ""} ${entry.requestor}`],
    ["Acceptor", entry.acceptor && `${entry.called || ""} ${entry.acceptor}`],
    ["Window", entry.window && `${entry.window[0]} invoked, ${entry.window[1]} performed`],
    ["Roles", roles.join("; ")],
    ["Said", entry.text || entry.reason],
    ["Missing", entry.missing && counted(entry.missing, "byte")],
  ])];
  if (entry.contexts) {
    const rows = entry.contexts.map((each) => el("tr", { class: each.result === 0 ? "" : "quiet" },
      el("td", { "data-label": "ID" }, String(each.id)), el("td", { class: "value" }, nameOfUid(each.abstract_syntax)),
      el("td", {}, resultOf(each)), el("td", { class: "value" }, nameOfUid(each.transfer_syntax || ""))));
    parts.push(tableOf("Presentation Contexts", ["ID", "Abstract syntax", "Result", "Transfer syntax"], rows));
  }
  parts.push(...findingsOf(entry).map(verdictOf));
  return parts;
};

const detailsOf = (row) => {
  const copy = el("button", { type: "button", class: "copy", onclick: () => copyLink(row.id) }, "Copy link");
  const parts = row.entry.event === "said" ? messageDetails(row) : associationDetails(row.entry);
  return el("div", { class: "more", id: `${row.id}-more` }, copy, ...parts);
};

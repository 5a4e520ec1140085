// A row of the conversation: a button that unfolds it, with the diagram's arrow in it, and what is wrong below.

const MOST_SHOWN = 3;
const fold = (row, open) => {
  row.open = open;
  const node = document.getElementById(row.id);
  if (!node || !node.classList.contains("row")) return;
  const head = node.querySelector(".head");
  head.setAttribute("aria-expanded", String(open));
  if (open) head.setAttribute("aria-controls", `${row.id}-more`);
  else head.removeAttribute("aria-controls");
  const more = node.querySelector(".more");
  if (open && !more) node.append(detailsOf(row));
  if (!open && more) more.remove();
};

const verdictBadge = (row) => {
  if (row.findings.length) {
    const number = row.findings.filter((each) => each.severity === row.level).length;
    return badge(row.level, counted(number, row.level));
  }
  if (row.entry.event === "said") return badge("ok");
  return ["gap", "unread", "encrypted"].includes(row.entry.event) || ["aborted", "rejected", "reset"].includes(row.entry.how)
    ? badge("note", { gap: "gap", unread: "unread", encrypted: "TLS" }[row.entry.event] || row.entry.how)
    : "";
};

const findingLine = (finding) =>
  el("li", { class: finding.severity }, badge(finding.severity), el("span", { class: "text" }, ` ${finding.text} `),
    el("span", { class: "where" }, el("a", { href: `#rule=${encodeURIComponent(finding.rule)}` }, finding.rule), ` ${finding.section}`));

const findingList = (row) => {
  if (!row.findings.length) return null;
  const first = [...row.findings].sort((a, b) => LEVELS.indexOf(a.severity) - LEVELS.indexOf(b.severity)).slice(0, MOST_SHOWN);
  const rest = row.findings.length - first.length;
  return el("ul", { class: "below" }, ...first.map(findingLine),
    rest ? el("li", {}, `and ${counted(rest, "other")}: unfold to see them`) : null);
};

const makeRow = (row, place, total) => {
  const { entry } = row;
  const time = entry.seconds === undefined ? "" : entry.seconds.toFixed(6);
  const relation = relationOf(entry);
  const ends = entry.sender === undefined ? "" : `${entry.sender} \u2192 ${entry.receiver}`;
  const head = el("button", { type: "button", class: "head", "aria-expanded": String(row.open), "aria-controls": row.open ? `${row.id}-more` : undefined, onclick: () => fold(row, !row.open) },
    el("span", { class: "time" }, time),
    el("span", { class: "number" }, entry.number ? `m${entry.number}` : ""),
    el("span", { class: `chip tint${(entry.association || 0) % 6}` }, entry.association ? `A${entry.association}` : ""),
    stripOf(row),
    el("span", { class: "ends" }, ends),
    el("span", { class: "told" }, relation ? el("span", { class: "relation" }, `${relation.words} `) : null, toldOf(entry)),
    el("span", { class: "judged" }, verdictBadge(row)));
  const node = el("div", { class: `row ${entry.event} ${row.level}`, id: row.id, role: "listitem", "aria-posinset": place + 1, "aria-setsize": total }, head, findingList(row));
  if (row.open) node.append(detailsOf(row));
  return node;
};

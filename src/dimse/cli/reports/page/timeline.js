// The conversation as chunks of rows, made when they come near the window and taken away when they leave it.

const CHUNK = 40;
const FEW_CHUNKS = 10; // so many stay once they are made
const timeline = { rows: [], chunks: [], at: new Map(), observer: null, whole: false };

const guess = (row) => (matchMedia("(max-width: 760px)").matches ? 84 : 44) + 30 * Math.min(row.findings.length, MOST_SHOWN);

const fill = (chunk) => {
  if (chunk.live) return;
  chunk.live = true;
  chunk.node.style.height = "";
  chunk.node.replaceChildren(...timeline.rows.slice(chunk.first, chunk.end).map((row, at) => makeRow(row, chunk.first + at, timeline.rows.length)));
};

const empty = (chunk) => {
  if (!chunk.live || timeline.chunks.length <= FEW_CHUNKS || timeline.whole || chunk.node.contains(document.activeElement)) return;
  chunk.live = false;
  chunk.node.style.height = `${chunk.node.offsetHeight}px`;
  chunk.node.replaceChildren();
};

const observed = (entries) => {
  for (const entry of entries) {
    const chunk = timeline.chunks[Number(entry.target.dataset.chunk)];
    if (chunk && chunk.node === entry.target) (entry.isIntersecting ? fill : empty)(chunk);
  }
};

const showRows = (rows) => {
  timeline.rows = rows;
  timeline.chunks = [];
  timeline.at = new Map(rows.map((row, at) => [row.id, at]));
  timeline.observer ||= new IntersectionObserver(observed, { rootMargin: "1200px 0px" });
  timeline.observer.disconnect();
  for (let first = 0; first < rows.length; first += CHUNK) {
    const end = Math.min(first + CHUNK, rows.length);
    const node = el("div", { class: "chunk", "data-chunk": timeline.chunks.length });
    node.style.height = `${rows.slice(first, end).reduce((sum, row) => sum + guess(row), 0)}px`;
    timeline.chunks.push({ first, end, node, live: false });
  }
  byId("timeline").replaceChildren(...timeline.chunks.map((chunk) => chunk.node));
  timeline.chunks.slice(0, timeline.chunks.length <= FEW_CHUNKS ? FEW_CHUNKS : 1).forEach(fill);
  timeline.chunks.forEach((chunk) => timeline.observer.observe(chunk.node));
};

// Bring a row into view. Rows above it may find their heights on the way: it is brought there again until it stays.
const goTo = (row, open, tries = 6) => {
  const at = timeline.at.get(row.id);
  if (at === undefined) return;
  const chunk = timeline.chunks[Math.floor(at / CHUNK)];
  fill(chunk);
  if (open) fold(row, true);
  const node = byId(row.id);
  const head = node.querySelector(".head");
  head.focus({ preventScroll: true });
  const settle = (left) => {
    const top = node.getBoundingClientRect().top;
    if (top < 60 || top > innerHeight * 0.6) node.scrollIntoView({ block: "start" });
    if (left) requestAnimationFrame(() => settle(left - 1));
  };
  settle(tries);
};

const placeOfFocus = () => {
  const node = document.activeElement && document.activeElement.closest(".row");
  return node ? timeline.at.get(node.id) : undefined;
};

const step = (by, wanted) => {
  let at = placeOfFocus();
  if (at === undefined) at = by > 0 ? -1 : timeline.rows.length;
  for (at += by; at >= 0 && at < timeline.rows.length; at += by) {
    if (wanted(timeline.rows[at])) {
      goTo(timeline.rows[at], false);
      return true;
    }
  }
  return false;
};

const stepFinding = (by) => {
  if (!step(by, (row) => row.findings.length)) say(by > 0 ? "No further finding" : "No finding before this one");
};

// On paper: every row where there are not too many, else those with findings; the worst of them unfolded.
const MOST_PRINTED = 1500;
const MOST_UNFOLDED = 150;
const printing = { rows: null, opened: [] };

const beforePrint = () => {
  if (printing.rows) return;
  printing.rows = timeline.rows;
  const some = printing.rows.length > MOST_PRINTED;
  const rows = (some ? printing.rows.filter((row) => row.findings.length) : printing.rows).slice(0, MOST_PRINTED);
  printing.opened = rows.filter((row) => row.findings.length && !row.open).slice(0, MOST_UNFOLDED);
  printing.opened.forEach((row) => { row.open = true; });
  byId("printed").hidden = !some;
  byId("printed").textContent = `Printed are ${rows.length} of ${printing.rows.length} entries, those with findings.`;
  timeline.whole = true;
  showRows(rows);
  timeline.chunks.forEach(fill);
};

const afterPrint = () => {
  if (!printing.rows) return;
  timeline.whole = false;
  printing.opened.forEach((row) => { row.open = false; });
  showRows(printing.rows);
  printing.rows = null;
  byId("printed").hidden = true;
};

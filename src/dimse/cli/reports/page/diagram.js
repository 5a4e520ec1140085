// The sequence diagram: a lifeline an AE, the busiest ones; an arrow a message, in the row of that message.

const MOST_LIFELINES = 6;
const lifelines = { names: [], at: new Map() };

const endsOf = (entry) => [entry.sender, entry.receiver];

const findLifelines = () => {
  const counts = new Map();
  for (const { entry } of model.rows) {
    for (const name of endsOf(entry)) if (name !== undefined) counts.set(name, (counts.get(name) || 0) + 1);
  }
  const order = [...counts.keys()];
  let names = order;
  if (order.length > MOST_LIFELINES) {
    const busy = [...order].sort((a, b) => counts.get(b) - counts.get(a)).slice(0, MOST_LIFELINES - 1);
    names = order.filter((name) => busy.includes(name));
  }
  lifelines.names = names;
  names.forEach((name, place) => lifelines.at.set(name, place));
  if (order.length > names.length) lifelines.names = [...names, `${order.length - names.length} others`];
  const head = byId("lifelines");
  head.replaceChildren(...lifelines.names.map((name) => el("span", { title: name }, name)));
  byId("timeline").classList.toggle("few", lifelines.names.length <= 3);
  document.documentElement.style.setProperty("--lifelines", String(Math.max(1, lifelines.names.length)));
};

const placeOf = (name) => lifelines.at.get(name) ?? lifelines.names.length - 1;

const stripOf = (row) => {
  const { entry } = row;
  const strip = el("span", { class: `strip ${entry.event}` });
  const label = el("span", { class: "label" }, titleOf(entry));
  if (entry.event === "said" && entry.message.endsWith("-RSP")) strip.classList.add("reply");
  const [sender, receiver] = endsOf(entry);
  if (sender === undefined) {
    strip.classList.add("wide");
  } else {
    const [a, b] = [placeOf(sender), placeOf(receiver)];
    const left = Math.min(a, b);
    const nobody = entry.event === "ended" && !entry.by; // nobody ended it: a line without a head
    const way = nobody ? "" : a < b ? "right" : "left";
    const arrow = el("span", { class: `arrow ${a === b ? "self" : way}`, "aria-hidden": "true" });
    for (const node of [arrow, label]) {
      node.style.setProperty("--at", String(left));
      node.style.setProperty("--span", String(Math.abs(a - b)));
    }
    if (entry.event === "gap" || entry.event === "fault") {
      arrow.className = `arrow point ${entry.event}`;
      for (const node of [arrow, label]) {
        node.style.setProperty("--at", String(a));
        node.style.setProperty("--span", "0");
      }
    }
    strip.append(arrow);
  }
  strip.append(label);
  return strip;
};

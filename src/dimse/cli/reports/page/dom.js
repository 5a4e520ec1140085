// Elements, made with text alone: nothing that peers sent is ever read as markup.

const el = (tag, given = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((each) => each !== null && each !== undefined && each !== ""));
  return node;
};

const byId = (id) => document.getElementById(id);

const MARKS = { error: "\u2715", warning: "!", advisory: "i", ok: "\u2713" };
const LEVELS = ["error", "warning", "advisory"];
const PLURALS = { advisory: "advisories", entry: "entries" };

const counted = (number, one) =>
  `${number.toLocaleString("en")} ${number === 1 ? one : PLURALS[one] || `${one}s`}`;

const badge = (level, words) =>
  el("span", { class: `badge ${level}` }, el("span", { "aria-hidden": "true" }, MARKS[level] || "\u2022"), ` ${words || level}`);

// Said to those who listen, and seen nowhere.
const say = (words) => {
  byId("said").textContent = words;
};

const remembered = (key, value) => {
  try {
    if (value !== undefined) localStorage.setItem(`dimse.${key}`, value);
    return localStorage.getItem(`dimse.${key}`);
  } catch {
    return null; // storage is denied: the page forgets, and works
  }
};

// The keyboard, and light and dark.

const KEYS = {
  "/": () => byId("q").focus(),
  j: () => stepFinding(1),
  k: () => stepFinding(-1),
  "?": () => byId("keys").showModal(),
};

const IN_LIST = {
  ArrowDown: () => step(1, () => true),
  ArrowUp: () => step(-1, () => true),
  Home: () => timeline.rows.length && goTo(timeline.rows[0], false),
  End: () => timeline.rows.length && goTo(timeline.rows[timeline.rows.length - 1], false),
};

const typing = (node) => node instanceof Element && node.matches("input:not([type=checkbox]), select, textarea");

const pressed = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
  if (event.key === "Escape" && document.activeElement === byId("q")) {
    byId("q").value = "";
    readForm();
    return;
  }
  if (typing(event.target)) return;
  const inList = document.activeElement && document.activeElement.matches(".row > .head");
  const act = (inList && IN_LIST[event.key]) || (byId("single").checked && KEYS[event.key]);
  if (act) {
    event.preventDefault();
    act();
  }
};

const isDark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

const nameTheme = () => {
  byId("theme").textContent = isDark() ? "Light" : "Dark";
  byId("theme").setAttribute("aria-label", isDark() ? "Light theme" : "Dark theme");
};

const startTheme = () => {
  const chosen = remembered("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  nameTheme();
  byId("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    remembered("theme", document.documentElement.dataset.theme);
    nameTheme();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", nameTheme);
};

const startKeys = () => {
  document.addEventListener("keydown", pressed);
  byId("single").checked = remembered("single") !== "off";
  byId("single").addEventListener("change", () => remembered("single", byId("single").checked ? "on" : "off"));
  byId("keys-open").addEventListener("click", () => byId("keys").showModal());
  byId("keys-close").addEventListener("click", () => byId("keys").close());
};

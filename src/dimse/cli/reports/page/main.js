// From here the page begins.

readModel();
findLifelines();
fillForm();
startTheme();
startKeys();
for (const id of ["keys-open", "theme", "filters"]) byId(id).hidden = false;

let waiting = 0;
byId("q").addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(readForm, 120);
});
byId("filters").addEventListener("change", (event) => {
  if (event.target !== byId("q")) readForm();
});
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("clear").addEventListener("click", () => setFilter(blank()));
byId("next").addEventListener("click", () => stepFinding(1));
byId("previous").addEventListener("click", () => stepFinding(-1));
byId("unfold").addEventListener("click", () => {
  for (const row of timeline.rows) if (row.findings.length) row.open = true;
  showRows(timeline.rows);
});
byId("fold").addEventListener("click", () => {
  for (const row of model.rows) row.open = false;
  showRows(timeline.rows);
});

addEventListener("hashchange", () => followFragment(false));
addEventListener("beforeprint", beforePrint);
addEventListener("afterprint", afterPrint);
matchMedia("print").addEventListener("change", (event) => (event.matches ? beforePrint : afterPrint)());
document.title = `${document.title}: ${model.summary.sentence}`;
followFragment(true);
// When it has loaded, a browser looks for the fragment itself, and takes the focus away.
addEventListener("load", () => {
  const row = model.byId.get(readFragment().target);
  if (row) requestAnimationFrame(() => goTo(row, true));
});

// Judge the M and - cells of every test vector by the printed tables alone: node cells.mjs TABLES_MODULE VECTORS...
// A Command Set is taken apart here, element by element; nothing of another implementation is used.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [module, ...files] = process.argv.slice(2);
const { TABLES, MESSAGES } = await import(pathToFileURL(module).href);
const NAME_OF = new Map(Object.entries(MESSAGES).map(([name, { commandField }]) => [commandField, name]));

const hex = (number) => number.toString(16).toUpperCase().padStart(4, "0");

/** Tags of a Command Set in Implicit VR Little Endian, and its Command Field. */
function taken(command) {
  const bytes = Buffer.from(command, "hex");
  const tags = new Set();
  let field;
  for (let at = 0; at < bytes.length; ) {
    const tag = `(${hex(bytes.readUInt16LE(at))},${hex(bytes.readUInt16LE(at + 2))})`;
    const length = bytes.readUInt32LE(at + 4);
    tags.add(tag);
    if (tag === "(0000,0100)") field = bytes.readUInt16LE(at + 8);
    at += 8 + length;
  }
  return { tags, field };
}

/** Rules of M and - cells that a message breaks. */
function broken(step) {
  const { tags, field } = taken(step.command);
  const name = NAME_OF.get(field);
  const { service, role } = MESSAGES[name];
  const found = [];
  for (const row of TABLES[service].rows) {
    const there = row.tag === null ? step.data_set !== undefined : tags.has(row.tag);
    if (row[role] === undefined) continue;
    if (row[role].startsWith("M") && !there) found.push(`${name}.${row.keyword}.M`);
    // A Data Set has no tag: which of its rows it is, a message does not say. Annex C may permit what the table forbids.
    const asked = row.tag !== null && !(role === "response" && row.withStatus.length);
    if (row[role] === "-" && there && asked) found.push(`${name}.${row.keyword}.-`);
  }
  return found;
}

const counted = { cases: 0, M: 0, "-": 0, different: [] };
for (const file of files) {
  for (const { id, rules, result, steps } of JSON.parse(readFileSync(file, "utf-8")).cases) {
    // Cases of M and - cells, and those without fault: a bad value, too, is an absent one, and that no table says.
    if (result === "invalid" && !rules.every((rule) => /\.(M|-)$/.test(rule))) continue;
    for (const step of steps) {
      if (step.command === undefined) continue;
      counted.cases += 1;
      const { service, role } = MESSAGES[step.message];
      const rows = new Map(TABLES[service].rows.map((row) => [row.keyword, row]));
      const expected = Object.keys(step.expect).filter((rule) => {
        const [, keyword, kind] = rule.split(".");
        const row = rows.get(keyword);
        if (row === undefined) return false; // elements of no row of the service have no cell
        if (kind === "M") return true;
        return kind === "-" && row.tag !== null && !(role === "response" && row.withStatus.length);
      });
      const found = broken(step);
      for (const rule of found) counted[rule.split(".")[2]] += 1;
      if (found.sort().join() !== expected.sort().join()) counted.different.push({ id, found, expected });
    }
  }
}
console.log(JSON.stringify(counted));

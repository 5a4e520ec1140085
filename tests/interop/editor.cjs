// Ask yaml-language-server, as an editor does, what it says of a YAML file: hovers, completions and diagnostics.
// node editor.cjs FILE [LINE:COLUMN ...]   places count from 0; prints one JSON document.
const { readFileSync } = require("node:fs");
const { spawn } = require("node:child_process");
const { pathToFileURL } = require("node:url");
const rpc = require("vscode-jsonrpc/node");

const [file, ...places] = process.argv.slice(2);
const uri = pathToFileURL(file).href;
const server = spawn(process.execPath, [require.resolve("yaml-language-server/bin/yaml-language-server"), "--stdio"]);
const connection = rpc.createMessageConnection(
  new rpc.StreamMessageReader(server.stdout),
  new rpc.StreamMessageWriter(server.stdin),
);
const settings = { yaml: { hover: true, completion: true, validate: true, schemaStore: { enable: false } } };
connection.onRequest("workspace/configuration", ({ items }) => items.map(({ section }) => settings[section] ?? null));
connection.onRequest("client/registerCapability", () => null);
const judged = new Promise((resolve) =>
  connection.onNotification("textDocument/publishDiagnostics", ({ diagnostics }) => resolve(diagnostics)),
);
connection.listen();

async function main() {
  await connection.sendRequest("initialize", {
    processId: process.pid,
    rootUri: null,
    capabilities: { textDocument: { hover: { contentFormat: ["plaintext"] } }, workspace: { configuration: true } },
  });
  await connection.sendNotification("initialized", {});
  await connection.sendNotification("workspace/didChangeConfiguration", { settings });
  const text = readFileSync(file, "utf-8");
  await connection.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId: "yaml", version: 1, text },
  });
  const diagnostics = (await judged).map(({ message, range }) => ({ message, line: range.start.line }));
  const answers = {};
  for (const place of places) {
    const [line, character] = place.split(":").map(Number);
    const at = { textDocument: { uri }, position: { line, character } };
    const hover = await connection.sendRequest("textDocument/hover", at);
    const found = await connection.sendRequest("textDocument/completion", at);
    answers[place] = { hover: hover?.contents?.value ?? hover?.contents ?? null, offers: found.items.map((item) => item.label) };
  }
  console.log(JSON.stringify({ diagnostics, answers }));
}

main().finally(() => server.kill());

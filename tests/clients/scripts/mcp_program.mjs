// What @modelcontextprotocol/sdk is told by a horde. Arguments: the address of /mcp, the place of the package.
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [url, place] = process.argv.slice(2);
const require = createRequire(path.join(place, "package.json"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = await load("@modelcontextprotocol/sdk/client/streamableHttp.js");

async function connected(headers = {}) {
  const client = new Client({ name: "horde-test", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

const told = {};
const client = await connected();
told.tools = (await client.listTools()).tools.map((tool) => tool.name);
told.models = (await client.callTool({ name: "list_models", arguments: {} })).structuredContent.models.map((m) => m.name);
const progress = [];
const made = await client.callTool(
  { name: "generate_image", arguments: { prompt: "a red circle on a blue background", width: 256, height: 256 } },
  undefined,
  { onprogress: (news) => progress.push(news.progress) },
);
told.picture = made.content.map((part) => part.mimeType ?? part.type);
told.progress = progress;
told.text = (await client.callTool({ name: "generate_text", arguments: { prompt: "Once", max_length: 16 } })).structuredContent.text;
const refused = await client.callTool({ name: "generate_text", arguments: { prompt: "x", model: "nobody's" } });
told.unknown_model = [refused.isError, refused.content[0].text];
try {
  await client.callTool({ name: "generate_image", arguments: {} });
} catch (error) {
  told.wrong_arguments = error.code;
}
await client.close();
try {
  await connected({ Authorization: "Bearer " + "n".repeat(22) });
} catch (error) {
  told.wrong_key = String(error.code ?? error.message);
}
console.log(JSON.stringify(told));

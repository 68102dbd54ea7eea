// What a program does with the published npm package `openai`; prints one JSON line.
// Arguments: base URL, key, a model that nobody serves, folder of the package.
import { createRequire } from "node:module";
import { Readable } from "node:stream";

const [base, key, offline, place] = process.argv.slice(2);
const require = createRequire(`${place}/`);
const OpenAI = require("openai").OpenAI;
const { toFile } = require("openai");
const client = new OpenAI({ baseURL: base, apiKey: key, maxRetries: 0, timeout: 60_000 });
const told = {};
const messages = [{ role: "user", content: "Tell me of a lighthouse." }];

const models = [];
for await (const model of client.models.list()) models.push(model);
told.models = models.map((model) => model.id);
const model = models.find((each) => each.horde.type === "text").id;

const answer = await client.chat.completions.create({ model, messages, max_tokens: 24 });
told.chat = answer.choices[0].message.content;
told.finish = answer.choices[0].finish_reason;
told.usage = answer.usage.total_tokens;

const chunks = [];
const stream = await client.chat.completions.create({
  model, messages, max_tokens: 24, stream: true, stream_options: { include_usage: true },
});
for await (const chunk of stream) chunks.push(chunk);
told.streamed = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
told.first_role = chunks[0].choices[0].delta.role;
told.stream_usage = chunks.filter((chunk) => chunk.usage).map((chunk) => chunk.usage.total_tokens);
told.helper = await client.chat.completions.stream({ model, messages, max_tokens: 64 }).finalContent();

const completion = await client.completions.create({ model, prompt: ["Once upon a time", "There was"], max_tokens: 20 });
told.completions = completion.choices.map((choice) => choice.text);

const drawing = { prompt: "a red circle on a blue background", model: "ember-demo", size: "256x256" };
const made = await client.images.generate({ ...drawing, response_format: "b64_json" });
const data = Buffer.from(made.data[0].b64_json, "base64");
const magic = (b64) => Buffer.from(b64, "base64").subarray(0, 4).toString("latin1");
told.picture = magic(made.data[0].b64_json);
const link = await client.images.generate({ ...drawing, response_format: "url" });
const fetched = await fetch(link.data[0].url, { headers: { Authorization: `Bearer ${key}` } });
told.link = Buffer.from(await fetched.arrayBuffer()).subarray(8, 12).toString();
told.image_stream = [];
for await (const event of await client.images.generate({ ...drawing, stream: true })) told.image_stream.push(event.type);
const file = () => toFile(Readable.from([data]), "a.png");
const edited = await client.images.edit({ image: await file(), prompt: "a green star", model: "ember-demo" });
told.edit = magic(edited.data[0].b64_json);
const varied = await client.images.createVariation({ image: await file() });
told.variation = magic(varied.data[0].b64_json);

const refused = async (call) => {
  try {
    await call();
  } catch (error) {
    return [error.status, error.code];
  }
  return null;
};
const stranger = new OpenAI({ baseURL: base, apiKey: "nobody-has-this-key-00", maxRetries: 0 });
told.wrong_key = await refused(() => stranger.models.list());
told.unknown_model = await refused(() => client.chat.completions.create({ model: "no-such-model", messages }));
told.bad_request = await refused(() => client.chat.completions.create({ model, messages: [] }));
const tools = [{ type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } }];
told.tools = await refused(() => client.chat.completions.create({ model, messages, tools }));
const patient = new OpenAI({ baseURL: base, apiKey: key, timeout: 60_000 }); // repeats by itself what may be repeated
let begun = performance.now();
told.no_worker = await refused(() => patient.chat.completions.create({ model: offline, messages }));
told.no_worker_s = (performance.now() - begun) / 1000;

const leaving = await client.chat.completions.create({ model: offline, messages, stream: true }).withResponse();
const status = `${base.replace(/\/v1$/, "")}/api/v2/generate/text/status/${leaving.response.headers.get("horde-request")}`;
leaving.data.controller.abort();
begun = performance.now();
while (!(await (await fetch(status)).json()).done) await new Promise((resolve) => setTimeout(resolve, 20));
told.cancelled_s = (performance.now() - begun) / 1000;
console.log(JSON.stringify(told));

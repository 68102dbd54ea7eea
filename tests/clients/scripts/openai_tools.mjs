// Tools and time limits of the published npm package openai: prints one JSON line.
// Arguments: base URL, key, model, absent one, the folder that holds node_modules.
import { createRequire } from "node:module";

const [baseURL, apiKey, model, absent, place] = process.argv.slice(2);
const { OpenAI } = createRequire(place + "/")("openai");

const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const parameters = { type: "object", properties: { place: { type: "string" } }, required: ["place"] };
const tools = [{ type: "function", function: { name: "weather", description: "Tell the weather.", parameters } }];
const messages = [{ role: "user", content: "How is the weather at the harbour?" }];

const asked = (await client.chat.completions.create({ model, messages, tools })).choices[0].message;
const [call] = asked.tool_calls;
const after = [...messages, asked, { role: "tool", tool_call_id: call.id, content: "rain" }];
const answer = (await client.chat.completions.create({ model, messages: after, tools })).choices[0].message.content;
let left = "";
try {
  await client.chat.completions.create({ model: absent, messages }, { timeout: 2000 });
} catch (error) {
  left = error.constructor.name;
}
const called = { name: call.function.name, arguments: JSON.parse(call.function.arguments) };
console.log(JSON.stringify({ called, answer, left }));

// Runs with the published npm package @anthropic-ai/sdk: lists, counts, writes messages, and tells what it got as JSON.
// Arguments: the horde's address, the folder that holds node_modules, a key, a model that is served, one that nobody
// serves, one that calls tools.
const { createRequire } = require("node:module");

const [host, place, key, model, absent, caller] = process.argv.slice(2);
const { Anthropic } = createRequire(place + "/")("@anthropic-ai/sdk");

const messages = [{ role: "user", content: "Tell me of a ship." }];
const body = { model, messages, max_tokens: 24 };
const tools = [{ name: "weather", input_schema: { type: "object", properties: { place: { type: "string" } } } }];

async function main() {
  const client = new Anthropic({ baseURL: host, apiKey: key });
  const stream = client.messages.stream(body);
  let streamed = "";
  stream.on("text", (text) => (streamed += text));
  const message = await stream.finalMessage();
  const whole = await client.messages.create(body);
  const events = [];
  for await (const event of await client.messages.create({ ...body, stream: true })) events.push(event.type);
  const called = await client.messages.stream({ ...body, model: caller, tools }).finalMessage();
  const refused = (call) => call.then(() => []).catch((error) => [error.constructor.name, error.status, error.message]);
  const stranger = new Anthropic({ baseURL: host, apiKey: "nobody-has-this-key-00" });
  const waiting = await client.messages.create({ ...body, model: absent, stream: true });
  let first = "";
  for await (const event of waiting) {
    first = event.type;
    waiting.controller.abort();
    break;
  }
  const models = [];
  for await (const each of client.models.list()) models.push(each.id);
  const result = {
    models,
    counted: (await client.messages.countTokens({ model, messages })).input_tokens,
    streamed,
    same: message.content[0].text === streamed,
    reason: message.stop_reason,
    whole: whole.content[0].text,
    usage: [whole.usage.input_tokens, whole.usage.output_tokens],
    events,
    called: [called.stop_reason, called.content.at(-1).name, called.content.at(-1).input],
    unknownModel: await refused(client.messages.create({ ...body, model: "no-such-model" })),
    noTools: await refused(client.messages.create({ ...body, tools })),
    wrongKey: await refused(stranger.messages.create(body)),
    first,
  };
  console.log(JSON.stringify(result));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

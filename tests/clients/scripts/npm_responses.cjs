// Runs with the published npm package openai: responses, whole and streamed, and tells what it got as JSON.
// Arguments: the horde's address, the folder that holds node_modules, a key, a model that is served, one that nobody
// serves, one that calls functions.
const { createRequire } = require("node:module");

const [host, place, key, model, absent, caller] = process.argv.slice(2);
const { OpenAI } = createRequire(place + "/")("openai");

const input = "Tell me of a ship.";
const tools = [
  { type: "function", name: "weather", strict: false, parameters: { type: "object", properties: { place: { type: "string" } } } },
];

async function main() {
  const client = new OpenAI({ baseURL: `${host}/v1`, apiKey: key });
  const stream = client.responses.stream({ model, input, max_output_tokens: 400 });
  let streamed = "";
  stream.on("response.output_text.delta", (event) => (streamed += event.delta));
  const response = await stream.finalResponse();
  const whole = await client.responses.create({ model, input, max_output_tokens: 400 });
  const called = await client.responses.stream({ model: caller, input, tools }).finalResponse();
  const refused = (call) => call.then(() => []).catch((error) => [error.constructor.name, error.status, error.code]);
  const stranger = new OpenAI({ baseURL: `${host}/v1`, apiKey: "nobody-has-this-key-00" });
  const waiting = await client.responses.create({ model: absent, input, stream: true });
  let first = "";
  for await (const event of waiting) {
    first = event.type;
    waiting.controller.abort();
    break;
  }
  const call = called.output.at(-1);
  const result = {
    streamed,
    same: response.output_text === streamed,
    status: response.status,
    whole: whole.output_text,
    usage: [whole.usage.input_tokens, whole.usage.output_tokens],
    called: [call.type, call.name, JSON.parse(call.arguments)],
    unknownModel: await refused(client.responses.create({ model: "no-such-model", input })),
    wrongKey: await refused(stranger.responses.create({ model, input })),
    first,
  };
  console.log(JSON.stringify(result));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

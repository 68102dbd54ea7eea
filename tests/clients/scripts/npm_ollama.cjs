// Runs with the published npm package ollama: lists, shows, chats and generates, and tells what it got as JSON.
// Arguments: the horde's address, the folder that holds node_modules, a key, a model that is served, one that nobody
// serves.
const { createRequire } = require("node:module");

const [host, place, key, model, absent] = process.argv.slice(2);
const { Ollama } = createRequire(place + "/")("ollama");

const messages = [{ role: "user", content: "Tell me of a ship." }];
const options = { num_predict: 24, temperature: 0.7 };

async function main() {
  const client = new Ollama({ host, headers: { Authorization: `Bearer ${key}` } });
  let streamed = "";
  let last;
  for await (const piece of await client.chat({ model, messages, options, stream: true })) {
    streamed += piece.message.content;
    last = piece;
  }
  const whole = await client.chat({ model, messages, options });
  const raw = await client.generate({ model, prompt: "Once upon a time", raw: true, options });
  const shown = await client.show({ model });
  const refused = (call) => call.then(() => "").catch((error) => error.message);
  const stranger = new Ollama({ host, headers: { Authorization: "Bearer nobody-has-this-key-00" } });
  const waiting = await client.chat({ model: absent, messages, stream: true });
  let stopped = "";
  try {
    for await (const piece of waiting) {
      waiting.abort();
    }
  } catch (error) {
    stopped = error.name;
  }
  const result = {
    models: (await client.list()).models.map((each) => each.model),
    loaded: (await client.ps()).models.length,
    version: (await client.version()).version,
    capabilities: shown.capabilities,
    streamed,
    done: [last.done, last.done_reason, last.eval_count > 0],
    whole: whole.message.content,
    raw: raw.response,
    byPath: (await new Ollama({ host: `${host}/k/${key}` }).chat({ model, messages, options })).done,
    unknownModel: await refused(client.chat({ model: "no-such-model", messages })),
    wrongKey: await refused(stranger.chat({ model, messages })),
    stopped,
  };
  console.log(JSON.stringify(result));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

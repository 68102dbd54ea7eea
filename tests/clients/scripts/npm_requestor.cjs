// Runs with the published npm package: asks for a picture, waits, fetches it, and tells what it got as JSON.
// Arguments: the base address of the API, the folder that holds node_modules, the file for the picture.
const { createRequire } = require("node:module");
const { writeFileSync } = require("node:fs");

const [api_route, place, file] = process.argv.slice(2);
const { AIHorde } = createRequire(place + "/")("@zeldafan0225/ai_horde");

async function main() {
  const horde = new AIHorde({ api_route, default_token: "0000000000", client_agent: "openhorde-tests:1:example.org" });
  const asked = await horde.postAsyncImageGenerate({
    prompt: "The legend of a small boat",
    models: ["Deliberate"],
    params: { width: 512, height: 512, steps: 8, sampler_name: "k_euler" },
  });
  const deadline = Date.now() + 90_000;
  let check = await horde.getImageGenerationCheck(asked.id, { force: true });
  while (!check.done) {
    if (Date.now() > deadline) throw new Error("not done in time: " + JSON.stringify(check));
    await new Promise((resolve) => setTimeout(resolve, 500));
    check = await horde.getImageGenerationCheck(asked.id, { force: true });
  }
  const status = await horde.getImageGenerationStatus(asked.id);
  const picture = await fetch(status.generations[0].img);
  writeFileSync(file, Buffer.from(await picture.arrayBuffer()));
  const cancelled = await horde.postAsyncImageGenerate({ prompt: "never drawn", models: ["Dreamshaper"] });
  const refusal = await horde.getImageGenerationCheck("00000000-0000-4000-8000-000000000000").catch((error) => error);
  const result = {
    generations: status.generations.length,
    heartbeat: await horde.getHeartbeat(),
    models: (await horde.getModels()).map((model) => model.name),
    workers: (await horde.getWorkers()).map((worker) => worker.name),
    me: (await horde.findUser({ token: "0000000000" })).username,
    cancelled: (await horde.deleteImageGenerationRequest(cancelled.id)).faulted,
    refusal: refusal.rawError?.rc,
  };
  console.log(JSON.stringify(result));
  process.exit(0); // its cache keeps a timer
}

main().catch((error) => {
  console.error(error, error.rawError);
  process.exit(1);
});

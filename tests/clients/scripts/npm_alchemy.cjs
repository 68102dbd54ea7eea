// Runs with the published npm package: alchemy from both sides, and tells what it got as JSON.
// Arguments: the base address of the API, the folder that holds node_modules, the picture, the key and name of a worker.
const { createRequire } = require("node:module");
const { readFileSync, writeFileSync } = require("node:fs");

const [api_route, place, file, key, name] = process.argv.slice(2);
const { AIHorde } = createRequire(place + "/")("@zeldafan0225/ai_horde");
const horde = new AIHorde({ api_route, default_token: "0000000000", client_agent: "openhorde-tests:1:example.org" });

async function until(what, ask) {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > deadline) throw new Error("not in time: " + what);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function main() {
  const source_image = readFileSync(file).toString("base64");
  const ask = (...forms) =>
    horde.postAsyncInterrogate({ source_image, forms: forms.map((form) => ({ name: form })) });

  const asked = await ask("nsfw", "RealESRGAN_x4plus");
  const popped = await until("a form", async () => {
    const answer = await horde.postInterrogationPop(
      { name, forms: ["nsfw"], amount: 1, bridge_agent: "npm:1:example.org", priority_usernames: [], max_tiles: 16 },
      { token: key },
    );
    return answer.forms && answer.forms[0];
  });
  const source = await fetch(popped.source_image);
  const submitted = await horde.postInterrogationSubmit(
    { id: popped.id, result: { nsfw: false }, state: "ok" },
    { token: key },
  );
  const status = await until("both results", async () => {
    const look = await horde.getInterrogationStatus(asked.id, { force: true });
    return look.state === "done" && look;
  });
  const picture = await fetch(status.forms[1].result.RealESRGAN_x4plus);
  writeFileSync("larger.webp", Buffer.from(await picture.arrayBuffer()));

  const cancelled = await ask("GFPGAN");
  const refusal = await horde
    .getInterrogationStatus("00000000-0000-4000-8000-000000000000", { force: true })
    .catch((error) => error);
  const result = {
    popped: popped.form,
    source: source.status,
    reward: submitted.reward,
    forms: status.forms.map((form) => [form.form, form.state]),
    nsfw: status.forms[0].result.nsfw,
    cancelled: (await horde.deleteInterrogationRequest(cancelled.id)).forms.map((form) => form.state),
    refusal: refusal.rawError?.rc,
  };
  console.log(JSON.stringify(result));
  process.exit(0); // its cache keeps a timer
}

main().catch((error) => {
  console.error(error, error.rawError);
  process.exit(1);
});

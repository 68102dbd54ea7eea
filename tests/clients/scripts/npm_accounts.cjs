// Runs with the published npm package: users, shared keys, teams, statistics, news; tells what it got as JSON.
// Arguments: the base address of the API, the folder that holds node_modules, the key of a trusted account, its number.
const { createRequire } = require("node:module");

const [api_route, place, token, number] = process.argv.slice(2);
const { AIHorde } = createRequire(place + "/")("@zeldafan0225/ai_horde");

async function main() {
  const horde = new AIHorde({ api_route, default_token: token, client_agent: "openhorde-tests:1:example.org" });

  const changed = await horde.updateUser({ public_workers: true }, Number(number));
  const user = await horde.getUserDetails(Number(number), { force: true });
  const users = await horde.getUsers({ force: true });

  const key = await horde.putSharedKey({ kudos: 500, expiry: 7, name: "for the class" });
  const shown = await horde.getSharedKey(key.id);
  const asked = await horde.postAsyncImageGenerate(
    { prompt: "a boat", models: ["Deliberate"], params: { width: 256, height: 256, steps: 5 } },
    { token: key.id },
  );
  const deadline = Date.now() + 90_000;
  while (!(await horde.getImageGenerationCheck(asked.id, { force: true })).done) {
    if (Date.now() > deadline) throw new Error("not done in time");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  let used = await horde.getSharedKey(key.id);
  while (!used.utilized && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    used = await horde.getSharedKey(key.id);
  }
  const renamed = await horde.updateSharedKey({ name: "for the club" }, key.id);
  const removed = await horde.deleteSharedKey(key.id);
  const gone = await horde.getSharedKey(key.id).catch((error) => error);

  const made = await horde.createTeam({ name: `smiths of ${number}`, info: "We hammer." });
  await horde.updateTeam({ info: "We hammer and saw." }, made.id);
  const team = await horde.getTeam(made.id, { force: true });
  const teams = await horde.getTeams({ force: true });
  const left = await horde.deleteTeam(made.id);

  const totals = await horde.getImageTotalStats({ force: true });
  const result = {
    public_workers: changed.public_workers,
    user: user.username,
    users: users.map((each) => each.username),
    shared_key: { username: shown.username, kudos: shown.kudos, name: shown.name, expires: Boolean(shown.expiry) },
    spent: used.utilized,
    left: used.kudos,
    renamed: renamed.name,
    removed: removed.message,
    gone: gone.rawError?.rc,
    team: { name: team.name, info: team.info, creator: team.creator },
    teams: teams.map((each) => each.name),
    team_removed: left.deleted_name,
    images: totals.total.images,
    models: (await horde.getImageModelStats({ force: true })).total,
    text_totals: Object.keys(await horde.getTextTotalStats({ force: true })).sort(),
    news: (await horde.getNews({ force: true })).length,
  };
  console.log(JSON.stringify(result));
  process.exit(0); // its cache keeps a timer
}

main().catch((error) => {
  console.error(error, error.rawError);
  process.exit(1);
});

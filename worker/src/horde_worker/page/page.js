// Asks the worker every second what it does. Everything is set as text: nothing that a horde says becomes markup.
"use strict";

const at = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 1 });

function duration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} min`;
}

function row(what, ...rest) {
  const item = document.createElement("li");
  const text = document.createElement("span");
  text.className = "what";
  text.textContent = what;
  item.append(text);
  for (const one of rest) {
    if (one instanceof Node) { item.append(one); continue; }
    const cell = document.createElement("span");
    cell.className = "number";
    cell.textContent = one;
    item.append(cell);
  }
  return item;
}

function bar(share) {
  const made = document.createElement("progress");
  made.max = 1;
  made.value = share;
  return made;
}

function fill(id, rows, otherwise) {
  const list = at(id);
  list.replaceChildren(...(rows.length || !otherwise ? rows : [row(otherwise)]));
  const section = at(`${id}-section`);
  if (section) section.hidden = !rows.length;
}

let shown = "";

function show(state) {
  document.title = `${state.name} – ${state.headline}`;
  at("name").textContent = state.name;
  at("headline").textContent = state.headline;
  at("headline").className = state.trouble ? "trouble" : "";
  at("kudos").textContent = number(state.total_kudos);
  at("per-hour").textContent = state.kudos_of_last_hour === null ? "after 5 min" : number(state.kudos_of_last_hour);
  at("results").textContent = number(state.total_results);
  at("drops").textContent = number(state.drops_of_last_hour);
  at("running").textContent = duration(state.running_s);
  at("horde").textContent = `${state.backends.join(", ")} for ${state.horde}`;
  fill("jobs", state.jobs.map((job) => row(
    `${job.model}${job.results > 1 ? ` × ${job.results}` : ""}${job.job_size ? `, ${job.job_size}` : ""}`,
    job.steps ? bar(job.share) : job.characters ? `${job.characters} characters` : "", duration(job.seconds))),
  "Nothing in the making.");
  fill("recent", state.recent.map((one) => row(
    one.model, `${number(one.seconds)} s`, `${number(one.kudos)} kudos`, `${duration(one.ago_s)} ago`)), "Nothing yet.");
  fill("dropped", state.dropped.map((one) => row(one.reason, `${duration(one.ago_s)} ago`)));
  fill("advice", state.advice.map((one) => row(one)));
  fill("messages", state.messages.map((one) => row(one.text, ` – ${one.origin}`)));
  const pictures = state.pictures.join(" ");
  if (pictures !== shown) {
    shown = pictures;
    fill("pictures", state.pictures.map((one) => {
      const image = document.createElement("img");
      image.src = `/pictures/${one}`;
      image.alt = `Picture ${one}`;
      return image;
    }));
  }
}

async function look() {
  try {
    const answer = await fetch("/state.json", { cache: "no-store" });
    show(await answer.json());
  } catch {
    at("headline").textContent = "the worker does not answer: it has ended, or is being started anew";
    at("headline").className = "trouble";
  }
  setTimeout(look, document.hidden ? 5000 : 1000);
}

look();

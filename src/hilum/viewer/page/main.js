// The page: wiring of intake, requests, controls and panes.

import { Refused, getJson, predict, setToken, takeToken } from "/viewer/api.js";
import { BoxTable, isTable, pathOf } from "/viewer/boxes.js";
import { readTables, showBoxes } from "/viewer/tables.js";
import { goTo, listen } from "/viewer/controls.js";
import { mapOf, parseWindow, pixelsOf } from "/viewer/draw.js";
import { kindOf, mapOfSlice, sendJob, slicesOfResult } from "/viewer/jobs.js";
import { filesOfDrop, filesOfInput } from "/viewer/intake.js";
import { render, renderStrip, renderVerdicts, windowOf } from "/viewer/panes.js";
import { currentSlice, mapKey, shownModels, state } from "/viewer/state.js";

const AT_ONCE = 2;
const ERRORS_SHOWN = 200;
const TITLES = {
  gradcam: "Grad-CAM", hirescam: "HiResCAM", "gradcam++": "Grad-CAM++", layercam: "LayerCAM",
  xgradcam: "XGrad-CAM", eigencam: "Eigen-CAM",
};
const byId = (id) => document.getElementById(id);
let stopping = new AbortController();

function say(sentence, bad = false) {
  byId("status").textContent = sentence;
  byId("status").classList.toggle("bad", bad);
}

function showError(name, sentence) {
  const list = byId("errors");
  if (list.children.length >= ERRORS_SHOWN) return;
  const line = document.createElement("li");
  line.textContent = `${name}: ${sentence}`;
  list.append(line);
}

function fill(select, options, chosen) {
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value, false, value === chosen)));
}

async function loadModels() {
  try {
    state.models = await getJson("/models");
  } catch (error) {
    if (error instanceof Refused && error.status === 401) {
      byId("token-dialog").showModal();
      return;
    }
    say(`The server doesn't answer: ${error.message}`, true);
    return;
  }
  const names = state.models.map((model, index) => [String(index), model.title ? `${model.title} (${model.id})` : model.id]);
  fill(byId("run-0"), names, "0");
  fill(byId("run-1"), [["-1", "none"], ...names], "-1");
  runsChanged();
}

function runsChanged() {
  const models = shownModels();
  const points = [...new Set(models.flatMap((model) => Object.keys(model.thresholds)))];
  if (!points.includes(state.point)) state.point = "";
  fill(byId("point"), [["", "most probable class"], ...points.map((name) => [name, name])], state.point);
  const [methods, layers] = [models[0].maps, models[0].layers];
  fill(byId("method"), methods.map((name) => [name, TITLES[name] || name]), state.map.method);
  fill(byId("layer"), layers.map((name) => [name, name]), state.map.layer);
  state.map.method = byId("method").value;
  state.map.layer = byId("layer").value;
  byId("map-tools").disabled = !methods.length;
  byId("map-tools").title = methods.length ? "" : "This server makes no maps: they need hilum[train].";
  renderVerdicts();
  render();
}

/** Open files: several DICOM files, a zip and volumes as series, tables as boxes, all others one by one. */
async function open(all, table = new BoxTable()) {
  if (!all.length) return;
  const files = all.filter((file) => !isTable(file));
  if (files.length && !state.models.length) await loadModels();
  if (files.length) closeAll(table);
  await readTables(all.filter(isTable), showError);
  if (!files.length) return;
  byId("intake").classList.add("small-intake");
  byId("close-all").hidden = false;
  const kinds = await Promise.all(files.map(kindOf));
  const several = kinds.filter((kind) => kind === "DICOM").length > 1;
  const isOfSeries = (_, i) => kinds[i] === "zip" || kinds[i] === "volume" || (several && kinds[i] === "DICOM");
  state.files = files.filter(isOfSeries);
  state.slices = files.filter((file, i) => !isOfSeries(file, i)).map((file) => newSlice(file));
  if (state.files.length) await openSeries();
  else await openSlices();
}

async function openSlices() {
  showBoxes();
  render();
  byId("stage").focus({ preventScroll: true });
  await answerAll();
}

/** Send the files of series as a job, wait for it, and show its first series. */
async function openSeries() {
  const { signal } = stopping;
  const others = state.slices;
  byId("progress").hidden = false;
  say("Sending the series.");
  try {
    const onBusy = (seconds) => say(`The server is busy; trying again in ${seconds} s.`);
    state.job = await sendJob(state.files, shownModels(), { signal, onBusy });
    const result = await state.job.result({ signal, onProgress: showProgress });
    showLeftOut(result.runs[0].left_out);
    state.series = slicesOfResult(state.job, result);
  } catch (error) {
    if (signal.aborted) return;
    say(error.message, true);
  }
  byId("progress").hidden = true;
  const names = state.series.map((slices, i) => [String(i), seriesName(slices, i)]);
  fill(byId("series"), names, "0");
  byId("series-tool").hidden = names.length < 2;
  showBoxes();
  if (state.series.length) {
    showSeries(0);
    say(`${state.slices.length} slices answered.`);
  } else if (others.length) {
    await openSlices();
  } else if (!byId("status").classList.contains("bad")) {
    say("No axial chest CT series among the files; the reasons stand below.", true);
  }
}

function showProgress(job) {
  byId("bar").value = job.total ? job.done / job.total : 0;
  say(job.total ? `${job.task}: ${job.done} of ${job.total}` : job.task);
}

function showLeftOut(left) {
  for (const { files, reason } of left) {
    const more = files.length > 1 ? ` and ${files.length - 1} more` : "";
    showError(`${files[0]}${more}`, reason);
  }
}

function seriesName(slices, number) {
  const { series } = Object.values(slices[0].answers)[0];
  return `${number + 1}: ${series.kernel ? `kernel ${series.kernel}, ` : ""}${slices.length} slices`;
}

function showSeries(number) {
  state.slices = state.series[number];
  const answer = Object.values(state.slices[0].answers)[0];
  state.current = answer.series.top[0] ?? 0;
  changed("slice");
  byId("stage").focus({ preventScroll: true });
}

/** Fetch the pixels of the current slice of a series, then those of its neighbours. */
async function loadPixels() {
  for (const step of [0, 1, -1, 2, -2]) {
    const slice = state.slices[state.current + step];
    if (!slice?.job || slice.pixels || slice.loading) continue;
    slice.loading = true;
    try {
      slice.pixels = pixelsOf(await slice.job.pixels(slice.series, slice.index));
    } catch (error) {
      slice.problem = error.message;
    }
    slice.loading = false;
    if (slice === currentSlice()) {
      render();
      showWindow();
      showMaps();
    }
  }
}

function newSlice(file, frame = 0) {
  return { name: file.name, path: pathOf(file), uid: "", file, frame, pixels: null, answers: {}, maps: {}, boxes: null, failed: false };
}

/** Ask for all answers that are missing. */
async function answerAll() {
  const { signal } = stopping;
  const queue = state.slices.filter((slice) => slice.file && !slice.failed && shownModels().some((m) => !slice.answers[m.id]));
  let done = 0;
  const total = queue.length;
  if (!total) return;
  byId("progress").hidden = false;
  const step = async () => {
    for (let slice = queue.shift(); slice && !signal.aborted; slice = queue.shift()) {
      for (const model of shownModels()) {
        if (!slice.answers[model.id] && !slice.failed) await answer(slice, model, signal);
      }
      done += 1;
      byId("bar").value = done / total;
      say(`${done} of ${total} files answered.`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, step));
  if (signal.aborted) return;
  byId("progress").hidden = true;
  const failed = state.slices.filter((slice) => slice.failed);
  state.slices = state.slices.filter((slice) => !slice.failed);
  state.current = Math.max(0, Math.min(state.current, state.slices.length - 1));
  const refused = failed.length ? `, ${failed.length} refused` : "";
  say(`${state.slices.length} slices answered${refused}.`, failed.length > 0 && !state.slices.length);
  changed("slice");
}

async function answer(slice, model, signal) {
  try {
    const content = await predict(slice.file, { model: model.id, pixels: slice.pixels ? "" : "true" }, {
      signal, onBusy: (seconds) => say(`The server is busy; trying again in ${seconds} s.`),
    });
    put(slice, model, content.slices);
  } catch (error) {
    if (signal.aborted) return;
    slice.failed = true;
    showError(slice.name, error.message);
    return;
  }
  if (slice === currentSlice()) {
    changed("slice");
  } else {
    renderStrip();
  }
}

/** Store the answers of a file; frames after the first become slices of their own. */
function put(slice, model, answers) {
  answers.forEach((content) => {
    let target = state.slices.find((one) => one.file === slice.file && one.frame === content.frame);
    if (!target) {
      target = newSlice(slice.file, content.frame);
      target.name = `${slice.file.name}, frame ${content.frame}`;
      const last = state.slices.findLastIndex((one) => one.file === slice.file);
      state.slices.splice(last + 1, 0, target);
    }
    if (content.pixels) target.pixels = pixelsOf(content.pixels);
    target.answers[model.id] = { ...content, pixels: null };
  });
}

/** Ask for the maps of the current slice. */
async function showMaps() {
  const slice = currentSlice();
  if (!state.map.on || !slice?.pixels) return;
  for (const model of shownModels()) {
    const key = mapKey(model);
    const before = slice.maps[key];  // null: on its way; one that failed is asked for again
    if (before === null || (before && !before.problem) || !model.maps.length) continue;
    slice.maps[key] = null;
    try {
      slice.maps[key] = mapOf(await mapOfSlice(slice, model, state.map, { signal: stopping.signal }));
    } catch (error) {
      slice.maps[key] = { problem: error.message };
    }
    render();
  }
}

function closeAll(table = new BoxTable()) {
  stopping.abort();
  stopping = new AbortController();
  state.job?.remove();
  state.job = null;
  state.files = [];
  state.series = [];
  state.table = table;
  byId("boxes-tool").hidden = true;
  state.slices = [];
  state.current = 0;
  byId("series-tool").hidden = true;
  byId("errors").replaceChildren();
  byId("progress").hidden = true;
  byId("close-all").hidden = true;
  byId("intake").classList.remove("small-intake");
  say("");
  render();
}

/** Send the series again where a run is shown that has not answered. */
function reopen() {
  const first = state.slices[0];
  if (first && shownModels().every((model) => first.answers[model.id])) changed("slice");
  else open(state.files, state.table);
}

/** Bring the controls in line with the state, and draw. */
function changed(what) {
  byId("show-map").checked = state.map.on;
  byId("show-boxes").checked = state.boxes;
  byId("opacity").value = String(Math.round(100 * state.map.opacity));
  render();
  showWindow();
  if (what === "slice") loadPixels();
  if (what === "slice" || what === "map") showMaps();
}

function showWindow() {
  const slice = currentSlice();
  if (!slice?.pixels) return;
  const window = windowOf(slice);
  byId("width").value = String(Math.round(window.width));
  byId("center").value = String(Math.round(window.center));
  const text = state.window === "network" ? "network" : `${state.window.width}/${state.window.center}`;
  for (const button of document.querySelectorAll("[data-window]")) {
    button.setAttribute("aria-pressed", String(button.dataset.window === text));
    button.disabled = button.dataset.window !== "network" && slice.pixels.unit !== "HU";
  }
}

function wireIntake() {
  byId("choose-files").addEventListener("click", () => byId("files").click());
  byId("choose-folder").addEventListener("click", () => byId("folder").click());
  byId("close-all").addEventListener("click", () => closeAll());
  byId("cancel").addEventListener("click", () => { stopping.abort(); byId("progress").hidden = true; say("Cancelled."); });
  for (const id of ["files", "folder"]) {
    byId(id).addEventListener("change", (event) => { open(filesOfInput(event.target)); event.target.value = ""; });
  }
  addEventListener("dragover", (event) => { event.preventDefault(); byId("intake").classList.add("over"); });
  addEventListener("dragleave", () => byId("intake").classList.remove("over"));
  addEventListener("drop", async (event) => {
    event.preventDefault();
    byId("intake").classList.remove("over");
    open(await filesOfDrop(event.dataTransfer));
  });
}

function wireTools() {
  for (const button of document.querySelectorAll("[data-window]")) {
    button.addEventListener("click", () => {
      state.window = parseWindow(button.dataset.window) || "network";
      changed("window");
    });
  }
  for (const id of ["width", "center"]) {
    byId(id).addEventListener("change", () => {
      const [width, center] = [Number(byId("width").value), Number(byId("center").value)];
      if (width > 0 && Number.isFinite(center)) state.window = { width, center };
      changed("window");
    });
  }
  byId("show-map").addEventListener("change", (event) => { state.map.on = event.target.checked; changed("map"); });
  byId("opacity").addEventListener("input", (event) => { state.map.opacity = event.target.value / 100; render(); });
  byId("method").addEventListener("change", (event) => { state.map.method = event.target.value; changed("map"); });
  byId("layer").addEventListener("change", (event) => { state.map.layer = event.target.value; changed("map"); });
  byId("show-boxes").addEventListener("change", (event) => { state.boxes = event.target.checked; render(); });
  byId("point").addEventListener("change", (event) => { state.point = event.target.value; render(); });
  [0, 1].forEach((pane) => byId(`run-${pane}`).addEventListener("change", (event) => {
    state.shown[pane] = Number(event.target.value);
    runsChanged();
    if (state.files.length) reopen();
    else answerAll();
  }));
  byId("series").addEventListener("change", (event) => showSeries(Number(event.target.value)));
}

function wireNavigation() {
  byId("position").addEventListener("input", (event) => goTo(Number(event.target.value), changed));
  const strip = byId("strip");
  const toSlice = (event) => {
    const share = event.offsetX / strip.clientWidth;
    goTo(Math.floor(share * state.slices.length), changed);
  };
  strip.addEventListener("pointerdown", (event) => { strip.setPointerCapture(event.pointerId); toSlice(event); });
  strip.addEventListener("pointermove", (event) => { if (event.buttons) toSlice(event); });
  addEventListener("pagehide", () => state.job?.remove());
  addEventListener("resize", renderStrip);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", renderStrip);
}

function wireDialogs() {
  byId("open-help").addEventListener("click", () => byId("help").showModal());
  byId("send-token").addEventListener("click", () => {
    setToken(byId("token").value);
    byId("token").value = "";
    byId("token-dialog").close();
    loadModels();
  });
  byId("token").addEventListener("keydown", (event) => {
    if (event.key === "Enter") byId("send-token").click();
  });
}

state.table = new BoxTable();
takeToken();
byId("tools-box").open = matchMedia("(min-width: 34rem)").matches;
matchMedia("(min-width: 34rem)").addEventListener("change", (event) => { byId("tools-box").open = event.matches; });
wireIntake();
wireTools();
wireNavigation();
wireDialogs();
listen(byId("stage"), changed);
await loadModels();
document.documentElement.dataset.ready = "true";

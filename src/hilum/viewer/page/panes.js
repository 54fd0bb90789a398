// The panes: picture, answer and verdict of one run or two.

import { GREY_WINDOW, drawSlice, drawStrip, parseWindow } from "/viewer/draw.js";
import { calledOf, currentSlice, mapKey, shownModels, state, thresholdOf } from "/viewer/state.js";

const byId = (id) => document.getElementById(id);
const percent = (value) => `${(100 * value).toFixed(1)}\u00a0%`;
const width = (value) => `${100 * value}%`;

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

/** Show what each shown run is worth; always in sight. */
export function renderVerdicts() {
  byId("verdicts").replaceChildren(...shownModels().map(verdictOf));
}

function verdictOf(model) {
  const doubt = model.verdict.level !== "no objection";
  const block = element("div", "", doubt ? "verdict doubt" : "verdict");
  const details = element("details");
  const summary = element("summary");
  summary.append(element("b", model.title || model.id), element("span", model.verdict.sentence, "level"));
  details.append(summary);
  for (const line of model.trust) details.append(element("p", line));
  const card = element("dl");
  for (const [key, text] of Object.entries(model.card)) {
    card.append(element("dt", key), element("dd", [text].flat().join("; ")));
  }
  details.append(card);
  if (model.report) {
    const link = element("a", "The run's report");
    link.href = `/models/${encodeURIComponent(model.id)}/report`;
    link.target = "_blank";
    details.append(link);
  }
  block.append(details);
  return block;
}

/** Make as many panes as there are runs to show. */
export function layPanes() {
  const models = shownModels();
  const panes = byId("panes");
  while (panes.children.length > models.length) panes.lastElementChild.remove();
  while (panes.children.length < models.length) {
    panes.append(byId("pane-template").content.cloneNode(true));
  }
  byId("work").className = models.length > 1 ? "two" : "one";
}

/** Return the window that a slice is shown through. */
export function windowOf(slice) {
  if (slice.pixels.unit !== "HU") return state.window === "network" ? GREY_WINDOW : state.window;
  if (state.window !== "network") return state.window;
  const answer = Object.values(slice.answers).find((one) => one.window);
  return parseWindow(answer?.window) || { width: 1400, center: -700 };
}

/** Draw everything that depends on the current slice. */
export function render() {
  const slice = currentSlice();
  byId("work").hidden = !slice;
  if (!slice) return;
  layPanes();
  [...byId("panes").children].forEach((pane, index) => renderPane(pane, shownModels()[index], slice));
  renderPlace(slice);
  renderStrip();
}

function renderPane(pane, model, slice) {
  const canvas = pane.querySelector("canvas");
  const answer = slice.answers[model.id];
  pane.querySelector(".pane-title").textContent = model.title || model.id;
  if (!slice.pixels) {
    pane.querySelector(".on-picture").textContent = slice.problem || "waiting for the server";
    pane.querySelector("canvas").getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    renderAnswer(pane, model, answer);
    return;
  }
  const window = windowOf(slice);
  const map = state.map.on ? slice.maps[mapKey(model)] : null;
  const boxes = state.boxes && slice.boxes ? slice.boxes : [];
  drawSlice(canvas, slice.pixels, window, { map: map?.share ? map : null, opacity: state.map.opacity, boxes });
  const [down, across] = slice.pixels.spacing || [1, 1];
  canvas.style.aspectRatio = `${slice.pixels.columns * across} / ${slice.pixels.rows * down}`;
  canvas.setAttribute("aria-label", describe(model, answer, slice));
  const unit = slice.pixels.unit === "HU" ? " HU" : "";
  pane.querySelector(".on-picture").textContent =
    `${slice.pixels.unit === "HU" ? "window" : "brightness"} ${Math.round(window.width)}/${Math.round(window.center)}${unit}`;
  renderAnswer(pane, model, answer);
  renderMapText(pane, map);
}

function describe(model, answer, slice) {
  const place = `Slice ${state.current + 1} of ${state.slices.length}, ${slice.pixels.columns} x ${slice.pixels.rows} pixels${boxesText(slice)}`;
  if (!answer) return `${place}, not answered yet.`;
  if (!answer.probabilities) return `${place}. Series: ${answer.series.predicted}; this slice: ${answer.reason}.`;
  return `${place}. ${calledOf(model, answer)}; probability of ${model.positive} ${percent(answer.probabilities[model.positive])}.`;
}

function renderAnswer(pane, model, answer) {
  const called = pane.querySelector(".called");
  const notes = pane.querySelector(".notes");
  if (!answer) {
    called.textContent = "waiting for the server";
    pane.querySelector(".gauge-text").textContent = "";
    notes.replaceChildren();
    return;
  }
  const remarks = answer.series ? [...answer.series.notes, ...answer.series.remarks] : answer.notes;
  notes.replaceChildren(...remarks.map((note) => element("li", note)));
  if (answer.series) called.textContent = seriesText(answer.series);
  if (!answer.probabilities) {
    pane.querySelector(".fill").style.width = "0";
    pane.querySelector(".gauge-text").textContent = `This slice: ${answer.reason}; not predicted.`;
    return;
  }
  const probability = answer.probabilities[model.positive];
  const threshold = thresholdOf(model);
  if (!answer.series) called.textContent = `Called: ${calledOf(model, answer)}`;
  pane.querySelector(".fill").style.width = width(probability);
  const mark = pane.querySelector(".mark");
  mark.hidden = threshold === null;
  if (threshold !== null) mark.style.left = width(threshold);
  pane.querySelector(".gauge-text").textContent = gaugeText(model, answer, threshold);
}

/** Say what a series is called, its probability, and how its slices were joined. */
function seriesText(series) {
  const probability = percent(series.probabilities[series.positive]);
  return `Series called: ${series.predicted}. Probability of ${series.positive} ${probability} (${series.joined}).`;
}

function gaugeText(model, answer, threshold) {
  const probability = answer.probabilities[model.positive];
  if (answer.series) return `This slice: probability of ${model.positive} ${percent(probability)}.`;
  const rule = threshold === null
    ? "the most probable class is called"
    : `${model.positive} is called from ${percent(threshold)} on (${state.point})`;
  const calibrated = answer.calibrated
    ? `; calibrated ${percent(answer.calibrated[model.positive])}`
    : "; not calibrated";
  return `Probability of ${model.positive}: ${percent(probability)}${calibrated}; ${rule}.`;
}

function renderMapText(pane, map) {
  const text = pane.querySelector(".map-text");
  if (!state.map.on) {
    text.textContent = "";
  } else if (!map) {
    text.textContent = "The map is being made.";
  } else if (map.problem) {
    text.textContent = map.problem;
  } else {
    const remark = { "zero map": " Zero map: nothing to paint.", "not finite": " Not finite: not painted." };
    text.textContent = `${map.method} for ${map.target}; red is ${map.top.toPrecision(2)} or more, largest here ${map.largest.toPrecision(2)} (${map.unit}; scale: ${map.scale}).${remark[map.state] || ""}`;
  }
}

function renderPlace(slice) {
  const position = byId("position");
  position.max = String(state.slices.length - 1);
  position.value = String(state.current);
  const model = shownModels()[0];
  const answer = slice.answers[model.id];
  const value = answer?.probabilities ? `, ${model.positive} ${percent(answer.probabilities[model.positive])}` : "";
  const height = Number.isFinite(slice.position) ? `, ${slice.position.toFixed(1)} mm` : "";
  const text = `Slice ${state.current + 1} of ${state.slices.length}${height}${value}`;
  position.setAttribute("aria-valuetext", text);
  byId("place-text").textContent = `${text}${boxesText(slice)} · ${slice.name}`;
  byId("navigation").hidden = state.slices.length < 2;
}

function boxesText({ boxes }) {
  if (!boxes) return "";
  return boxes.length ? `, ${boxes.length} ${boxes.length > 1 ? "boxes" : "box"} in the table` : ", no lesion by the table";
}

export function renderStrip() {
  const style = getComputedStyle(document.documentElement);
  const models = shownModels();
  const scores = models.map((model) =>
    state.slices.map((slice) => slice.answers[model.id]?.probabilities?.[model.positive] ?? null));
  drawStrip(byId("strip"), scores, {
    current: state.current,
    threshold: models.map(thresholdOf),
    colour: style.getPropertyValue("--network"),
    faint: style.getPropertyValue("--rule"),
    mark: style.getPropertyValue("--probe"),
  });
}

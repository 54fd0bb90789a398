// What the page shows: runs, slices, and how they are shown. Nothing of it leaves the page.

export const state = {
  models: [],        // of /models
  shown: [0, -1],    // index of the run in each pane; -1: no second pane
  series: [],        // of a job: the slices of each, and what it is called
  job: null,
  files: [],         // that were sent as the job
  slices: [],        // { name, path, uid, file, frame, pixels, answers: {model id: prediction}, maps: {}, boxes }
  table: null,       // of boxes, see boxes.js
  current: 0,
  window: "network", // or {width, center}
  map: { on: false, opacity: 0.65, method: "", layer: "" },
  boxes: true,
  point: "",         // operating point; empty: the most probable class
};

export function shownModels() {
  return state.shown.filter((index) => index >= 0).map((index) => state.models[index]);
}

export function currentSlice() {
  return state.slices[state.current] || null;
}

/** Return the threshold of the chosen operating point for a run; null: it has none. */
export function thresholdOf(model) {
  return state.point in model.thresholds ? model.thresholds[state.point] : null;
}

/** Return the class that a prediction calls, at the chosen operating point. */
export function calledOf(model, answer) {
  const threshold = thresholdOf(model);
  const { probabilities } = answer;
  if (threshold === null) return answer.predicted;
  if (probabilities[model.positive] >= threshold) return model.positive;
  return Object.entries(probabilities)
    .filter(([name]) => name !== model.positive)
    .sort(([, a], [, b]) => b - a)[0][0];
}

export function mapKey(model) {
  return [model.id, state.map.method, state.map.layer].join("\n");
}

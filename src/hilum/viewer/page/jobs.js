// Series: sent as a job, followed until they are answered, removed when the page is done with them.

import { Refused, getJson, pause, predict, send } from "/viewer/api.js";
import { pathOf } from "/viewer/boxes.js";

const POLL_SECONDS = 0.5;
const STAY_SECONDS = 240;
const HEAD_BYTES = 132;

/** Say what a file is by its first bytes: a "zip", "DICOM", a "volume" (by its name), or "other". */
export async function kindOf(file) {
  if (/\.nii(\.gz)?$/i.test(file.name)) return "volume";
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const text = (from, to) => String.fromCharCode(...head.slice(from, to));
  if (text(0, 2) === "PK") return "zip";
  return text(128, 132) === "DICM" ? "DICOM" : "other";
}

/** A job on the server; `address` and `key` open it. */
export class Job {
  constructor(answer) {
    this.address = `/jobs/${answer.id}`;
    this.more = { "Job-Key": answer.key };
    this.timer = setInterval(() => this.ask("").catch(() => {}), STAY_SECONDS * 1000);
  }

  ask(path, options = {}) {
    return getJson(this.address + path, { more: this.more, ...options });
  }

  /** Wait until the job is over and return its result. */
  async result({ signal, onProgress }) {
    for (;;) {
      const now = await this.ask("", { signal });
      if (now.status === "failed") throw new Refused(now.problem, now.problem.status);
      if (now.status === "done") return this.ask("/result", { signal });
      onProgress(now);
      await pause(POLL_SECONDS, signal);
    }
  }

  pixels(series, index) {
    return this.ask(`/series/${series}/slices/${index}`);
  }

  map(series, index, query, options) {
    const text = new URLSearchParams(query);
    return this.ask(`/series/${series}/slices/${index}/map?${text}`, options);
  }

  remove() {
    clearInterval(this.timer);
    send(this.address, { method: "DELETE", more: this.more, keepalive: true }).catch(() => {});
  }
}

/** Send files as one job; their names go along, so that the answer can name them. */
export async function sendJob(files, models, options) {
  const form = new FormData();
  for (const file of files) form.append("file", file, pathOf(file));
  const text = new URLSearchParams(models.map((model) => ["model", model.id]));
  return new Job(await getJson(`/jobs?${text}`, { method: "POST", body: form, ...options }));
}

/** Return the slices of a job's result, series by series. */
export function slicesOfResult(job, result) {
  const first = result.runs[0];
  return first.series.map((series, number) => series.slices.map((one, index) => ({
    name: one.file, path: one.file, uid: one.sop_instance_uid, file: null, frame: one.frame, job, series: number, index, pixels: null,
    answers: Object.fromEntries(result.runs.map((run) => [run.model, answerOf(run, number, index)])),
    position: one.position_mm, maps: {}, boxes: null,
  })));
}

function answerOf(run, number, index) {
  const series = run.series[number];
  const one = series.slices[index];
  const probability = one.probability;
  return {
    predicted: series.predicted, series, reason: one.reason,
    probabilities: probability === null ? null : { [series.positive]: probability },
    calibrated: null, window: "", notes: [],
  };
}

/** Return the map of a slice, whether it came alone or with a series. */
export async function mapOfSlice(slice, model, { method, layer }, options) {
  if (slice.job) return slice.job.map(slice.series, slice.index, { model: model.id, method, layer }, options);
  const content = await predict(slice.file, { model: model.id, method, layer }, options);
  return content.slices.find((one) => one.frame === slice.frame).map;
}

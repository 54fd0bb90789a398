// Talking to the server: the token, problem JSON, and waiting while it is busy.

const TOKEN = "hilum-token";
const MOST_TRIES = 60;

export class Refused extends Error {
  constructor(problem, status) {
    super(problem.detail || problem.title || `The server answered ${status}.`);
    this.status = status;
    this.kind = (problem.type || "").replace("/problems/", "");
  }
}

/** Take the token out of the address, where it would stay in the history. */
export function takeToken() {
  const found = /^#token=([\w-]+)$/.exec(location.hash);
  if (found) {
    sessionStorage.setItem(TOKEN, found[1]);
    history.replaceState(null, "", location.pathname);
  }
}

export function setToken(token) {
  sessionStorage.setItem(TOKEN, token.trim());
}

function headers(more = {}) {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
}

async function problemOf(response) {
  try {
    return new Refused(await response.json(), response.status);
  } catch {
    return new Refused({}, response.status);
  }
}

export function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}

/** Send a request; while the server is busy, wait as long as it says and send it again. */
export async function send(path, { method = "GET", body, more, signal, onBusy, keepalive } = {}) {
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(path, { method, body, signal, keepalive, headers: headers(more), cache: "no-store" });
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (problem.status !== 503 || tries >= MOST_TRIES) throw problem;
    const seconds = Math.min(30, Number(response.headers.get("Retry-After")) || 1);
    onBusy?.(seconds);
    await pause(seconds, signal);
  }
}

export async function getJson(path, options) {
  return (await send(path, options)).json();
}

/** Predict one file; `query` holds model, pixels, method and the like. */
export async function predict(file, query, options) {
  const form = new FormData();
  form.append("file", file, "slice");  // its own name may be a patient's
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return (await send(`/predict?${text}`, { method: "POST", body: form, ...options })).json();
}

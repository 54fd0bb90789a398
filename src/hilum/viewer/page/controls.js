// Mouse, touch and keys on the slices.

import { windowOf } from "/viewer/panes.js";
import { currentSlice, state } from "/viewer/state.js";

const STEP = 20;          // HU, or grey levels
const SWIPE = 24;         // pixels of a finger for one slice
const WHEEL = 40;
const OPACITY_STEP = 0.1;
const LEAST_WIDTH = 1;
const BUTTON_WINDOWS = { 0: "network", 1: { width: 1400, center: -700 }, 2: { width: 350, center: 40 } };

/** Move to another slice, within the series. */
export function goTo(index, changed) {
  const next = Math.min(state.slices.length - 1, Math.max(0, index));
  if (next === state.current) return;
  state.current = next;
  changed("slice");
}

function shiftWindow(width, center, changed) {
  const slice = currentSlice();
  if (!slice?.pixels) return;
  const now = windowOf(slice);
  state.window = { width: Math.max(LEAST_WIDTH, now.width + width), center: now.center + center };
  changed("window");
}

function isHounsfield() {
  return currentSlice()?.pixels?.unit === "HU";
}

/** Return what a key does; null: nothing. */
function actionOf(event, changed) {
  const scroll = (by) => () => goTo(state.current + by, changed);
  const shift = (width, center) => () => shiftWindow(width, center, changed);
  if (event.shiftKey) {
    const shifts = {
      ArrowUp: shift(0, STEP), ArrowDown: shift(0, -STEP), ArrowLeft: shift(-STEP, 0), ArrowRight: shift(STEP, 0),
    };
    if (shifts[event.key]) return shifts[event.key];
  }
  const opacity = (by) => () => {
    state.map.opacity = Math.min(1, Math.max(0, state.map.opacity + by));
    changed("opacity");
  };
  const keys = {
    ArrowUp: scroll(-1), ArrowLeft: scroll(-1), ArrowDown: scroll(1), ArrowRight: scroll(1),
    PageUp: scroll(-10), PageDown: scroll(10), Home: scroll(-Infinity), End: scroll(Infinity),
    m: () => { state.map.on = !state.map.on; changed("map"); },
    b: () => { state.boxes = !state.boxes; changed("boxes"); },
    "+": opacity(OPACITY_STEP), "=": opacity(OPACITY_STEP), "-": opacity(-OPACITY_STEP),
    "?": () => document.getElementById("help").showModal(),
  };
  if (event.key in BUTTON_WINDOWS && (event.key === "0" || isHounsfield())) {
    return () => { state.window = BUTTON_WINDOWS[event.key]; changed("window"); };
  }
  return keys[event.key] || null;
}

/** Let keys, wheel, mouse and fingers act on the slices. */
export function listen(stage, changed) {
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actionOf(event, changed);
    if (!action) return;
    event.preventDefault();
    action();
  });
  let turned = 0;
  stage.addEventListener("wheel", (event) => {
    if (event.ctrlKey || state.slices.length < 2) return;
    event.preventDefault();
    turned += event.deltaMode === 0 ? event.deltaY : event.deltaY * WHEEL;
    const steps = Math.trunc(turned / WHEEL);
    turned -= steps * WHEEL;
    if (steps) goTo(state.current + steps, changed);
  }, { passive: false });
  dragging(stage, changed);
}

function dragging(stage, changed) {
  const fingers = new Map();
  let swiped = 0;
  stage.addEventListener("pointerdown", (event) => {
    if (event.target.tagName !== "CANVAS" || event.button > 0) return;
    event.target.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    swiped = 0;
    stage.focus({ preventScroll: true });
  });
  stage.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const [across, down] = [event.clientX - before.x, event.clientY - before.y];
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const slice = currentSlice();
    if (!slice?.pixels) return;
    if (event.pointerType === "touch" && fingers.size === 1) {
      swiped += down;
      const steps = Math.trunc(swiped / SWIPE);
      swiped -= steps * SWIPE;
      if (steps) goTo(state.current + steps, changed);
      return;
    }
    const gain = (isHounsfield() ? 2 : 0.5) / fingers.size;
    shiftWindow(across * gain, down * gain, changed);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    stage.addEventListener(name, (event) => fingers.delete(event.pointerId));
  }
}

// Pixels, windows, maps and boxes on a canvas; the colours are those of hilum's report.

const BLUE = [43, 76, 176];
const YELLOW = [250, 220, 60];
const RED = [200, 24, 30];
const GREEN = "rgb(40 220 90)";
const OPAQUE_FROM = 0.35;
export const GREY_WINDOW = { width: 255, center: 127.5 };

/** Decode base64 into bytes. */
function bytesOf(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Return pixels as the server sent them: Int16Array in HU, or Uint8Array of grey levels. */
export function pixelsOf(content) {
  const bytes = bytesOf(content.data);
  const values = content.unit === "HU" ? hounsfield(bytes) : bytes;
  return { ...content, data: "", values };
}

function hounsfield(bytes) {
  const view = new DataView(bytes.buffer);
  const values = new Int16Array(bytes.length / 2);
  for (let i = 0; i < values.length; i += 1) values[i] = view.getInt16(2 * i, true);
  return values;
}

export function mapOf(content) {
  return { ...content, data: "", share: bytesOf(content.data) };
}

/** Parse "1400/-700"; null for an empty text. */
export function parseWindow(text) {
  const [width, center] = (text || "").split("/").map(Number);
  return width > 0 && Number.isFinite(center) ? { width, center } : null;
}

function colourOf(share) {
  const [from, to, part] = share < 0.5 ? [BLUE, YELLOW, share * 2] : [YELLOW, RED, share * 2 - 1];
  return from.map((value, channel) => value + (to[channel] - value) * part);
}

const COLOURS = Array.from({ length: 256 }, (_, level) => colourOf(level / 255));

/** Draw a slice through a window, under a map, with boxes. */
export function drawSlice(canvas, pixels, window, { map = null, opacity = 0, boxes = [] } = {}) {
  if (canvas.width !== pixels.columns || canvas.height !== pixels.rows) {
    canvas.width = pixels.columns;
    canvas.height = pixels.rows;
  }
  const context = canvas.getContext("2d");
  const image = context.createImageData(pixels.columns, pixels.rows);
  const low = window.center - window.width / 2;
  const scale = 255 / window.width;
  const { data } = image;
  const { values } = pixels;
  for (let i = 0; i < values.length; i += 1) {
    const grey = Math.min(255, Math.max(0, (values[i] - low) * scale));
    const level = map ? map.share[i] : 0;
    if (level) {
      const weight = opacity * Math.min(1, level / 255 / OPAQUE_FROM);
      const colour = COLOURS[level];
      data[4 * i] = grey * (1 - weight) + colour[0] * weight;
      data[4 * i + 1] = grey * (1 - weight) + colour[1] * weight;
      data[4 * i + 2] = grey * (1 - weight) + colour[2] * weight;
    } else {
      data[4 * i] = data[4 * i + 1] = data[4 * i + 2] = grey;
    }
    data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  drawBoxes(context, pixels, boxes);
}

function drawBoxes(context, pixels, boxes) {
  context.strokeStyle = GREEN;
  context.lineWidth = Math.max(1, pixels.columns / 256);
  for (const [top, left, bottom, right] of boxes) {
    context.strokeRect(left - 0.5, top - 0.5, right - left + 1, bottom - top + 1);
  }
}

/** Draw the scores of the slices as a strip; unanswered slices stay empty. */
export function drawStrip(canvas, scores, { current, threshold, colour, faint, mark }) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, 56];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const lanes = scores.length;
  const tall = height / Math.max(1, lanes);
  scores.forEach((values, lane) => {
    const base = (lane + 1) * tall;
    const step = width / Math.max(1, values.length);
    values.forEach((value, i) => {
      const room = Math.max(0.5, step - (step > 4 ? 1 : 0));
      context.fillStyle = i === current ? mark : value === null ? faint : colour;
      const bar = value === null ? 2 : Math.max(1.5, value * (tall - 4));
      context.fillRect(i * step, base - bar, room, bar);
      if (i === current) context.fillRect(i * step, base - tall + 1, room, 2);
    });
    if (threshold[lane] !== null && threshold[lane] !== undefined) {
      context.fillStyle = mark;
      context.fillRect(0, base - threshold[lane] * (tall - 4), width, 1);
    }
  });
}

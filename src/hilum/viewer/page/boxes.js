// Boxes of lesions out of a slice table (columns `path` and `boxes`), which stays in the page.

const MOST_BYTES = 64 * 2 ** 20;
const BOXES = /^(none|\d+ \d+ \d+ \d+(;\d+ \d+ \d+ \d+)*)?$/;

export const isTable = (file) => /\.csv$/i.test(file.name);

/** Return where a file lies, as far as the browser knows: folders and name. */
export const pathOf = (file) => file.webkitRelativePath || file.path || file.name;

/** Return the cells of a CSV text (RFC 4180), row by row. */
function cellsOf(text) {
  const rows = [[]];
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/y;
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (!found) throw new Error("it is no CSV: a quotation mark is not closed.");
    const [, value, end] = found;
    rows.at(-1).push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (end && end !== ",") rows.push([]);
  }
  return rows.filter((row) => row.some(Boolean));
}

/** Return [row_min, col_min, row_max, col_max] for each box of a cell: 0-based, half-open. */
function parseBoxes(text) {
  if (!text || text === "none") return [];
  return text.split(";").map((box) => box.split(" ").map(Number));
}

/**
 * The boxes of the tables that were opened. A slice is found by its SOP Instance UID where it and the row have one, else
 * by its file name and, as far as both have them, folders.
 */
export class BoxTable {
  constructor() {
    this.byName = new Map();
    this.byUid = new Map();
  }

  /** Take in a table; an Error says in one sentence what is wrong with it. */
  async read(file) {
    if (file.size > MOST_BYTES) throw new Error(`a table may have at most ${MOST_BYTES / 2 ** 20} MiB.`);
    const [head = [], ...rows] = cellsOf((await file.text()).replace(/^\ufeff/, ""));
    const [path, boxes, uid] = ["path", "boxes", "sop_instance_uid"].map((name) => head.indexOf(name));
    if (path < 0 || boxes < 0) throw new Error("a table of boxes needs the columns path and boxes.");
    rows.forEach((row, i) => {
      const text = row[boxes] || "";
      if (!BOXES.test(text)) {
        throw new Error(`row ${i + 2}: boxes are row_min col_min row_max col_max, joined by ";", or none; got "${text.slice(0, 40)}".`);
      }
      if (text) this.add({ folders: (row[path] || "").split(/[\\/]/), uid: row[uid] || "", text });
    });
  }

  add(row) {
    const name = row.folders.at(-1);
    if (!this.byName.has(name)) this.byName.set(name, []);
    this.byName.get(name).push(row);
    if (row.uid) this.byUid.set(row.uid, row);
  }

  /** Return the boxes of a slice; null: no table tells, or two rows tell different ones. */
  of({ path, uid }) {
    const known = uid && this.byUid.get(uid);
    if (known) return parseBoxes(known.text);
    const folders = path.split("/");
    const agrees = (row) => {
      if (uid && row.uid) return false;
      const shared = Math.min(row.folders.length, folders.length);
      return row.folders.slice(-shared).join("/") === folders.slice(-shared).join("/");
    };
    const texts = new Set((this.byName.get(folders.at(-1)) || []).filter(agrees).map((row) => row.text));
    return texts.size === 1 ? parseBoxes([...texts][0]) : null;
  }
}

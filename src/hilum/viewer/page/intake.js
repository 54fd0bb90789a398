// Files that a user drops or chooses, in the order of their names.

import { pathOf } from "/viewer/boxes.js";

const MOST_FILES = 2000;
const collator = new Intl.Collator("en", { numeric: true });

/** Return the files of a drop, those in folders included. */
export async function filesOfDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return sorted([...transfer.files]);
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return sorted(found);
}

/** Return the files of an input element, without hidden ones. */
export function filesOfInput(input) {
  return sorted([...input.files]);
}

function sorted(files) {
  return files
    .filter((file) => !file.name.startsWith("."))
    .sort((a, b) => collator.compare(pathOf(a), pathOf(b)))
    .slice(0, MOST_FILES);
}

async function walk(entry, found) {
  if (found.length >= MOST_FILES || entry.name.startsWith(".")) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push(Object.assign(file, { path: entry.fullPath.replace(/^\//, "") }));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const child of some) await walk(child, found);
  }
}

// The boxes of opened tables, given to the slices that they belong to.

import { render } from "/viewer/panes.js";
import { state } from "/viewer/state.js";

/** Read tables of boxes, for the slices that are open and those to come. */
export async function readTables(tables, onError) {
  for (const file of tables) {
    try {
      await state.table.read(file);
    } catch (error) {
      onError(file.name, error.message);
    }
  }
  if (tables.length) showBoxes();
}

/** Give each slice its boxes; later frames of a file have none, for a table names files. */
export function showBoxes() {
  const slices = new Set([...state.slices, ...state.series.flat()]);
  for (const slice of slices) slice.boxes = slice.frame ? null : state.table.of(slice);
  const tool = document.getElementById("boxes-tool");
  tool.hidden = ![...slices].some((slice) => slice.boxes?.length);
  render();
}

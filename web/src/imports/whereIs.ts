/** Names the place of a row as people look it up: the sheet where the file has several, and the row; row 0 is the file as a whole. */
export function whereIs(at: { sheet?: string; row: number }, wholeFile: string): string {
  if (at.row === 0) return at.sheet || wholeFile;
  return at.sheet ? `${at.sheet} · ${at.row}` : String(at.row);
}

/** How wide the column of places is, in pixels. */
export function widthOfWhere(rows: readonly { sheet?: string }[], wide: boolean): number {
  const named = rows.some((row) => row.sheet);
  if (!wide) return named ? 96 : 64;
  return named ? 160 : 92;
}

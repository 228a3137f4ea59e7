/** Names the place of a row as people look it up: the sheet where the file has several, and the row; row 0 is the file as a whole. */
export function whereIs(at: { sheet?: string; row: number }, wholeFile: string): string {
  if (at.row === 0) return at.sheet || wholeFile;
  return at.sheet ? `${at.sheet} · ${at.row}` : String(at.row);
}

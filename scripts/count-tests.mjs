// Adds up what the test runs have written into a folder and prints "N passed, N failed, N skipped". Fails when nothing ran
// or a part left no result.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const total = { passed: 0, failed: 0, skipped: 0 };
const missing = [];

function add(part, passed, failed, skipped) {
  if (passed + failed === 0) missing.push(part);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

function read(part, file, counts) {
  const path = join(folder, file);
  if (!existsSync(path)) {
    missing.push(part);
    return;
  }
  add(part, ...counts(JSON.parse(readFileSync(path, "utf8"))));
}

const go = readFileSync(join(folder, "counts"), "utf8").trim().split("\n").filter(Boolean);
if (go.length === 0) missing.push("Go tests");
for (const line of go) add("Go tests", ...line.split(" ").map(Number));
read("tests of the page's parts", "vitest.json", (r) => [r.numPassedTests, r.numFailedTests, r.numPendingTests ?? 0]);
read("the page in a browser", "playwright.json", ({ stats }) => [stats.expected + stats.flaky, stats.unexpected, stats.skipped]);

for (const part of missing) console.error(`✗ no test ran: ${part}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(missing.length > 0 || total.failed > 0 ? 1 : 0);

// Deltas of pages: the vectors that the server's tests hold too, applied as browsers do.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { apply } from "../assets/delta.js";

const vectors = JSON.parse(await readFile(new URL("deltas.json", import.meta.url), "utf8"));

test("a delta makes the newer page of the older one", () => {
  for (const { old, new: fresh, delta } of vectors) assert.equal(apply(old, delta), fresh);
});

test("a page that is not the one that was meant is refused", () => {
  for (const { old, delta } of vectors) {
    assert.equal(apply(`${old}x`, { ...delta, steps: [0, old.length + 1, ""] }), null);
    assert.equal(apply(old, { ...delta, check: delta.check ^ 1 }), null);
    assert.equal(apply(old, { ...delta, length: delta.length + 1 }), null);
  }
});

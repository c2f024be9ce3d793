// Reduces word vectors to a small table: the most frequent words, centred, each row in 8-bit numbers with a scale of its own.
// The same input gives the same bytes: nothing in here is random, and all arithmetic is IEEE double in a fixed order.
//
//   uint32  "AMWT", version 1, words, dimensions      little-endian, as everything
//   float32 scale of each row                         value = scale * number
//   int8    rows                                      words * dimensions
//   words   in order of frequency, each a uint8 length and that many bytes of UTF-8
import { readFileSync, writeFileSync } from 'node:fs';

const wanted = 50_000;
const components = 2;

const { words, vectors, dimensions } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const isWord = (word) => /^[\p{L}\p{N}]+$/u.test(word) && word === word.toLowerCase() && Buffer.byteLength(word) <= 32 && !/^\d{5,}$/.test(word);
const chosen = words.filter(isWord).slice(0, wanted);
const rows = chosen.map((word) => Float64Array.from(vectors[word].slice(0, dimensions)));

// All-but-the-top (Mu and Viswanath, 2018): what all words share says nothing about any of them, and would make every two texts look alike.
function subtract(direction, amount) {
  for (const row of rows) {
    const by = amount(row);
    for (let i = 0; i < dimensions; i++) row[i] -= by * direction[i];
  }
}

const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);

const mean = new Float64Array(dimensions);
for (const row of rows) for (let i = 0; i < dimensions; i++) mean[i] += row[i] / rows.length;
subtract(mean, () => 1);
for (let component = 0; component < components; component++) {
  let direction = new Float64Array(dimensions).fill(1 / Math.sqrt(dimensions));
  for (let step = 0; step < 60; step++) {
    const next = new Float64Array(dimensions);
    for (const row of rows) {
      const along = dot(row, direction);
      for (let i = 0; i < dimensions; i++) next[i] += along * row[i];
    }
    const length = Math.sqrt(dot(next, next));
    direction = next.map((x) => x / length);
  }
  subtract(direction, (row) => dot(row, direction));
}

const header = Buffer.alloc(16);
header.write('AMWT', 0, 'latin1');
header.writeUInt32LE(1, 4);
header.writeUInt32LE(rows.length, 8);
header.writeUInt32LE(dimensions, 12);
const scales = Buffer.alloc(rows.length * 4);
const numbers = Buffer.alloc(rows.length * dimensions);
rows.forEach((row, at) => {
  const scale = Math.fround(row.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127);
  scales.writeFloatLE(scale, at * 4);
  for (let i = 0; i < dimensions; i++) numbers.writeInt8(Math.max(-127, Math.min(127, Math.round(row[i] / scale))), at * dimensions + i);
});
const names = Buffer.concat(chosen.map((word) => Buffer.concat([Buffer.from([Buffer.byteLength(word)]), Buffer.from(word)])));
const table = Buffer.concat([header, scales, numbers, names]);
writeFileSync(process.argv[3], table);
console.log(`${rows.length} words, ${table.length} bytes`);

// Turns vega-datasets' movies.json into CSV: names in lower snake case, dates in ISO form, nothing corrected. The data is dirty
// and stays so: titles that are numbers become text, release dates of old films lie in the future, and one film has no title.
import { readFileSync } from 'node:fs';

const movies = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function isoDate(text) {
  const [month, day, year] = text.split(' ');
  if (!months.includes(month) || !/^\d\d$/.test(day) || !/^\d{4}$/.test(year)) throw new Error(`not a date: ${text}`);
  return `${year}-${String(months.indexOf(month) + 1).padStart(2, '0')}-${day}`;
}

// No value is an empty cell, an empty text a quoted one.
function cell(value) {
  if (value === null) return '';
  const text = String(value);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const names = Object.keys(movies[0]);
const lines = [['id', ...names.map(name => name.toLowerCase().replaceAll(' ', '_'))].join(',')];
movies.forEach((movie, i) => {
  const values = names.map(name => cell(name === 'Release Date' ? isoDate(movie[name]) : movie[name]));
  lines.push([`movie-${String(i + 1).padStart(4, '0')}`, ...values].join(','));
});
process.stdout.write(lines.join('\n') + '\n');

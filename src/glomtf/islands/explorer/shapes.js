// SVG paths over the grid of columns, one unit per column.

// Along every side of a column where the label changes, the grid's rim included.
function borders(labels, cols) {
  const rows = labels.length / cols;
  const at = (row, col) =>
    row >= 0 && row < rows && col >= 0 && col < cols ? labels[row * cols + col] : 0;
  const parts = [];
  const trace = (lines, length, differs, draw) => {
    for (let line = 0; line <= lines; line++) {
      for (let i = 0; i < length; i++) {
        if (!differs(line, i)) continue;
        const start = i;
        while (i + 1 < length && differs(line, i + 1)) i++;
        parts.push(draw(line, start, i + 1));
      }
    }
  };
  trace(rows, cols, (y, x) => at(y - 1, x) !== at(y, x), (y, from, to) => `M${from} ${y}H${to}`);
  trace(cols, rows, (x, y) => at(y, x - 1) !== at(y, x), (x, from, to) => `M${x} ${from}V${to}`);
  return parts.join("");
}

// The columns whose value is not 0, as filled rectangles.
function cells(values, cols) {
  const parts = [];
  for (let column = 0; column < values.length; column++) {
    if (!values[column]) continue;
    const row = Math.floor(column / cols);
    const start = column;
    while (column + 1 < (row + 1) * cols && values[column + 1]) column++;
    parts.push(`M${start % cols} ${row}h${column + 1 - start}v1h${start - column - 1}z`);
  }
  return parts.join("");
}

const SVG = "http://www.w3.org/2000/svg";

function shape(name, attributes, text) {
  const one = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  if (text !== undefined) one.textContent = text;
  return one;
}

function element(name, className, ...content) {
  const one = document.createElement(name);
  one.className = className;
  one.append(...content);
  return one;
}

const css = (colour) => `rgb(${colour.join(" ")})`;
const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

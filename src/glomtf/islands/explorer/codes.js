// Decode the states of one level: unit vectors whose dot products are cosines.

class Codes {
  // level: {codes: base64 of int8 (steps, columns, K), scales: K numbers}.
  constructor(level, steps, columns) {
    this.columns = columns;
    this.size = level.scales.length;
    const bytes = Uint8Array.from(atob(level.codes), (sign) => sign.charCodeAt(0));
    const numbers = new Int8Array(bytes.buffer);
    this.unit = new Float32Array(numbers.length);
    for (let start = 0; start < numbers.length; start += this.size) {
      let square = 0;
      for (let k = 0; k < this.size; k++) square += (numbers[start + k] * level.scales[k]) ** 2;
      const factor = square > 0 ? 1 / Math.sqrt(square) : 0;
      for (let k = 0; k < this.size; k++) {
        this.unit[start + k] = numbers[start + k] * level.scales[k] * factor;
      }
    }
  }

  // Cosines of one column with all columns at a step.
  cosines(step, column) {
    const { unit, size, columns } = this;
    const first = step * columns * size;
    const own = unit.subarray(first + column * size, first + (column + 1) * size);
    const result = new Float32Array(columns);
    for (let other = 0, at = first; other < columns; other++) {
      let sum = 0;
      for (let k = 0; k < size; k++, at++) sum += own[k] * unit[at];
      result[other] = sum;
    }
    return result;
  }
}

// The colour of a cosine: from dark at 0 and below to bright at 1, [red, green, blue].
const HEAT = [
  [0, [26, 24, 66]],
  [0.3, [78, 48, 136]],
  [0.55, [168, 66, 138]],
  [0.8, [240, 128, 96]],
  [1, [255, 236, 150]],
];

function heat(cosine) {
  const place = Math.min(Math.max(cosine, 0), 1);
  let i = 1;
  while (HEAT[i][0] < place) i++;
  const [low, dark] = HEAT[i - 1];
  const [high, bright] = HEAT[i];
  const share = (place - low) / (high - low);
  return dark.map((value, channel) => value + share * (bright[channel] - value));
}

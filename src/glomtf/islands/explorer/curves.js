// Agreement over the settling steps, one curve per level, and a marker at the step shown.

const HIGH = 190;
const PAD = { top: 10, right: 58, bottom: 26, left: 34 };
const APART = 14; // least distance of two labels

class Curves {
  // data: the page's data; choose(step): called with a step that was clicked.
  constructor(svg, data, choose) {
    Object.assign(this, { svg, data, level: 0, step: 0 });
    const values = data.levels.flatMap((one) => one.agreement).filter((one) => one !== null);
    // Where the axis begins: a tenth at or below every value.
    this.least = Math.floor(Math.min(0.9, ...values) * 10) / 10;
    new ResizeObserver(() => this.draw()).observe(svg);
    svg.addEventListener("click", (event) => {
      const share = (event.offsetX - PAD.left) / (this.wide - PAD.left - PAD.right);
      const last = data.steps.length - 1;
      choose(Math.min(Math.max(Math.round(share * last), 0), last));
    });
  }

  show(level, step) {
    Object.assign(this, { level, step });
    this.draw();
  }

  x(step) {
    const inner = this.wide - PAD.left - PAD.right;
    return PAD.left + (inner * step) / Math.max(1, this.data.steps.length - 1);
  }

  y(value) {
    return PAD.top + ((HIGH - PAD.top - PAD.bottom) * (1 - value)) / (1 - this.least);
  }

  draw() {
    const { svg, data } = this;
    this.wide = svg.clientWidth;
    if (this.wide < PAD.left + PAD.right) return; // not laid out yet
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${this.wide} ${HIGH}`);
    this.axes();
    const left = this.x(this.step);
    const marker = { class: "now", x1: left, x2: left, y1: PAD.top, y2: HIGH - PAD.bottom };
    svg.append(shape("line", marker));
    const ends = [];
    // The level shown comes last, so that it lies on top.
    const order = data.levels.map((_, i) => i);
    order.sort((a, b) => (a === this.level) - (b === this.level));
    for (const i of order) {
      const { agreement, level } = data.levels[i];
      const group = shape("g", { class: i === this.level ? "curve current" : "curve" });
      group.append(shape("path", { d: this.path(agreement) }));
      if (agreement[this.step] !== null) {
        group.append(shape("circle", { cx: left, cy: this.y(agreement[this.step]), r: 4 }));
      }
      const known = agreement.findLastIndex((value) => value !== null);
      if (known >= 0) {
        const words = shape("text", { x: this.x(known) + 9 }, `level ${level}`);
        ends.push({ y: this.y(agreement[known]), words });
        group.append(words);
      }
      svg.append(group);
    }
    this.spread(ends);
  }

  axes() {
    const { svg, data } = this;
    const grades = [this.least, (this.least + 1) / 2, 1];
    for (const grade of grades) {
      const y = this.y(grade);
      svg.append(
        shape("line", { class: "grade", x1: PAD.left, x2: this.wide - PAD.right, y1: y, y2: y }),
        shape("text", { class: "axis left", x: PAD.left - 8, y: y + 4 }, String(+grade.toFixed(2))),
      );
    }
    const every = Math.ceil((data.steps.length * 28) / (this.wide - PAD.left - PAD.right));
    data.steps.forEach((number, step) => {
      if (step % every) return;
      const words = step === 0 ? `step ${number}` : number;
      svg.append(shape("text", { class: "axis", x: this.x(step), y: HIGH - 6 }, words));
    });
  }

  // A line through the known values; it breaks where there is no island to measure.
  path(values) {
    let pen = "M";
    let path = "";
    values.forEach((value, step) => {
      if (value !== null) path += `${pen}${this.x(step).toFixed(1)} ${this.y(value).toFixed(1)}`;
      pen = value === null ? "M" : "L";
    });
    return path;
  }

  // Keep the labels apart and between the top and the axis.
  spread(ends) {
    ends.sort((a, b) => a.y - b.y);
    let next = PAD.top;
    for (const end of ends) {
      end.y = Math.max(end.y, next);
      next = end.y + APART;
    }
    next = HIGH - PAD.bottom;
    for (const end of ends.reverse()) {
      end.y = Math.min(end.y, next);
      next = end.y - APART;
      end.words.setAttribute("y", end.y + 4);
    }
  }
}

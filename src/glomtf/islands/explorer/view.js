// One picture with the grid over it: its painted canvas, the shapes on top, and where a point is.

class Stage {
  // root: the element; painter: shared; size: [width, height] of the picture.
  constructor(root, painter, size) {
    Object.assign(this, { root, painter });
    this.canvas = root.querySelector("canvas");
    this.svg = root.querySelector("svg");
    const { rows, cols, extent } = painter;
    this.svg.setAttribute("viewBox", `0 0 ${cols} ${rows}`);
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.style.width = `${extent[1] * 100}%`;
    this.svg.style.height = `${extent[0] * 100}%`;
    root.style.setProperty("--ratio", size[0] / size[1]);
  }

  // The column under the pointer.
  column(event) {
    const box = this.svg.getBoundingClientRect();
    const { rows, cols } = this.painter;
    const place = (share, length) => Math.min(Math.max(Math.floor(share * length), 0), length - 1);
    const col = place((event.clientX - box.left) / box.width, cols);
    return place((event.clientY - box.top) / box.height, rows) * cols + col;
  }

  // Draw a path with its dark halo, or only a filled shape.
  path(selector, d) {
    for (const one of this.svg.querySelectorAll(selector)) one.setAttribute("d", d);
  }

  // Frame one column, or none.
  spot(selector, column) {
    const { cols } = this.painter;
    const places = { x: column % cols, y: Math.floor(column / cols), width: 1, height: 1 };
    for (const rect of this.svg.querySelectorAll(selector)) {
      rect.toggleAttribute("hidden", column === null);
      for (const [key, value] of Object.entries(places)) rect.setAttribute(key, value);
    }
  }
}

// A slider with its ticks: choose(index) when moved, words(index) for screen readers.
class Slider {
  constructor(input, names, words, choose) {
    Object.assign(this, { input, words });
    input.max = names.length - 1;
    const every = Math.ceil(names.length / 14);
    const ticks = names.map((name, i) => element("span", i % every ? "minor" : "", String(name)));
    input.nextElementSibling.append(...ticks);
    input.nextElementSibling.classList.toggle("many", names.length > 8);
    this.ticks = ticks;
    input.addEventListener("input", () => choose(Number(input.value)));
  }

  show(index) {
    this.input.value = index;
    this.input.setAttribute("aria-valuetext", this.words(index));
    this.ticks.forEach((tick, i) => tick.classList.toggle("now", i === index));
  }
}

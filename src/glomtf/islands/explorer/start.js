// Build the page from its data, once the picture is there.

function startTree() {
  const [width, height] = data.size;
  const crop = ({ bbox: [x0, y0, x1, y1], ...node }) =>
    painter.crop([x0 / width, y0 / height, x1 / width, y1 / height], 36, inside(node, last));
  const colour = (node) => colourOf(node) && css(colourOf(node));
  const preview = (node) => node !== state.preview && update({ preview: node }, false);
  return new TreeView($("tree"), data.tree, { crop, colour, select, preview });
}

function startControls() {
  const level = (i) => `level ${levels[i].level} of ${levels.at(-1).level}`;
  const names = levels.map((one) => one.level);
  levelSlider = new Slider($("level"), names, level, (i) => update({ level: i }));
  const first = (i) => (steps[i] === 0 ? ", initial state" : "");
  const step = (i) => `step ${steps[i]} of ${steps[last]}${first(i)}`;
  const go = (i) => {
    halt();
    update({ step: i });
  };
  stepSlider = new Slider($("step"), steps, step, go);
  $("play").addEventListener("click", play);
  $("time").hidden = last === 0;
  for (const { level } of [...levels].reverse()) {
    const row = $("levels").insertRow();
    for (const words of [level, "", ""]) row.insertCell().textContent = words;
  }
  if (last > 0) curves = new Curves($("curves"), data, go);
  $("curves").toggleAttribute("hidden", last === 0);
}

function startTruth() {
  $("truth").hidden = !data.truth.length && !data.scores.length;
  for (const { name, labels, colours } of data.truth) {
    const stage = element("div", "stage");
    stage.append(document.createElement("canvas"), shape("svg", {}));
    const one = new Stage(stage, painter, data.size);
    one.svg.append(shape("path", { class: "halo" }), shape("path", { class: "line" }));
    one.path("path", borders(labels, cols));
    painter.paint(one.canvas, (column) => colours[labels[column]]);
    stage.setAttribute("role", "img");
    stage.setAttribute("aria-label", `true ${name}`);
    $("truths").append(element("figure", "", stage, element("figcaption", "", name)));
  }
  $("scores").hidden = !data.scores.length;
  for (const [name, value] of data.scores) {
    const row = $("scores").tBodies[0].insertRow();
    row.insertCell().textContent = name;
    row.insertCell().textContent = value === null ? "–" : value.toFixed(3);
  }
}

function startWords() {
  document.title = `Parse of ${data.name}`;
  $("name").textContent = data.name;
  const [width, height] = data.size;
  const facts = [`${width} × ${height} pixels`, `${rows} × ${cols} columns`];
  facts.push(count(levels.length, "level"));
  if (last > 0) facts.push(count(steps[last], "settling step"));
  $("facts").textContent = facts.join(" · ");
  const { mean, most } = data.errors ?? {};
  $("exact").textContent = data.errors
    ? "Cosines between columns are computed from compressed states: they are exact to within " +
      `${mean} on average and ${most} at most.`
    : "This page was written without states, so it has no similarities.";
}

async function start() {
  await $("picture").decode();
  $("picture").hidden = true; // the painted ones take its place
  document.querySelector("main").hidden = false;
  painter = new Painter($("picture"), data.grid, data.extent);
  islands = new Stage($("islands"), painter, data.size);
  similar = new Stage($("similar"), painter, data.size);
  if (data.errors) codes = levels.map((one) => new Codes(one, steps.length, rows * cols));
  state.level = index.get(data.part_level);
  const bar = $("scale").querySelector("canvas").getContext("2d");
  for (let x = 0; x < 256; x++) {
    bar.fillStyle = css(heat(x / 255));
    bar.fillRect(x, 0, 1, 1);
  }
  startWords();
  tree = startTree();
  startControls();
  startTruth();
  listen(islands);
  listen(similar);
  islands.root.addEventListener("keydown", keys);
  islands.root.addEventListener("focus", () => {
    if (islands.root.matches(":focus-visible")) update({ cursor: state.pinned ?? middle });
  });
  islands.root.addEventListener("blur", () => update({ cursor: null }, false));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    halt();
    update({ pinned: null, hover: null, cursor: null, node: null, preview: null });
  });
  drawLevel();
  drawSelection();
}

start();

// The page's state and what changes it: level, step, the pinned column, the selected node.

const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const { steps, levels } = data;
const [rows, cols] = data.grid;
const last = steps.length - 1;
const middle = Math.floor(rows / 2) * cols + Math.floor(cols / 2);
const everyone = Array.from({ length: rows * cols }, (_, column) => column);
const index = new Map(levels.map((one, i) => [one.level, i]));

// level, step: indices; pinned: a column; hover, cursor: the column under the mouse or reached by
// keys; node: the selected node; preview: the node under the mouse.
const state = {
  level: 0, step: last, pinned: null, hover: null, cursor: null, node: null, preview: null,
};

let painter, islands, similar, tree, curves, codes, levelSlider, stepSlider, timer;

const place = (column) => `[${Math.floor(column / cols)}, ${column % cols}]`;
const labelAt = (level, column) => levels[level].labels[state.step][column];
const inside = (node, step) => {
  if (!index.has(node.level)) return () => true; // the scene
  const labels = levels[index.get(node.level)].labels[step];
  return (column) => labels[column] === node.label;
};
const colourOf = (node) => levels[index.get(node.level)]?.colours[node.label];
const nodeAt = (level, column) =>
  tree.nodes.get(`${levels[level].level}.${labelAt(level, column)}`);

// The nodes a column belongs to at the step shown, from the lowest up to the scene: through its
// island at the level shown, or at the next higher level that has one.
function chainOf(column) {
  let from = state.level;
  while (from < levels.length && !nodeAt(from, column)) from++;
  if (from === levels.length) return ["scene"];
  const chain = tree.chain(nodeAt(from, column).id);
  for (let low = from - 1; low >= 0; low--) {
    const node = nodeAt(low, column);
    if (node && tree.parents.get(node.id) === chain[0]) chain.unshift(node.id);
  }
  return chain;
}

const probe = () => state.hover ?? state.cursor;
const source = () => state.pinned ?? probe();

function tell() {
  $("live").textContent = [...$("summary").children].map((one) => one.innerText).join(", ");
}

function update(changes, aloud = true) {
  const before = { ...state };
  Object.assign(state, changes);
  if (state.level !== before.level || state.step !== before.step) drawLevel();
  drawSelection();
  if (aloud) tell();
}

function pin(column) {
  update({ pinned: column === state.pinned ? null : column, node: null });
  if (state.pinned !== null) tree.reveal(chainOf(column)[0]);
}

function select(node) {
  if (node === state.node) return update({ node: null, preview: null });
  return update({
    node, pinned: null, cursor: null, preview: null, level: index.get(node.level) ?? state.level,
  });
}

function play() {
  const going = timer !== undefined;
  clearInterval(timer);
  timer = undefined;
  $("play").classList.toggle("going", !going);
  $("play").setAttribute("aria-label", going ? "Play the steps" : "Pause");
  if (going) return;
  if (state.step === last) update({ step: 0 }, false);
  const pause = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1800 : 900;
  timer = setInterval(() => {
    update({ step: state.step + 1 }, false);
    if (state.step === last) play();
  }, pause);
}

const halt = () => timer !== undefined && play();

function listen(stage) {
  stage.root.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const hover = stage.column(event);
    if (hover !== state.hover) update({ hover, cursor: null }, false);
  });
  stage.root.addEventListener("pointerleave", () => update({ hover: null }, false));
  stage.root.addEventListener("click", (event) => pin(stage.column(event)));
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = state.cursor ?? state.pinned ?? middle;
  const [row, col] = [Math.floor(at / cols), at % cols];
  const moves = {
    ArrowUp: [row - 1, col], ArrowDown: [row + 1, col], ArrowLeft: [row, col - 1],
    ArrowRight: [row, col + 1], Home: [row, 0], End: [row, cols - 1],
  };
  if (event.key === "Enter" || event.key === " ") pin(at);
  else if (moves[event.key]) {
    const [y, x] = moves[event.key];
    const [top, left] = [Math.min(Math.max(y, 0), rows - 1), Math.min(Math.max(x, 0), cols - 1)];
    update({ cursor: top * cols + left, hover: null });
  } else return;
  event.preventDefault();
}

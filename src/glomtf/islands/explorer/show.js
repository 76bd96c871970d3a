// Bring the page in line with the state: islands, similarities, tree marks, words.

// How many islands a level has at the step shown.
function islandsOf(level) {
  const found = new Set(level.labels[state.step]);
  found.delete(0);
  return found.size;
}

function drawLevel() {
  const shown = levels[state.level];
  const { labels, colours, agreement } = shown;
  const now = labels[state.step];
  painter.paint(islands.canvas, (column) => colours[now[column]]);
  islands.path("path:not(.veil, .own)", borders(now, cols));
  $("islands-title").textContent = `Islands of level ${shown.level}`;
  const mean = agreement[state.step];
  const words = [
    last > 0 ? `step ${steps[state.step]} of ${steps[last]}` : "",
    count(islandsOf(shown), "island"),
    mean === null ? "" : `agreement ${mean.toFixed(2)}`,
  ];
  $("islands-facts").textContent = words.filter(Boolean).join(" · ");
  levelSlider.show(state.level);
  stepSlider.show(state.step);
  curves?.show(state.level, state.step);
  tabulate();
}

function tabulate() {
  [...$("levels").rows].forEach((row, place) => {
    const i = levels.length - 1 - place;
    const mean = levels[i].agreement[state.step];
    row.cells[1].textContent = islandsOf(levels[i]);
    row.cells[2].textContent = mean === null ? "–" : mean.toFixed(3);
    row.classList.toggle("now", i === state.level);
  });
}

function drawSelection() {
  const column = source();
  const node = state.preview ?? state.node;
  const shown = node && inside(node, state.step);
  const veil = shown ? cells(everyone.map((one) => (shown(one) ? 0 : 1)), cols) : "";
  const label = column === null ? 0 : labelAt(state.level, column);
  const ring = label
    ? levels[state.level].labels[state.step].map((one) => (one === label ? 1 : 0))
    : shown && everyone.map((one) => (shown(one) ? 1 : 0));
  const own = ring ? borders(ring, cols) : "";
  const other = state.pinned !== null && probe() !== state.pinned ? probe() : null;
  for (const stage of [islands, similar]) {
    // Over a map of similarities nothing is to be hidden.
    stage.path(".veil", stage === similar && codes && column !== null ? "" : veil);
    stage.path(".own", own);
    stage.spot(".spot", column);
    stage.spot(".probe", other);
  }
  drawSimilar(column, other);
  const chain = column !== null ? chainOf(column) : node ? tree.chain(node.id) : [];
  tree.mark(chain, state.node?.id);
  summarise(column, node, chain);
}

function drawSimilar(column, other) {
  const known = codes && column !== null;
  $("similar-title").textContent = known ? `Similarity to column ${place(column)}` : "Picture";
  $("scale").classList.toggle("idle", !known);
  $("readout").hidden = $("needle").hidden = !known || other === null;
  if (!known) return similar.painter.plain(similar.canvas);
  const cosines = codes[state.level].cosines(state.step, column);
  painter.paint(similar.canvas, (one) => heat(cosines[one]));
  if (other === null) return undefined;
  $("cosine").value = cosines[other].toFixed(6);
  $("cosine").textContent = cosines[other].toFixed(2);
  $("needle").style.left = `${Math.min(Math.max(cosines[other], 0), 1) * 100}%`;
  return undefined;
}

function chip(id) {
  const mark = element("span", "chip", id);
  const colour = colourOf(tree.nodes.get(id));
  if (colour) {
    const dot = element("i", "");
    dot.style.backgroundColor = css(colour);
    mark.prepend(dot);
  }
  return mark;
}

function summarise(column, node, chain) {
  const box = $("summary");
  box.replaceChildren();
  if (column !== null) {
    box.append(element("strong", "", `Column ${place(column)}`));
    box.append(element("span", "chips", ...chain.map(chip)));
    if (!chain.some((id) => tree.nodes.get(id).level === levels[state.level].level)) {
      const label = labelAt(state.level, column);
      const level = levels[state.level].level;
      const words = label
        ? `in island ${label} of level ${level}, which is not in the tree`
        : `on the background of level ${level}`;
      box.append(element("span", "quiet", words));
    }
  } else if (node) {
    box.append(element("span", "chips", ...chain.map(chip)));
    const now = everyone.filter(inside(node, state.step));
    const words = now.length ? count(now.length, "column") : "not there yet";
    const when = last > 0 ? ` at step ${steps[state.step]}` : "";
    box.append(element("span", "quiet", words + when));
  } else {
    const hint = "Point at a column to see what it agrees with; click to pin it. Or choose a node.";
    box.append(element("span", "quiet", hint));
  }
}

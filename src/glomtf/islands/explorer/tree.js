// The parse tree as an ARIA tree: arrows move, Enter selects.

class TreeView {
  // root: the list element; scene: the root node; crop(node): its picture; colour(node): CSS or
  // nothing; on.select(node), on.preview(node or null).
  constructor(root, scene, { crop, colour, select, preview }) {
    Object.assign(this, { root, crop, colour, select });
    this.items = new Map();
    this.nodes = new Map();
    this.parents = new Map();
    root.append(this.item(scene, 1));
    this.focusable(this.items.get(scene.id));
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("pointerover", (event) => {
      const row = event.target.closest(".row");
      if (event.pointerType !== "touch") preview(row ? this.nodeOf(row.parentElement) : null);
    });
    root.addEventListener("pointerleave", () => preview(null));
  }

  item(node, depth) {
    const { agreement } = node;
    const columns = count(node.columns, "column");
    const mean = agreement === null ? "" : agreement.toFixed(2);
    const picture = this.crop(node);
    picture.style.borderColor = this.colour(node) ?? "";
    const twist = element("span", "twist");
    const words = element("span", "words", element("strong", "", node.id));
    words.append(element("span", "quiet", columns));
    const value = element("span", "value quiet", mean);
    const row = element("div", "row", twist, element("span", "crop", picture), words, value);
    const item = element("li", "", row);
    item.setAttribute("role", "treeitem");
    item.setAttribute("aria-level", depth);
    item.setAttribute("aria-label", `${node.id}, ${columns}${mean && `, agreement ${mean}`}`);
    item.setAttribute("aria-selected", "false");
    item.dataset.node = node.id;
    item.tabIndex = -1;
    this.items.set(node.id, item);
    this.nodes.set(node.id, node);
    if (node.children.length) {
      const group = element("ul", "");
      group.setAttribute("role", "group");
      for (const child of node.children) {
        this.parents.set(child.id, node.id);
        group.append(this.item(child, depth + 1));
      }
      item.append(group);
      item.setAttribute("aria-expanded", "true");
      twist.addEventListener("click", (event) => {
        event.stopPropagation();
        this.expand(item, item.getAttribute("aria-expanded") !== "true");
      });
    }
    row.addEventListener("click", () => {
      this.focusable(item).focus({ preventScroll: true });
      this.select(node);
    });
    return item;
  }

  nodeOf(item) {
    return this.nodes.get(item.dataset.node);
  }

  // From a node up to the scene.
  chain(id) {
    const ids = [];
    for (let one = id; one !== undefined; one = this.parents.get(one)) ids.push(one);
    return ids;
  }

  // Light up a chain of nodes, and mark the selected one.
  mark(chain, selected) {
    for (const [id, item] of this.items) {
      item.firstChild.classList.toggle("lit", chain.includes(id));
      item.setAttribute("aria-selected", String(id === selected));
    }
  }

  reveal(id) {
    for (const one of this.chain(id).slice(1)) this.expand(this.items.get(one), true);
    // Within the tree only: the page itself should not jump.
    const row = this.items.get(id).firstChild.getBoundingClientRect();
    const list = this.root.getBoundingClientRect();
    if (row.top < list.top) this.root.scrollTop -= list.top - row.top;
    if (row.bottom > list.bottom) this.root.scrollTop += row.bottom - list.bottom;
  }

  expand(item, open) {
    if (!item.hasAttribute("aria-expanded")) return;
    item.setAttribute("aria-expanded", String(open));
    // Focus must not stay on what is hidden.
    if (!open && item.querySelector("ul").contains(document.activeElement)) {
      this.focusable(item).focus();
    }
  }

  focusable(item) {
    this.root.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
    item.tabIndex = 0;
    return item;
  }

  key(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const seen = [...this.items.values()].filter(
      (one) => !one.parentElement.closest("[aria-expanded=false]"),
    );
    const at = seen.indexOf(item);
    const open = item.getAttribute("aria-expanded");
    const go = (one) => one && this.focusable(one).focus();
    const actions = {
      ArrowDown: () => go(seen[at + 1]),
      ArrowUp: () => go(seen[at - 1]),
      Home: () => go(seen[0]),
      End: () => go(seen.at(-1)),
      ArrowRight: () => (open === "false" ? this.expand(item, true) : open && go(seen[at + 1])),
      ArrowLeft: () =>
        open === "true"
          ? this.expand(item, false)
          : go(item.parentElement.closest("[role=treeitem]")),
      Enter: () => this.select(this.nodeOf(item)),
      " ": () => this.select(this.nodeOf(item)),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }
}

// What a panel needs to know of its place in the browser, and to do there, that stock widgets cannot: see browser.py.
// Every view of the panel (the cell's, and those of its output) has a place of its own.
const OVER = ["restarting", "autorestarting", "terminating", "dead"];  // what a kernel says of itself
const UNSEEN = "position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)";
const STATUS = { role: "status" };
const PATIENCE = 3000;  // milliseconds without a connection, until that is said

// The panel, or what it stands in: tabs, a box of one's own.
function outermost(el) {
  const around = el.parentElement?.closest(".jupyter-widgets");
  return around ? outermost(around) : el;
}

// Told is the widest of the places (a hidden one has no width), in steps of 10 pixels, when a drag rests. A place that
// widens by less than 20 is not told: the chart that the last width made lower may have taken a scroll bar away, which
// the next one would bring back.
function tell(model, widths) {
  const width = Math.floor(Math.max(0, ...widths.values()) / 10) * 10, told = model.get("width");
  if (width && (width < told || width >= told + 20)) { model.set("width", width); model.save_changes(); }
}

// JupyterLab and Notebook 7 leave alone what is typed where this is set: on what has the focus, for that by itself is
// what most of their shortcuts ask for. Saving is handed on to them.
function quiet(root) {
  const hush = e => e.setAttribute("data-lm-suppress-shortcuts", "true");
  if (root.matches("[data-lm-suppress-shortcuts]")) return;
  hush(root);
  root.addEventListener("focusin", ({ target }) => hush(target));
  root.addEventListener("keydown", event => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
    const copy = new KeyboardEvent("keydown", event);
    if (!root.parentElement.dispatchEvent(copy)) event.preventDefault();
  });
}

// A button that does nothing now keeps the focus; that it is off, which a class shows, is said in words.
function tellOff(root, signal) {
  const tell = button => { button.ariaDisabled = String(button.classList.contains("wb-off")); };
  const observer = new MutationObserver(changes => {
    for (const { target } of changes) if (target.matches("button")) tell(target);
  });
  observer.observe(root, { subtree: true, attributes: true, attributeFilter: ["class"] });
  root.querySelectorAll("button.wb-off").forEach(tell);
  signal.addEventListener("abort", () => observer.disconnect());
}

// A link to a file beside the notebook opens it in JupyterLab, by a click that its own linker of commands hears.
function openFiles({ model, root, signal }) {
  root.addEventListener("click", ({ target }) => {
    const link = target.closest?.("a[data-wb-file]"), notebook = model.widget_manager?.context?.path;
    if (!link || notebook === undefined) return;
    const folder = notebook.slice(0, notebook.lastIndexOf("/") + 1);
    link.dataset.commandlinkerCommand = "docmanager:open";
    link.dataset.commandlinkerArgs = JSON.stringify({ path: folder + link.dataset.wbFile });
  }, { capture: true, signal });
}

// A restart, a death, and the choice of another kernel are for good: nothing answers here any more. A connection that
// is lost may come back.
function watchKernel({ model, el, root, signal }) {
  const line = root.querySelector(":scope > .wb-gone") ?? Object.assign(document.createElement("div"), STATUS);
  const manager = model.widget_manager, session = manager?.context?.sessionContext, source = session ?? manager?.kernel;
  const say = words => {
    if (line.textContent !== words) line.textContent = words;
    line.classList.toggle("wb-alert", Boolean(words));
  };
  let over = false, waiting;
  line.classList.add("wb-gone"); root.prepend(line);
  const end = () => {
    over = true; clearTimeout(waiting); say(model.get("gone"));
    for (const part of root.querySelectorAll("button.jupyter-button, input, select, textarea")) part.disabled = true;
  };
  const status = (_, word) => { if (OVER.includes(word)) end(); };
  const connection = (_, word) => {
    if (over) return;
    clearTimeout(waiting);
    if (word === "connected") say("");
    else waiting = setTimeout(() => say(model.get("cut_off")), PATIENCE);
  };
  const kernel = source?.id ?? session?.session?.kernel?.id;
  const another = (_, { newValue }) => { if (newValue?.id !== kernel) end(); };
  const live = () => { if (el.classList.contains("jupyter-widgets-disconnected")) end(); };  // the widgets' own mark
  const lives = () => queueMicrotask(live);
  model.on("comm_live_update", lives);
  live();
  const heard = [[source?.statusChanged, status], [source?.connectionStatusChanged, connection],
    [session?.kernelChanged, another]];
  for (const [kind, hear] of heard) kind?.connect(hear);
  signal.addEventListener("abort", () => {
    clearTimeout(waiting); model.off("comm_live_update", lives);
    for (const [kind, hear] of heard) kind?.disconnect(hear);
  });
}

// Running all cells ends at the bottom of the notebook. The first panel of a notebook comes into view once the kernel
// rests, its beginning where it is higher than the page, unless somebody has scrolled or typed by then.
function bringIntoView({ model, root, signal }) {
  const notebook = root.closest(".jp-Notebook"), stop = new AbortController(), whole = root.closest(".wb-bench") ?? root;
  if (!notebook || notebook.dataset.wbShown) return;
  notebook.dataset.wbShown = "true";
  for (const act of ["wheel", "keydown", "pointerdown", "touchmove"])
    document.addEventListener(act, () => stop.abort(), { capture: true, passive: true, signal: stop.signal });
  signal.addEventListener("abort", () => stop.abort());
  let rests = 0, looks = 0;
  const look = setInterval(() => {
    rests = model.widget_manager?.kernel?.status === "idle" ? rests + 1 : 0;
    if (!stop.signal.aborted && rests < 3 && ++looks < 100) return;
    clearInterval(look);
    if (!stop.signal.aborted && rests >= 3 && !onScreen(root)) whole.scrollIntoView({ block: "start" });
    stop.abort();
  }, 200);
}

function onScreen(root) {
  let scroller = root.parentElement;
  const scrolls = e => /auto|scroll/.test(getComputedStyle(e).overflowY) && e.scrollHeight > e.clientHeight + 1;
  while (scroller && !scrolls(scroller)) scroller = scroller.parentElement;
  const page = (scroller ?? document.documentElement).getBoundingClientRect(), place = root.getBoundingClientRect();
  return place.top >= page.top - 1 && place.bottom <= page.bottom + 1;
}

// Put a code cell below the one that shows the panel; where there is no notebook, the text goes to the clipboard.
async function insert(model, places, text) {
  const notebook = model.widget_manager?.context?.model?.sharedModel;
  if (!notebook?.insertCell) return await copied(text) ? "clipboard" : "nothing";
  const cells = [...places].map(el => el.closest(".jp-Notebook .jp-Cell")).filter(Boolean);
  const index = cells.length ? position(cells[0]) + 1 : notebook.cells.length;
  notebook.insertCell(index, { cell_type: "code", source: text, metadata: { trusted: true } });
  return "cell";
}

function position(cell) {
  const told = cell.closest("[data-windowed-list-index]")?.dataset.windowedListIndex;  // not all cells are in the page
  return told ? Number(told) : [...cell.closest(".jp-Notebook").querySelectorAll(".jp-Cell")].indexOf(cell);
}

async function copied(text) {
  try { await navigator.clipboard.writeText(text); return true; } catch { /* not allowed, or not over https */ }
  const area = Object.assign(document.createElement("textarea"), { value: text }), focused = document.activeElement;
  document.body.append(area); area.select();
  try { return document.execCommand("copy"); } finally { area.remove(); focused?.focus(); }
}

export default () => {
  const widths = new Map();  // by place
  const initialize = ({ model }) => {
    model.on("msg:custom", async ({ insert: text }) => {
      model.set("inserted", await insert(model, widths.keys(), text)); model.save_changes();
    });
  };
  const render = ({ model, el }) => {
    const region = Object.assign(document.createElement("div"), STATUS), view = new AbortController();
    let waiting, root;
    region.style = UNSEEN; el.append(region);
    model.on("change:said", () => { region.textContent = model.get("said"); });
    const settle = () => {
      root = outermost(el);
      quiet(root);
      tellOff(root, view.signal);
      openFiles({ model, root, signal: view.signal });
      watchKernel({ model, el, root, signal: view.signal });
      bringIntoView({ model, root, signal: view.signal });
    };
    const observer = new ResizeObserver(([place]) => {
      if (!root && el.isConnected) settle();
      widths.set(el, place.contentRect.width);
      clearTimeout(waiting);
      waiting = setTimeout(() => tell(model, widths), model.get("width") ? 200 : 0);
    });
    observer.observe(el);
    return () => {
      view.abort(); observer.disconnect(); clearTimeout(waiting);
      widths.delete(el); tell(model, widths);
    };
  };
  return { initialize, render };
};

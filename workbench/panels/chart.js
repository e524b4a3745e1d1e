// The browser's half of a chart (chart.py), bundled with Vega, Vega-Lite and Vega-Embed, so that it needs no network.
// Where only the rows are new, the data of the view are replaced: zoom, brush, menus and selections stay as they are.
// Where the specification is new, another view takes the place of the last one, with what a person chose there.
const ROWS = "rows";  // the name of the data, in every specification
const REST = 60;  // milliseconds without a change, until what a person chose is told
const OPTIONS = { mode: "vega-lite", actions: false, renderer: "svg" };

function render({ model, el }) {
  let drawn = null, anew = true, over = false;
  const draw = serial(async () => {
    if (over) return;
    try {
      if (anew || !drawn) {
        anew = false;
        drawn = await embed(model, el, drawn);
      } else await swap(model, drawn);
    } catch (error) {
      drawn?.end(); drawn = null;
      say(el, error);
    }
    if (over) drawn?.end();
  });
  const redraw = () => { anew = true; draw(); };
  const choose = () => { if (JSON.stringify(model.get("params")) !== drawn?.told) redraw(); };  // in Python, or elsewhere
  const heard = [["change:spec", redraw], ["change:rows", draw], ["change:params", choose]];
  for (const [event, hear] of heard) model.on(event, hear);
  draw();
  return () => {
    over = true;
    drawn?.end();
    for (const [event, hear] of heard) model.off(event, hear);
  };
}

// One at a time; what is asked for on the way is done once, afterwards.
function serial(work) {
  let asked = false, busy = false;
  return async () => {
    asked = true;
    if (busy) return;
    for (busy = true; asked; await work()) {
      asked = false;
      await null;  // all that came in one message is there
    }
    busy = false;
  };
}

async function embed(model, el, before) {
  const spec = structuredClone(model.get("spec")), rows = model.get("rows"), chosen = model.get("params");
  if (!Object.keys(spec).length) {
    before?.end();
    el.replaceChildren();
    return null;
  }
  spec.data = { name: ROWS, values: structuredClone(rows) };
  const params = (spec.params ?? []).filter(param => !param.select || param.bind || fields(param).length);
  for (const param of params) if (param.name in chosen && param.bind !== "scales") start(param, chosen[param.name]);
  const place = document.createElement("div");  // beside the page, which shows the last view meanwhile
  const { view, finalize } = await vegaEmbed(place, spec, OPTIONS);
  for (const param of params) if (param.bind === "scales") zoom(view, param.name, chosen[param.name]);
  await view.runAsync();
  place.querySelector("svg")?.setAttribute("aria-hidden", "true");  // its description is said; groups have no names
  before?.end();
  const focus = el.contains(document.activeElement) ? document.activeElement.name : "";
  el.replaceChildren(place);
  if (focus) el.querySelector(`[name="${CSS.escape(focus)}"]`)?.focus();
  const drawn = { view, rows, told: JSON.stringify(chosen) };
  const rest = watch(model, params, drawn);
  drawn.end = () => { rest(); finalize(); };
  return drawn;
}

async function swap(model, drawn) {
  const rows = model.get("rows");
  if (rows === drawn.rows) return;
  drawn.rows = rows;
  const { view } = drawn;
  const data = view.changeset().remove(() => true).insert(structuredClone(rows));  // Vega writes into what it is given
  await view.change(ROWS, data).resize().runAsync();
}

const kind = ({ select }) => select?.type ?? select;
const fields = ({ select }) => select.fields ?? select.encodings ?? (kind({ select }) === "interval" ? ["x", "y"] : []);

// Begin with what was chosen, as far as there is such a thing here.
function start(param, value) {
  if (!param.select) {
    const { options, min = -Infinity, max = Infinity } = param.bind ?? {};
    if (options ? options.includes(value) : !(value < min || value > max)) param.value = value;
    return;
  }
  delete param.value;
  if (kind(param) === "interval") {
    if (value) param.value = value;
    return;
  }
  const named = (value ?? []).filter(pick => fields(param).every(field => field in pick));
  if (named.length) param.value = named.map(pick => Object.fromEntries(fields(param).map(field => [field, pick[field]])));
}

function zoom(view, name, ends) {
  for (const [field, two] of Object.entries(ends ?? {})) {
    try { view.signal(`${name}_${field}`, two); } catch { /* another picture, without this field */ }
  }
}

// What stands in a parameter: a value; of a zoom its ends by field, of a brush by axis; of clicks a dict for each mark.
function value(view, param) {
  if (!param.select || param.bind === "scales") return view.signal(param.name) ?? null;
  const by = kind(param) === "interval" ? "channel" : "field";
  const picks = view.data(`${param.name}_store`).map(({ fields, values }) =>
    Object.fromEntries(fields.map((field, i) => [field[by], values[i]])));
  return by === "channel" ? picks[0] ?? null : picks;
}

// Tell Python what a person changed. Returns what ends that.
function watch(model, params, drawn) {
  const read = param => JSON.stringify(value(drawn.view, param));
  const known = new Map(params.map(param => [param, read(param)]));
  let waiting;
  const tell = () => {
    const changed = params.filter(param => read(param) !== known.get(param));
    if (!changed.length) return;
    for (const param of changed) known.set(param, read(param));
    const news = Object.fromEntries(changed.map(param => [param.name, JSON.parse(known.get(param))]));
    const all = { ...model.get("params"), ...news };
    drawn.told = JSON.stringify(all);
    model.set("params", all);
    model.save_changes();
  };
  const hear = () => { clearTimeout(waiting); waiting = setTimeout(tell, REST); };
  for (const param of params) drawn.view.addSignalListener(param.name, hear);
  return () => clearTimeout(waiting);
}

function say(el, error) {
  const words = `The chart could not be drawn here: ${error?.message ?? error}. Its numbers are in the table below.`;
  const box = Object.assign(document.createElement("div"), { className: "wb-alert", role: "alert", textContent: words });
  el.replaceChildren(box);
}

export default { render };

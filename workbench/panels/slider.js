function render({ model, el }) {
  const label = document.createElement("label"), words = document.createElement("span");
  const range = document.createElement("input"), shown = document.createElement("output");
  range.type = "range"; range.min = 0; range.step = 1;
  range.setAttribute("data-lm-suppress-shortcuts", "true");  // else JupyterLab takes the arrow keys
  const stops = () => model.get("stops");
  const say = (value) => String(Number(value.toPrecision(3)));
  const nearest = (value) => stops().reduce(
    (best, stop, i) => Math.abs(stop - value) < Math.abs(stops()[best] - value) ? i : best, 0);
  const show = () => {
    const value = model.get("value");
    words.textContent = model.get("description");
    range.max = stops().length - 1; range.value = nearest(value);
    const said = model.get("idle") ? "not used" : say(value);
    range.setAttribute("aria-valuetext", said); shown.textContent = said;
    label.title = model.get("tooltip") || ""; range.setAttribute("aria-description", label.title);
    label.classList.toggle("wb-idle", model.get("idle"));
  };
  range.addEventListener("input", () => { model.set("value", stops()[range.valueAsNumber]); model.save_changes(); });
  for (const name of ["value", "stops", "description", "idle"]) model.on("change:" + name, show);
  label.append(words, range, shown); label.className = "wb-slider"; el.append(label);
  show();
}
export default { render };

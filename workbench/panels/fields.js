// What stock widgets lack: arrow keys step the numbers of a form, and its fields say their help, by mouse and to readers.
export default { render({ model, el }) {
  const fieldOf = (event) => {
    const form = el.closest(".wb-form"), field = event.target.closest && event.target.closest(".wb-field");
    const label = form && field && form.contains(field) && field.querySelector("label, .widget-label");
    return label ? [field, label.textContent.trim()] : [];
  };
  const tell = (event) => {
    const [field, name] = fieldOf(event), help = name && model.get("help")[name];
    if (!help) return;
    field.title = help;
    for (const input of field.querySelectorAll("input, select")) input.setAttribute("aria-description", help);
  };
  const step = (event) => {
    const input = event.target, [, name] = fieldOf(event), rule = name && model.get("steps")[name];
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!rule || !way || input.type !== "text" || !input.value.trim() || isNaN(input.value)) return;
    const [by, low, high] = rule, next = Math.max(Number(input.value) + way * by, low);
    input.value = String(Number((high === null ? next : Math.min(next, high)).toPrecision(12)));
    event.preventDefault(); event.stopPropagation();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const told = { focusin: tell, pointerover: tell, keydown: step };
  for (const [name, f] of Object.entries(told)) document.addEventListener(name, f, true);
  return () => { for (const [name, f] of Object.entries(told)) document.removeEventListener(name, f, true); };
} };

// What stock widgets lack: arrow keys step the numbers of a form, and its inputs have their help as a description.
export default { render({ model, el }) {
  const labelled = (event) => {
    const input = event.target, form = el.closest(".wb-form");
    const label = form && form.contains(input) && input.labels && input.labels[0];
    return label ? [input, label.textContent.trim()] : [];
  };
  const tell = (event) => {
    const [input, name] = labelled(event), help = name && model.get("help")[name];
    if (help) { input.title = help; input.setAttribute("aria-description", help); }
  };
  const step = (event) => {
    const [input, name] = labelled(event), rule = name && model.get("steps")[name];
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

// Told is the widest of the places that a panel is shown in (a hidden one has no width), in steps of 10 pixels, when a
// drag rests. A place that widens by less than 20 is not told: the chart that the last width made lower may have taken a
// scroll bar away, which the next one would bring back.
export default () => {
  const widths = new Map();  // by view of the panel
  const tell = (model) => {
    const width = Math.floor(Math.max(0, ...widths.values()) / 10) * 10, told = model.get("value");
    if (width && (width < told || width >= told + 20)) { model.set("value", width); model.save_changes(); }
  };
  const render = ({ model, el }) => {
    let waiting;
    const observer = new ResizeObserver(([place]) => {
      widths.set(el, place.contentRect.width);
      clearTimeout(waiting);
      waiting = setTimeout(() => tell(model), model.get("value") ? 200 : 0);
    });
    observer.observe(el);
    return () => { observer.disconnect(); clearTimeout(waiting); widths.delete(el); tell(model); };
  };
  return { render };
};

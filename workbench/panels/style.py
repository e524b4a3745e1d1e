"""The look of a panel: JupyterLab's own colours, so that it is at home in light and dark."""

CSS = """
<style>
.wb-panel { --wb-line: var(--jp-border-color2, #d0d0d0); --wb-soft: var(--jp-layout-color2, #f2f2f2);
  --wb-quiet: var(--jp-ui-font-color2, #666); --wb-accent: #0080c6; color: var(--jp-ui-font-color1, inherit);
  max-width: 1080px; padding: 4px 2px 12px; overflow: visible; box-sizing: border-box; }
.wb-panel > * { max-width: 100%; }
.wb-panel .widget-html-content { line-height: 1.45; font-size: 13px; }
.wb-panel h3 { font-size: 19px; font-weight: 600; margin: 6px 0 2px; }
.wb-panel p { margin: 2px 0; }
.wb-panel .wb-about { color: var(--wb-quiet); margin-bottom: 6px; }
.wb-panel h4 { font-size: 12px; font-weight: 600; letter-spacing: .04em; text-transform: uppercase; margin: 0 0 4px;
  color: var(--wb-quiet); }
.wb-form { display: grid !important; grid-template-columns: repeat(auto-fit, minmax(290px, 1fr)); gap: 10px 14px; }
.wb-group { border: 1px solid var(--wb-line); border-radius: 8px; padding: 10px 14px 10px 12px; overflow: visible; }
.wb-group .widget-label, .wb-group label { text-align: left !important; }
.wb-checks { align-items: flex-start; }
.wb-checks > .widget-label { width: 8.6em; flex: none; }
.wb-checks > .widget-vbox { min-width: 0; }
.wb-checks .widget-checkbox { width: auto; height: auto; margin: 0 0 0 4px; }
.wb-checks .widget-checkbox input { margin: 0 4px 0 2px; flex: none; }
.wb-checks .widget-checkbox label { align-items: center; display: flex; line-height: 1.3; height: auto;
  padding: 4px 0; }
.wb-checks .widget-checkbox label span { white-space: normal; }
.wb-slider { display: flex; align-items: center; gap: 8px; min-height: 32px; }
.wb-slider > span { width: 8.6em; flex: none; }
.wb-slider input { flex: 1; min-width: 90px; accent-color: var(--wb-accent); }
.wb-slider output { width: 3.6em; flex: none; text-align: right; font-variant-numeric: tabular-nums; }
.wb-go { align-items: center; gap: 8px; margin: 12px 0 2px !important; flex-wrap: wrap; }
.wb-go button { border-radius: 6px; min-width: 92px; font-weight: 600; }
.wb-run.jupyter-button { background: var(--wb-accent); color: #fff; }
.wb-go button:disabled { opacity: .45; }
.wb-status { flex: 1 1 320px; min-width: 260px; }
.wb-bar { height: 8px; border-radius: 4px; background: var(--wb-soft); overflow: hidden; margin: 4px 0 3px; }
.wb-bar > div { height: 100%; border-radius: 4px; background: var(--wb-accent); }
.wb-line { display: flex; justify-content: space-between; gap: 16px; font-size: 12.5px;
  font-variant-numeric: tabular-nums; }
.wb-line span:last-child { color: var(--wb-quiet); white-space: nowrap; }
.wb-alert { border-left: 4px solid #d55e00; background: var(--wb-soft); border-radius: 4px; padding: 8px 12px;
  margin: 6px 2px; }
.wb-alert pre, .wb-code pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; line-height: 1.5;
  margin: 0; }
.wb-live { border: 1px solid var(--wb-line); border-radius: 8px; padding: 10px 12px; margin: 10px 0 4px !important;
  overflow: visible; }
.wb-live .widget-dropdown { width: 300px; }
.wb-chart { min-height: 400px; overflow-x: auto; color: var(--jp-ui-font-color1, #7a7a7a); }
.wb-hint { min-height: 400px; display: flex; align-items: center; justify-content: center; color: var(--wb-quiet); }
.wb-words p { margin: 3px 2px; }
.wb-code { margin-top: 8px; }
.wb-code > div { background: var(--wb-soft); border-radius: 6px; padding: 9px 12px; margin: 3px 0 10px;
  display: flex; justify-content: space-between; gap: 12px; align-items: flex-start; }
.wb-code pre { background: none; border: 0; padding: 0; color: inherit;
  font-family: var(--jp-code-font-family, monospace);
  user-select: all; }
.wb-code button { font-size: 11.5px; padding: 2px 10px; border-radius: 5px; border: 1px solid var(--wb-line);
  background: transparent; color: inherit; cursor: pointer; flex: none; }
.wb-code b, .wb-panel summary { font-weight: 600; font-size: 12.5px; }
.wb-panel summary { cursor: pointer; }
.wb-table { max-height: 260px; overflow: auto; margin-top: 6px; border: 1px solid var(--wb-line);
  border-radius: 6px; }
.wb-table table { border-collapse: collapse; font-size: 12px; font-variant-numeric: tabular-nums; margin: 0;
  width: 100%; }
.wb-table th { position: sticky; top: 0; background: var(--wb-soft); text-align: right; }
.wb-table th, .wb-table td { padding: 3px 10px; white-space: nowrap; text-align: right; }
.wb-table td:first-child, .wb-table th:first-child { text-align: left; }
.wb-panel a { color: var(--jp-content-link-color, #0080c6); text-decoration: underline; }
</style>
"""

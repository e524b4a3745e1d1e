"""The chart in a real browser: new rows are drawn as all at once would be, and what a person chose in it stays."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import altair as alt
import lab
import pytest
from PIL import Image, ImageChops

from workbench.charts.grammar import Picture
from workbench.panels.chart import bundle
from workbench.panels.specifications import specification

MODEL = """() => {
  window.Model = class {  // what anywidget gives a widget
    constructor(state) { this.state = state; this.heard = {}; }
    get(name) { return this.state[name]; }
    on(event, hear) { (this.heard[event] ??= []).push(hear); }
    off(event, hear) { this.heard[event] = this.heard[event].filter(other => other !== hear); }
    set(name, value) {
      const news = typeof name === "string" ? { [name]: value } : name;
      const changed = Object.keys(news).filter(n => JSON.stringify(this.state[n]) !== JSON.stringify(news[n]));
      Object.assign(this.state, news);
      for (const n of changed) for (const hear of [...(this.heard["change:" + n] ?? [])]) hear();
    }
    save_changes() {}
  };
  window.show = async (spec, rows, params = {}) => {
    window.model?.end();
    window.model = new Model({ spec, rows, params });
    const place = document.createElement("div");
    place.id = "place"; document.body.replaceChildren(place);
    model.end = half.default.render({ model, el: place });
  };
  window.settled = async () => { for (let i = 0; i < 3; i++) await new Promise(r => setTimeout(r, 120)); };
}"""


def rows_of(n: int) -> list[dict[str, Any]]:
    return [{"round": i, "value": (i * i) % 7 + i / 10, "kind": f"kind {i % 3}"} for i in range(n)]


def drawn(rows: list[dict[str, Any]], width: int) -> alt.Chart:
    menu = alt.param(name="shown", value="kind 0", bind=alt.binding_select(options=["kind 0", "kind 1", "kind 2"]))
    zoom = alt.selection_interval(name="zoom", bind="scales")
    points = alt.Chart(alt.Data(values=rows)).mark_point(filled=True, size=200)
    points = points.encode(x="round:Q", y="value:Q", color="kind:N", tooltip="round:Q")
    return points.add_params(menu, zoom).properties(width=width, description="Values by round.")


SELECTED = Picture(rows_of, drawn, selects=("round",))


@pytest.fixture
def page(browser: Any) -> Any:
    """A page with the browser's half of a chart, and what it asks of Jupyter."""
    page = browser.new_page(viewport={"width": 900, "height": 1400})
    page.said = []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.set_content("<!doctype html><html lang=en><title>a chart</title><body></body></html>")
    page.evaluate(MODEL)
    source = (
        "async src => { window.half = await import(URL.createObjectURL(new Blob([src], {type: 'text/javascript'}))) }"
    )
    page.evaluate(source, bundle())
    return page


def show(page: Any, n: int, params: dict[str, Any] | None = None) -> None:
    spec = specification(SELECTED.draw(rows_of(n), 500))
    page.evaluate("([spec, rows, params]) => show(spec, rows, params)", [spec, rows_of(n), params or {}])
    page.locator("#place svg").wait_for()
    page.evaluate("settled()")


def swap(page: Any, n: int) -> None:
    page.evaluate("async rows => { model.set('rows', rows); await settled(); }", rows_of(n))


def params(page: Any) -> dict[str, Any]:
    page.evaluate("settled()")
    return page.evaluate("model.get('params')")


def marks(page: Any) -> Any:
    return page.locator("#place .mark-symbol.role-mark path")


def axis(page: Any) -> list[str]:
    return page.locator("#place .role-axis-label").first.locator("text").all_inner_texts()


def picture(page: Any) -> Image.Image:
    return Image.open(io.BytesIO(page.locator("#place").screenshot())).convert("RGB")


@pytest.mark.browser
def test_new_rows_are_drawn_as_a_chart_made_of_them_at_once(page: Any):
    show(page, 3)
    few = picture(page)
    page.evaluate("spec => model.set('spec', spec)", specification(SELECTED.draw(rows_of(30), 500)))
    swap(page, 30)
    swapped = picture(page)
    show(page, 30)
    assert swapped.size == picture(page).size
    assert ImageChops.difference(swapped, picture(page)).getbbox() is None
    assert few.size != swapped.size or ImageChops.difference(few, swapped).getbbox() is not None
    assert page.said == []


@pytest.mark.browser
def test_zoom_menu_and_selection_survive_ten_updates_and_a_new_specification(page: Any):
    show(page, 5)
    page.select_option("#place select", "kind 2")
    marks(page).nth(3).click()
    page.locator("#place svg").hover(position={"x": 200, "y": 100})
    page.mouse.wheel(0, -300)
    chosen = params(page)
    assert chosen["shown"] == "kind 2"
    assert chosen["picked"] == [{"round": 3}]
    assert list(chosen["zoom"]) == ["round", "value"]
    zoomed = axis(page)
    for n in range(6, 16):
        swap(page, n)
        assert axis(page) == zoomed
    assert params(page) == chosen
    assert page.input_value("#place select") == "kind 2"
    page.focus("#place select")
    page.evaluate("async spec => { model.set('spec', spec); await settled(); }", specification(drawn_wider()))
    assert page.locator("#place svg").get_attribute("width") > "600"
    assert axis(page)[0] == zoomed[0]
    assert params(page) == chosen
    assert page.input_value("#place select") == "kind 2"
    assert page.evaluate("document.activeElement.name") == "shown"  # a keyboard stays where it was
    opacities = {mark.get_attribute("opacity") for mark in marks(page).all()}
    assert len(opacities) == 2  # what is not selected is pale
    assert page.said == []


def drawn_wider() -> Any:
    return SELECTED.draw(rows_of(15), 700)


@pytest.mark.browser
def test_three_hundred_updates_leave_one_view_and_no_listener_more(page: Any):
    show(page, 5)
    page.evaluate("window.svg = document.querySelector('#place svg')")
    heard = "Object.values(model.heard).flat().length"
    before = page.evaluate(heard), page.locator("*").count()
    swaps = (
        "async rows => { for (let i = 0; i < 300; i++) { model.set('rows', [...rows, {round: 9, value: i, kind: 'k'}]);"
    )
    page.evaluate(swaps + " await new Promise(r => setTimeout(r)); } await settled(); }", rows_of(4))
    assert page.evaluate("document.querySelectorAll('#place svg').length") == 1
    assert page.evaluate("document.querySelector('#place svg') === window.svg")
    assert abs(page.locator("*").count() - before[1]) < 30
    assert page.evaluate(heard) == before[0] == 3
    page.evaluate("model.end()")
    assert page.evaluate(heard) == 0
    assert page.said == []


@pytest.mark.browser
def test_specifications_that_overtake_one_another_end_with_the_last(page: Any):
    show(page, 5)
    specs = [specification(SELECTED.draw(rows_of(5), width)) for width in (400, 700, 500, 650)]
    page.evaluate("async specs => { for (const spec of specs) model.set('spec', spec); await settled(); }", specs)
    assert page.locator("#place svg").count() == 1
    wide = page.locator("#place svg").get_attribute("width")
    show(page, 5)
    page.evaluate("async spec => { model.set('spec', spec); await settled(); }", specs[-1])
    assert page.locator("#place svg").get_attribute("width") == wide


@pytest.mark.browser
def test_what_is_chosen_in_python_is_chosen_here_and_an_error_is_said_in_words(page: Any):
    show(page, 5, {"picked": [{"round": 2}], "shown": "kind 1"})
    assert page.input_value("#place select") == "kind 1"
    pale = [float(mark.get_attribute("opacity") or 1) < 1 for mark in marks(page).all()]
    assert pale == [True, True, False, True, True]
    page.evaluate("async () => { model.set('params', {shown: 'kind 2'}); await settled(); }")
    assert page.input_value("#place select") == "kind 2"
    assert not any(float(mark.get_attribute("opacity") or 1) < 1 for mark in marks(page).all())
    page.evaluate("async () => { model.set('params', {shown: 'gone'}); await settled(); }")
    assert page.input_value("#place select") == "kind 0"  # there is no such choice
    wrong = {"mark": "point", "encoding": {"x": 7}, "transform": [{"filter": "("}]}
    page.evaluate("async spec => { model.set('spec', spec); await settled(); }", wrong)
    assert "The chart could not be drawn here: " in page.locator("#place [role=alert]").inner_text()
    spec = specification(SELECTED.draw(rows_of(5), 500))
    page.evaluate("async spec => { model.set('spec', spec); await settled(); }", spec)
    assert page.locator("#place svg").count() == 1
    assert page.locator("#place [role=graphics-document]").get_attribute("aria-label") == "Values by round."


RESTS = """() => new Promise(done => {
    const drawn = () => document.querySelector('.wb-chart svg').outerHTML, before = drawn();
    setTimeout(() => done(before === drawn()), 1000);
})"""  # a mark that is drawn anew under the pointer is not clicked


@pytest.mark.browser
def test_a_click_selects_a_round_in_jupyterlab_and_a_brush_images(opened: Callable[..., lab.Page]):
    few = "train_size=100, epochs=1, replicas=1"
    lottery = f"import workbench as wb\nlottery = wb.panel('lottery', archive=None, rounds=2, {few})\nlottery"
    page = opened("lab", lottery)
    page.run_all()
    page.button("Run").click()
    page.wait("finished after")
    page.page.wait_for_function(RESTS)
    page.page.locator(".wb-chart .mark-symbol.role-mark path").last.click()
    page.wait("Selected: 1 mark")
    rounds, _ = page.execute("print(lottery.selection.rounds, len(lottery.selection.outcomes))")
    assert rounds.strip() in ("(0,) 1", "(1,) 1", "(2,) 1")
    page.button("Clear selection").click()
    page.page.wait_for_function("() => !document.querySelector('.wb-beside').innerText.includes('Selected')")

    scores = f"import workbench as wb\nscores = wb.panel('scores', archive=None, {few})\nscores"
    page = opened("lab", scores)
    page.run_all()
    page.field("chart").select_option("score against score")
    page.button("Run").click()
    page.wait("finished after")
    plane = page.page.locator(".wb-chart svg")
    plane.get_by_text("Do two scores agree?").wait_for()
    page.page.select_option(".wb-chart select[name=score_y]", "margin")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    corners = [(0.14, 0.26), (0.6, 0.5), (0.97, 0.86)]  # of the plane, as shares of the drawing
    for (x, y), act in zip(corners, (page.page.mouse.down, lambda: None, page.page.mouse.up), strict=True):
        page.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=3)
        act()
    page.page.locator(".wb-images img").first.wait_for()
    printed, _ = page.execute("s = scores.selection; print(len(s.ids) > 0, s.examples.ids.tolist() == list(s.ids))")
    assert printed.strip() == "True True"
    assert page.errors == []
    assert page.outside == []

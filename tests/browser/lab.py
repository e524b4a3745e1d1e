"""A real JupyterLab, Notebook 7 or Voilà, and a real page of it, with throw-away settings, on the loopback alone."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
QUIET = """--LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate
    --LabApp.extension_manager=readonly"""
HOSTS = {  # its module, the arguments of its own, and the page of a notebook
    "lab": ("jupyterlab", f"--LabApp.expose_app_in_browser=True {QUIET}", "lab/tree/{}?reset&"),
    "notebook": ("notebook", f"--JupyterNotebookApp.expose_app_in_browser=True {QUIET}", "notebooks/{}?"),
    "voila": ("voila", "--Voila.ip=127.0.0.1", "voila/render/{}?"),
}
JUPYTER = """--allow-root --ServerApp.ip=127.0.0.1 --ServerApp.port={port} --ServerApp.port_retries=0
    --ServerApp.root_dir={work} --IdentityProvider.token={token}"""
VOILA = "--Voila.port={port} --Voila.port_retries=0 --Voila.token={token} {work}"
KERNEL = """const w = window.jupyterapp.shell.currentWidget;
    const s = w && w.sessionContext && w.sessionContext.session; const k = s && s.kernel;"""


def chromium() -> str | None:
    """The browser: CHROMIUM, or the one on the path."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def server(folder: Path, host: str = "lab", theme: str = "light", packages: Path | None = None) -> Iterator[str]:
    """Serve a folder's `work` with settings of its own; gives the address of its notebooks, with `{}` for the name.

    What is in the folder `packages` is imported before what is installed.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token, work = secrets.token_hex(16), folder / "work"
    themed = {"@jupyterlab/apputils-extension/themes": {"theme": f"JupyterLab {theme.capitalize()}"}}
    for plugin, values in {**SETTINGS, **themed}.items():
        file = folder / "settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    module, arguments, page = HOSTS[host]
    where = (VOILA if host == "voila" else JUPYTER).format(port=port, token=token, work=work)
    command = f"{sys.executable} -m {module} --no-browser {arguments} {where}"
    with open(folder / "server.log", "wb") as log:
        process = subprocess.Popen(command.split(), env=_environment(folder, packages), stdout=log, stderr=log)
    try:
        status = "voila/static/voila.js" if host == "voila" else "api/status"
        _ready(f"http://127.0.0.1:{port}/{status}?token={token}", process, folder / "server.log")
        yield f"http://127.0.0.1:{port}/{page}token={token}"
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server: kindly, and by force where it waits for ever for a kernel that does not answer."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _environment(folder: Path, packages: Path | None) -> dict[str, str]:
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    first = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    imported = [packages, ROOT, Path(__file__).parent, os.environ.get("PYTHONPATH")]
    path = os.pathsep.join(str(place) for place in imported if place)
    own = {name: str(folder / place) for name, place in places.items()}
    return {**os.environ, **own, "PATH": first, "PYTHONPATH": path}


def _ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert process.poll() is None, f"JupyterLab ended at its start:\n{log.read_text()[-3000:]}"
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (OSError, urllib.error.URLError):
            time.sleep(0.2)
    raise TimeoutError(f"JupyterLab is not ready:\n{log.read_text()[-3000:]}")


class Page:
    """One notebook in one page of a host. What the console said and what left the machine is in lists."""

    def __init__(self, browser: Any, address: str, notebook: str, host: str = "lab", height: int = 900) -> None:
        self.host, self.page = host, browser.new_page(viewport={"width": 1400, "height": height})
        self.page.set_default_timeout(60_000)
        self.errors: list[str] = []
        self.warnings: list[str] = []
        self.outside: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.errors.append(error.stack or str(error)))
        self.page.on("request", self._request)
        self.page.goto(address.format(notebook), wait_until="domcontentloaded")
        if host == "voila":  # which runs all cells by itself
            self.page.locator(".wb-panel").first.wait_for()
            return
        self.page.wait_for_function("() => window.jupyterapp && window.jupyterapp.restored")
        self.page.locator(".jp-NotebookPanel .jp-Notebook").first.wait_for()
        self.page.wait_for_function(f"() => {{ {KERNEL} return k && k.status === 'idle'; }}")
        self.command("application:toggle-left-area")

    def _said(self, message: Any) -> None:
        kinds = {"error": self.errors, "warning": self.warnings}
        if message.type in kinds:
            kinds[message.type].append(message.text)

    def _request(self, request: Any) -> None:
        if request.url.startswith("http") and "://127.0.0.1:" not in request.url:
            self.outside.append(request.url)

    def command(self, name: str) -> None:
        """Carry out a command of JupyterLab's; one that the host does not have is left out."""
        commands = "window.jupyterapp.commands"
        self.page.evaluate(f"name => {{ if ({commands}.hasCommand(name)) {commands}.execute(name); }}", name)

    def theme(self, name: str) -> None:
        """Change to JupyterLab's "Light" or "Dark"."""
        theme = f"JupyterLab {name}"
        self.page.evaluate(f"() => window.jupyterapp.commands.execute('apputils:change-theme', {{theme: '{theme}'}})")
        self.page.wait_for_function(f"() => document.body.dataset.jpThemeName === '{theme}'")

    def run_all(self) -> None:
        """Run all cells, and wait until all have run."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")

    def execute(self, code: str) -> tuple[str, float]:
        """Run code in the notebook's kernel, as another cell would; what it printed, and the seconds it took."""
        began = time.monotonic()
        printed = self.page.evaluate(
            f"""async code => {{ {KERNEL} let text = '';
            const f = k.requestExecute({{code, store_history: false}});
            f.onIOPub = m => {{ text += m.content.text || m.content.evalue || ''; }};
            await f.done; return text; }}""",
            code,
        )
        return printed, time.monotonic() - began

    def button(self, words: str) -> Any:
        """A button of the panel by its text."""
        return self.page.locator(".wb-panel button.jupyter-button").filter(has_text=words).first

    def field(self, label: str) -> Any:
        """The input of the panel with this label."""
        return self.page.locator(".wb-panel").get_by_label(label, exact=True).first

    def chart(self) -> str:
        """The chart's drawing, as text; empty before there is one."""
        return self.page.evaluate("() => (document.querySelector('.wb-chart svg') || {outerHTML: ''}).outerHTML")

    def wait(self, text: str) -> None:
        """Wait until the panel, or what is around it, shows a text."""
        self.page.wait_for_function(
            "t => document.querySelector('.wb-bench, .wb-panel')?.innerText.includes(t)", arg=text
        )


Opened = Callable[..., Page]  # what the fixture `opened` is

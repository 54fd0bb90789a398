"""Chromium without a window, driven over two pipes by the DevTools protocol: no driver, no library.

https://chromedevtools.github.io/devtools-protocol/; messages are JSON, each ended by a zero byte.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from waiting import wait_until

__all__ = ["Page", "browser", "find_chromium", "page_in_browser"]

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 60.0
KEYS = {
    "ArrowUp": 38, "ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39, "PageDown": 34, "PageUp": 33,
    "Home": 36, "End": 35, "Tab": 9, "Enter": 13, "Escape": 27,
}  # fmt: skip
SHIFT = 8


def find_chromium() -> str | None:
    """Return Chromium's program; None where it isn't installed."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """A page in the browser, and what is done with it."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._out, self._in = to_browser, from_browser
        self._number, self._rest, self.session = 0, b"", ""
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + SECONDS
        while True:
            answer = self._next(until)
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return dict(answer["result"])
            self.events.append(answer)

    def _next(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            assert ready, "the browser doesn't answer"
            piece = os.read(self._in, 1 << 20)
            assert piece, "the browser ended"
            self._rest += piece
        text, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(text))

    def open(self, url: str, *, width: int = 1024, height: int = 900) -> None:
        """Go to an address and wait until its script has run."""
        self.resize(width, height)
        self.call("Page.navigate", url=url)
        self.wait("document.documentElement?.dataset.ready === 'true'")

    def resize(self, width: int, height: int = 900, *, touch: bool = False) -> None:
        """Give the page a size in CSS pixels; half of it is what 200 % zoom leaves."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
            mobile=False,
        )  # fmt: skip
        self.call("Emulation.setTouchEmulationEnabled", enabled=touch, maxTouchPoints=5)

    def prefer(self, scheme: str) -> None:
        """Prefer dark or light."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def run(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, awaited."""
        found = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, condition: str, seconds: float = SECONDS) -> None:
        """Wait until an expression is true."""
        wait_until(lambda: self.run(condition), seconds, what=condition)

    def text(self, selector: str) -> str:
        """Return the text of the first element of a selector, as it is shown."""
        return str(self.run(f"document.querySelector({json.dumps(selector)}).innerText"))

    def choose(self, selector: str, files: Sequence[Path]) -> None:
        """Put files into an input element."""
        found = self.call(
            "Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})"
        )
        self.call(
            "DOM.setFileInputFiles", files=[str(file) for file in files],
            objectId=found["result"]["objectId"],
        )  # fmt: skip

    def click(self, selector: str) -> None:
        """Click an element as a user does."""
        self.run(
            f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block:'center'}})"
        )
        x, y = self.middle(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def middle(self, selector: str) -> tuple[float, float]:
        """Return the middle of an element in the window."""
        box = self.run(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)})"
            f".getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()"
        )
        return float(box[0]), float(box[1])

    def drag(self, selector: str, across: float, down: float) -> None:
        """Press the mouse on an element, move and release it."""
        x, y = self.middle(selector)
        self.call("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, button="left",
                  clickCount=1)  # fmt: skip
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x + across, y=y + down,
                  button="left", buttons=1)  # fmt: skip
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=x + across, y=y + down,
                  button="left")  # fmt: skip

    def swipe(self, selector: str, down: float) -> None:
        """Move a finger over an element."""
        x, y = self.middle(selector)
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        for step in range(1, 5):
            point = {"x": x, "y": y + down * step / 4}
            self.call("Input.dispatchTouchEvent", type="touchMove", touchPoints=[point])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def wheel(self, selector: str, down: float) -> None:
        """Turn the wheel over an element."""
        x, y = self.middle(selector)
        self.call("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=down)

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key."""
        code = KEYS.get(key, 0)
        more = {} if code else {"text": key}
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, modifiers=SHIFT * shift,
                windowsVirtualKeyCode=code, **(more if kind == "keyDown" else {}),
            )  # fmt: skip

    def picture(self, path: Path, *, full: bool = False) -> None:
        """Save what the window shows, or all of the page, as PNG."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=full)["data"]
        path.write_bytes(base64.b64decode(data))

    def complaints(self) -> list[str]:
        """Return the errors on the page's console, CSP's included; refused files are none."""
        self.run("0")
        found = []
        for event in self.events:
            parameters = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                found.append(str(parameters["exceptionDetails"]))
            entry = parameters.get("entry", {})
            refused = entry.get("source") == "network" and "/predict" in entry.get("url", "")
            if (
                event.get("method") == "Log.entryAdded"
                and entry.get("level") == "error"
                and (not refused)
            ):
                found.append(f"{entry.get('text')} {entry.get('url', '')}")
        return found


@contextmanager
def browser() -> Iterator[Page]:
    """Start Chromium and yield its page; skip the test where it isn't installed."""
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    read_commands, to_browser = os.pipe()
    from_browser, write_answers = os.pipe()
    profile = tempfile.mkdtemp(prefix="hilum-chromium-")
    process = subprocess.Popen(
        ["bash", "-c", f'exec "$0" "$@" 3<&{read_commands} 4>&{write_answers}', program,
         "--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu",
         "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-dev-shm-usage", "--hide-scrollbars", f"--user-data-dir={profile}",
         "about:blank"],
        pass_fds=(read_commands, write_answers), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    os.close(read_commands)
    os.close(write_answers)
    page = Page(to_browser, from_browser)
    try:
        yield page_in_browser(page)
    finally:
        process.kill()
        process.wait()
        os.close(to_browser)
        os.close(from_browser)
        shutil.rmtree(profile, ignore_errors=True)


def page_in_browser(page: Page) -> Page:
    """Attach to the browser's first page."""
    targets = page.call("Target.getTargets")["targetInfos"]
    target = next(one["targetId"] for one in targets if one["type"] == "page")
    page.session = page.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Log", "DOM"):
        page.call(f"{domain}.enable")
    return page

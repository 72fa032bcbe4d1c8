# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium, driven through chromedriver: opens a page as a phone or a desktop in either theme."""
import base64
import json
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request


class Browser:
    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._url = f"http://127.0.0.1:{port}"
        self._session = None
        self._profile = tempfile.TemporaryDirectory()
        self._driver = subprocess.Popen(
            ["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise

    def _start(self):
        for _ in range(100):
            try:
                self._call("GET", "/status")
                break
            except urllib.error.URLError:
                time.sleep(0.1)
        arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"--user-data-dir={self._profile.name}",
        ]
        options = {"goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}}
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": options}})
        self._session = "/session/" + answer["sessionId"]

    def _call(self, method, path, body=None):
        request = urllib.request.Request(
            self._url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)["value"]

    def devtools(self, command, **parameters):
        return self._call("POST", self._session + "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, path, width, dark=False):
        """As a system with that colour scheme would show it; empties the log first."""
        self.log()
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        self.devtools(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        self._call("POST", self._session + "/url", {"url": "file://" + path})

    def run(self, script):
        return self._call("POST", self._session + "/execute/sync", {"script": script, "args": []})

    def log(self):
        return self._call("POST", self._session + "/se/log", {"type": "browser"})

    def screenshot(self, path):
        """The whole page, however long."""
        size = self.run("const e = document.documentElement; return [e.clientWidth, e.scrollHeight];")
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        picture = self.devtools("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._session:
            try:
                self._call("DELETE", self._session)
            except (OSError, urllib.error.URLError):
                pass
        self._driver.terminate()
        self._driver.wait(timeout=20)
        self._profile.cleanup()

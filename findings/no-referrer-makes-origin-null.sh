#!/usr/bin/env bash
# With "Referrer-Policy: no-referrer" a browser sends "Origin: null" with the forms of a page to its own server.
#
# The policy is recommended for pages with secrets in their addresses, and a check of Origin for what changes something. Both
# together refuse every form, of one's own pages too: the Fetch standard derives the origin of a POST that navigates from the
# referrer policy. Clients without a browser (curl, test clients) never show it. "same-origin" keeps addresses from others
# as well, and sends the origin.
#
# Seen: tiermem's own screen, whose undo worked in every test but the one in a browser; Chromium 156, Debian 12.
# Needs Debian's chromium, and python3 with pip and venv; installs Playwright's package into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "playwright==1.65.2"
cat > "$folder/forms.py" <<'PROGRAM'
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from playwright.sync_api import sync_playwright


class Forms(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Referrer-Policy", self.path[1:])
        self.end_headers()
        self.wfile.write(b'<form method="post" action="/"><button>go</button></form>')

    def do_POST(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers.get("Origin", "none").replace(str(self.server.server_port), "PORT").encode())

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Forms)
threading.Thread(target=server.serve_forever, daemon=True).start()
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    page = browser.new_page()
    for policy in ("no-referrer", "same-origin"):
        page.goto(f"http://127.0.0.1:{server.server_port}/{policy}")
        page.click("button")
        print(f"{policy}: {page.inner_text('body')}")
    browser.close()
PROGRAM
"$folder/venv/bin/python" "$folder/forms.py" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
no-referrer: null
same-origin: http://127.0.0.1:PORT
EXPECTED
echo "as described"

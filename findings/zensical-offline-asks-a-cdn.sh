#!/usr/bin/env bash
# The plugin of zensical that makes a site work offline has every page load a script from a CDN.
#
# A site that is built with [project.plugins.offline] is meant to be opened from a folder, without a network. Browsers run no
# workers for file:// pages, so a shim for workers is needed for the search; the template takes it from unpkg.com. Without a
# network the pages show, but the search does not work, and with one each reader of "offline" documentation is seen by a third
# party. `zensical build --strict` says "No issues found". Without the plugin nothing is fetched, and the search needs a server.
#
# Seen: a check of a built site for anything that is fetched from elsewhere; zensical 0.0.73, Python 3.11. Needs python3 with
# pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "zensical==0.0.73"
mkdir -p "$folder/site/docs"
echo "# Hello" > "$folder/site/docs/index.md"
cd "$folder/site"
for plugin in search offline; do
  printf '[project]\nsite_name = "s"\n[project.theme]\nfont = false\n[project.plugins.%s]\n' "$plugin" > zensical.toml
  "$folder/venv/bin/zensical" build --strict --clean > build.log 2>&1
  fetched=$(grep -o '<script src="*https*://[^" >]*' site/index.html || true)
  echo "$plugin: ${fetched:-nothing from elsewhere}"
done | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
search: nothing from elsewhere
offline: <script src="https://unpkg.com/iframe-worker/shim
EXPECTED
echo "as described"

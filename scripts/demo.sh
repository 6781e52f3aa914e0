#!/usr/bin/env bash
# The main job in one go: specs are checked, compiled, previewed, applied, changed and applied again.
# Works on a copy below build/demo, so that the checkout stays as it is.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
demo=$root/build/demo
export PATH="$BIN:$PATH"
unset PULUMI_BACKEND_URL PULUMI_STACK PULUMI_CONFIG_PASSPHRASE_FILE
export PULUMI_CONFIG_PASSPHRASE=""  # the sample's dev stack is encrypted with it

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '\033[36m$ %s\033[0m\n' "$*"; }
run() { show "$@"; "$@"; }

rm -rf "$demo" && mkdir -p "$demo"
cp -R "$root/apps" "$root/stacks" "$root/Pulumi.yaml" "$demo"
cd "$demo"

say "1. Thirteen apps in small YAML specs, among them this one:"
run cat apps/boutique/emailservice.yaml

say "2. Every spec is checked in every environment. No engine, no cluster, no network:"
run platc check

say "3. They compile to Kubernetes manifests:"
run platc compile --env dev -o out
printf '%s specs of %s lines became %s lines of YAML\n' "$(find apps -name '*.yaml' | wc -l)" \
  "$(find apps -name '*.yaml' -exec cat {} + | wc -l)" "$(cat out/*.yaml | wc -l)"

say "4. The Pulumi engine, obtained once:"
run platc engine install

say "5. What would be applied to the folder rendered/dev:"
run platc preview --env dev emailservice

say "6. Apply everything:"
show platc up --env dev --yes
platc up --env dev --yes 2>&1 | tail -1

say "7. Change one field: two replicas of emailservice. The preview shows that change, with its spec line:"
printf 'replicas: 2\n' >> apps/boutique/emailservice.yaml
run platc preview --env dev

say "8. Apply it:"
run platc up --env dev --yes

say "9. What the state knows of the Deployment:"
show platc engine pulumi -- stack export -s dev
platc engine pulumi -- stack export -s dev | python3 -c '
import json, sys
for item in json.load(sys.stdin)["deployment"]["resources"]:
    if item["urn"].endswith("emailservice/emailservice/deployment"):
        print("  urn:     ", item["urn"])
        print("  spec:    ", item["sourcePosition"])
        print("  replicas:", item["outputs"]["spec"]["replicas"])
'

say "Next steps"
cat <<EOF
  cd build/demo                              this platform, yours to play with
  ls rendered/dev/1-manifest                 what was applied
  ../../.venv/bin/platc explain frontend --env prod     where every value comes from
  ../../.venv/bin/platc graph --env dev      who calls whom, as Mermaid
  ../../.venv/bin/platc engine cluster up    a Kubernetes control plane on this machine, for --env local
  ../../.venv/bin/platc destroy --env dev    delete it again
  README.md                                  how to write specs and blueprints
EOF

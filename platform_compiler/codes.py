"""The table of diagnostic codes: each has a title, a cause and a cure.

A code never changes its meaning and is never used again for something else. `docs/errors.md` is written from this
table, and every code has a case under `tests/cases/errors/`.
"""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """What a code stands for, in words for the docs."""

    title: str
    cause: str
    cure: str


CODES: dict[str, Code] = {
    # PC1xx: the text is not the strict YAML that a spec is written in
    "PC101": Code("yaml-syntax", "The file is not valid YAML.", "Mend the syntax at the caret."),
    "PC102": Code("duplicate-key", "A mapping has the same key twice; YAML would keep one silently.", "Remove one."),
    "PC103": Code(
        "ambiguous-scalar",
        "An unquoted `yes`, `no`, `on`, `off`, octal, sexagesimal or underscored number means different things to "
        "different YAML parsers; or a number would not come out as it is written, such as `1.10` or `+5`.",
        "Write `true` or `false`, a plain decimal number, or quote the text.",
    ),
    "PC104": Code("several-documents", "The file holds more than one YAML document.", "One app, one file."),
    "PC105": Code("non-string-key", "A key is not a string.", "Quote the key."),
    "PC106": Code("file-too-large", "The file is larger than a spec may be.", "Split the app, or remove bulk data."),
    "PC107": Code(
        "too-many-aliases",
        "Aliases repeat more text and values than a spec may have.",
        "Write the values out, or put shared ones into the environment's `defaults`.",
    ),
    "PC108": Code("tab-indentation", "A tab indents a line; YAML allows only spaces.", "Indent with spaces."),
    "PC109": Code("not-text", "The file is not UTF-8 text.", "Save it as UTF-8."),
    "PC110": Code(
        "not-a-mapping",
        "The file is empty or its top level is not a mapping.",
        "Start a spec with `app: NAME`, an environment with a field such as `domain: NAME`.",
    ),
    "PC111": Code(
        "unsupported-yaml", "A tag, a merge key or a directive that specs do not support.", "Write the plain value."
    ),
    "PC112": Code("nested-too-deep", "Values are nested deeper than a spec may be.", "Flatten the value."),
    # PC2xx: the shape of a spec or an environment
    "PC201": Code("unknown-field", "A field that does not exist here.", "Use the nearest valid name."),
    "PC202": Code("missing-field", "A required field is not there.", "Add it."),
    "PC203": Code("wrong-type", "A value has the wrong type.", "Write a value of the expected type."),
    "PC204": Code("invalid-value", "A value is of the right type but not allowed.", "Use an allowed value."),
    "PC205": Code("bad-name", "A name cannot be used in Kubernetes.", "Lower-case letters, digits and dashes."),
    "PC206": Code("duplicate-app", "Two files claim the same app name.", "Rename one app."),
    "PC207": Code("unreadable-file", "A file cannot be read.", "Check its permissions and that it exists."),
    "PC208": Code(
        "patch-without-effect",
        "A patch matches no object of its component, or changes nothing in one.",
        "Name a kind and role that `platc compile` shows, and a path that exists; or remove the patch.",
    ),
    # PC3xx: blueprints
    "PC301": Code("unknown-blueprint", "No blueprint or interface has this name.", "See `platc blueprint list`."),
    "PC302": Code(
        "unbound-blueprint",
        "A blueprint is named without a version and the environment binds the name to none.",
        "Write `name@version`, or bind the name under `bindings` of the environment.",
    ),
    "PC303": Code("unknown-version", "The blueprint exists, but not in this version.", "Use an existing version."),
    "PC304": Code("blueprint-claimed-twice", "Two blueprints claim one name and version.", "Rename or remove one."),
    "PC305": Code(
        "missing-capability",
        "The blueprint needs something that the environment's cluster does not offer.",
        "Install it and list it under the environment's `capabilities`, or do without the field.",
    ),
    "PC306": Code("wrong-binding", "A binding names a blueprint that is no implementation.", "Bind a matching one."),
    # PC35x: versions of blueprints
    "PC351": Code(
        "deprecated-blueprint",
        "The blueprint's version will be removed.",
        "Follow the hint; `platc migrate` may do it.",
    ),
    "PC352": Code("deprecated-field", "The field will be removed.", "Follow the hint; `platc migrate` may do it."),
    "PC353": Code(
        "no-migration",
        "No migration leads from the component's version of the blueprint to the wanted one.",
        "Change the spec by hand, or ask the blueprint's author for a `migration`.",
    ),
    "PC354": Code(
        "cannot-rewrite",
        "A migration cannot change the spec's text without harm.",
        "Write the value out at its own place, or change the spec by hand.",
    ),
    "PC355": Code(
        "migration-loses-state",
        "After the migration an object that holds data would be replaced or deleted.",
        "Keep the version, or let the blueprint's author keep the object.",
    ),
    "PC356": Code(
        "not-locked",
        "`platc.lock` does not hold: a spec compiles with another blueprint than the one that it pins.",
        "See `platc upgrade --plan`, then run `platc upgrade`, or go back to the pinned package.",
    ),
    # PC4xx: references
    "PC401": Code("bad-reference", "The text inside `${...}` is not a reference.", "Write `$${` for a literal."),
    "PC402": Code("unknown-component", "The app has no component of this name.", "Use an existing component."),
    "PC403": Code("unknown-app", "No app of this name is compiled in this environment.", "Use an existing app."),
    "PC404": Code("unknown-output", "The component's blueprint has no such output.", "Use a declared output."),
    "PC405": Code("private-output", "The output is not public to other apps.", "Use a public output."),
    "PC406": Code(
        "secret-in-clear",
        "A secret would be stored in clear text here.",
        "Put the secret into `env`, where it becomes a reference to a Kubernetes Secret.",
    ),
    "PC407": Code("unknown-environment-value", "The environment offers no such value.", "Use an offered value."),
    "PC408": Code("value-cycle", "Values refer to each other in a circle.", "Break the circle with a literal."),
    "PC409": Code("order-cycle", "Components wait for each other in a circle.", "Remove one `after`."),
    "PC410": Code("missing-secret", "The stack's config has no value for the secret.", "Set it with the hint's line."),
    "PC411": Code(
        "long-chain", "A value follows from too many references, one through the other.", "Write it out on the way."
    ),
    # PC5xx: environments
    "PC501": Code("unknown-environment", "No file under `stacks/` has this name.", "Use an existing environment."),
    # PC6xx: names
    "PC601": Code("name-too-long", "A name that follows from app and component is too long.", "Shorten one of them."),
    "PC602": Code(
        "name-collision", "Two resources would be the same Kubernetes object, or one in state.", "Rename one component."
    ),
    # PC7xx: faults of a blueprint, told to its author
    "PC701": Code("blueprint-failed", "A blueprint raised an exception.", "Mend the blueprint at the named line."),
    "PC702": Code("bad-manifest", "A blueprint made something that is no Kubernetes object.", "Mend the blueprint."),
    "PC703": Code("bad-blueprint", "A blueprint class is not well-formed.", "Mend the class at the named line."),
    "PC711": Code(
        "wrong-output",
        "A blueprint's `outputs` gives something else than its `Outputs` declares.",
        "Declare the output, or mend its name or value at the named line.",
    ),
    "PC712": Code(
        "schema-mismatch",
        "An object that a blueprint made does not fit the Kubernetes API of a supported version.",
        "Mend the field at the named line of the blueprint.",
    ),
    "PC713": Code(
        "not-deterministic",
        "A blueprint made different objects of the same inputs.",
        "Let `expand` follow from its inputs and `ctx` alone: no clock, no randomness, no order of a set.",
    ),
    "PC714": Code(
        "example-differs",
        "The objects of a blueprint's example, or its docs, are not those that were written down.",
        "If the change is meant, run `platc blueprint test --update` and look at the diff.",
    ),
    "PC715": Code(
        "no-example",
        "A blueprint has no example that a test could run.",
        "Write a spec into the folder `examples/NAME@VERSION/` beside the blueprint's file.",
    ),
    # PC8xx: policies
    "PC801": Code("pod-security", "A pod breaks the Pod Security Standard of its environment.", "Tighten the pod."),
    "PC802": Code(
        "forbidden-patch",
        "A component has patches, and its environment forbids them.",
        "Use fields of the blueprint, or ask its authors for one.",
    ),
    # PC9xx: the platform's own files
    "PC902": Code("no-revision", "Git cannot give the revision.", "Name a commit, branch or tag that is here."),
    "PC903": Code("bad-project", "`Pulumi.yaml` is not a project file.", "Give it a `name`; see Pulumi's docs."),
    "PC901": Code("no-platform", "No `Pulumi.yaml` in this folder or above it.", "Run `platc` inside a platform."),
}

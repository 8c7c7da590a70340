"""Probe suites: versioned, digested question lists; data only, read strictly, never edited once released.

A suite document (`blackbox.suite/1`, YAML or JSON)::

    schema: blackbox.suite/1
    name: my-suite                # a-z 0-9 . _ -; a shipped file is probes/<name>/v<version>.yaml
    version: 1
    digest: "…"                   # of everything else; `blackbox suites lock FILE` writes it
    title: One line
    description: What it is for and what it can't show
    licence: MIT
    questions: [same, mixed]      # of same, related, changed, mixed, which
    system: You are a helpful assistant.             # sent before each `prompt`
    decoding: {temperature: 1.0, top_p: 1.0}         # also seed, stop, top_logprobs
    decision: {alpha: 0.01, margin: 0.2, n_permutations: 9999, seed: 0, looks: 1}
    defaults: {family: pick, form: closed, parser: word, repeats: 15, max_output_tokens: 16}
    probes:
      - {id: colour-en, language: en, prompt: Name a random colour. Answer with one word only.}
      - id: hello-en
        language: en
        form: open                # closed: answers are categories; open: texts
        parser: text
        messages:                 # instead of prompt; then `system` is not added
          - {role: user, content: Say hello.}
        decoding: {top_logprobs: 5}                  # laid over the suite's
        tools: []                 # left out, or function tools as the chat API takes them

    short: {repeats: 5, probes: [colour-en]}         # its short form, `my-suite.short`; probes left out: all
    detects: What it can show.                       # for people, as are:
    against: What is known against it.
    unchecked: [What its writer could not check.]
    provenance: {kind: dataset}                      # what a made suite was made from

A probe may also state `key`, the right answer as its parser writes it, and `facts`, for the parser `numbers`, a
list of {id, value, tolerance, unit, source}.

`defaults` may state family, language, form, repeats, max_output_tokens and parser; a probe overrides them.

Parsers say how `features` turns a closed answer into a category:

- `text`: the normalised text as it stands;
- `word`: the one word that is the whole answer, without case and punctuation;
- `number`: the number that is the whole answer;
- `letter`: the one letter that is the whole answer, without case;
- `coin`: `heads` or `tails`, in whichever language it was said;
- `colour`: the colour in English, in whichever of four languages it was said;
- `choice`: the letter A to H that is chosen, alone, before its option or stated in a sentence;
- `numbers`: for each fact `=` where the answer is within tolerance, else the number on a grid, else `?`;
- `refusal`: `declined` or `answered`, by the reply's opening words;
- `claim`: the makers and dates a reply names, or `nobody`;
- `tool`: the tools a reply calls, `!` after one whose arguments do not fit its schema, or `none`.

An answer that is not what was asked for is the category `invalid:` and its text: behaviour too.
"""

from __future__ import annotations

from blackbox.suites.extras import EXTRAS
from blackbox.suites.families import FAMILIES
from blackbox.suites.linting import lint
from blackbox.suites.locking import locked
from blackbox.suites.profiles import Profile, find_all, profiles
from blackbox.suites.recorded import from_document, imported, imported_probe_id
from blackbox.suites.schema import PARSERS, QUESTIONS, SCHEMA
from blackbox.suites.secret import secret_suite
from blackbox.suites.shipped import available, find, load, parse, read_text, shipped_root
from blackbox.suites.short import short_form
from blackbox.suites.thinning import thinned

__all__ = [
    "EXTRAS",
    "FAMILIES",
    "PARSERS",
    "QUESTIONS",
    "SCHEMA",
    "Profile",
    "available",
    "find",
    "find_all",
    "from_document",
    "imported",
    "imported_probe_id",
    "lint",
    "load",
    "locked",
    "parse",
    "profiles",
    "read_text",
    "secret_suite",
    "shipped_root",
    "short_form",
    "thinned",
]

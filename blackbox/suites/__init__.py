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

`defaults` may state family, language, form, repeats, max_output_tokens and parser; a probe overrides them.

Parsers say how `features` turns a closed answer into a category:

- `text`: the normalised text as it stands;
- `word`: the one word that is the whole answer, without case and punctuation;
- `number`: the number that is the whole answer;
- `letter`: the one letter that is the whole answer, without case;
- `coin`: `heads` or `tails`, in whichever language it was said.

An answer that is not what was asked for is the category `invalid:` and its text: behaviour too.
"""

from __future__ import annotations

from blackbox.suites.linting import lint
from blackbox.suites.locking import locked
from blackbox.suites.recorded import from_document, imported, imported_probe_id
from blackbox.suites.schema import PARSERS, QUESTIONS, SCHEMA
from blackbox.suites.shipped import available, find, load, parse, read_text, shipped_root
from blackbox.suites.thinning import thinned

__all__ = [
    "PARSERS",
    "QUESTIONS",
    "SCHEMA",
    "available",
    "find",
    "from_document",
    "imported",
    "imported_probe_id",
    "lint",
    "load",
    "locked",
    "parse",
    "read_text",
    "shipped_root",
    "thinned",
]

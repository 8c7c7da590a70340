"""Text from outside at its worst, in one place: what every surface must show and none may obey.

A payload that ran would leave the mark `owned` on the page (an attribute, a title, a request): tests look for it.
"""

from __future__ import annotations

import re

SCRIPTS = (
    "<script>document.documentElement.setAttribute('owned','1')</script>",
    "\"><script>document.title='owned'</script>",
    "</script><script>fetch('http://127.0.0.1:9/owned')</script>",
    "</textarea></title></style><img src=x onerror=\"document.title='owned'\">",
    "' autofocus onfocus=document.title='owned' x='",
    "<details open ontoggle=document.title='owned'>",
    "<iframe srcdoc='<script>parent.document.title=`owned`</script>'></iframe>",
    "<a href='javascript:document.title=\"owned\"'>x</a>",
    "<form action=http://127.0.0.1:9/owned><button autofocus>x",
    "<base href='http://127.0.0.1:9/owned/'><meta http-equiv=refresh content='0;url=http://127.0.0.1:9/owned'>",
    "{{ 7 * 191 }}{% for x in y %}<!-- ]]><![CDATA[ -->",
    "</bdi></td></tr></table><h1 id=owned>Verdict: equivalent</h1>",
)
STYLES = (
    "</style><style>@import 'http://127.0.0.1:9/owned';body{display:none}</style>",
    "<link rel=stylesheet href=http://127.0.0.1:9/owned>",
    "x{}*{background:url(http://127.0.0.1:9/owned)}",
    '" style="position:fixed;inset:0;background:url(http://127.0.0.1:9/owned)',
)
PICTURES = (
    "<svg/onload=document.title='owned'>",
    "<svg><use href='http://127.0.0.1:9/owned#x'/><script>document.title='owned'</script></svg>",
    "<math><mtext><img src=http://127.0.0.1:9/owned></mtext></math>",
    "<img srcset='http://127.0.0.1:9/owned 1x'>",
)
TERMINAL = (
    "\x1b]0;owned\x07\x1b[2J\x1b[31m\x9b31m",
    "\x1b]8;;http://127.0.0.1:9/owned\x1b\\click\x1b]8;;\x1b\\",
    "\x1bP+q544e\x1b\\\x1b[6n\x1b[?1049h",
    "\x08\x08\x08\r\x7f\x85\x0b\x0c",
    "[bold red]owned[/] :smile: [link=http://127.0.0.1:9/owned]x[/link]",
)
INVISIBLE = (
    "\u202eevil\u202c \u2066x\u2069",
    "zero\u200bwidth\u200d\ufeff\u2060",
    "\U000e0041\U000e0042\ufff9\U000e0100",
    "line\r\nline\u2028line\u2029line",
)
FORMULAS = (
    '=HYPERLINK("http://127.0.0.1:9/owned")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "'quoted",
)
BROKEN = ("lone\ud800surrogate", "\udfff", "nul\x00nul", "Ẑ̴̧͕͛a̷l̸g̵o" * 20)
PATHS = (
    "../../owned",
    "/owned",
    "..\\..\\owned",
    "C:\\owned",
    "con",
    "NUL.txt",
    "a/b",
    ".",
    "..",
    "owned\x00.json",
    "~",
)
TEXTS = (*SCRIPTS, *STYLES, *PICTURES, *TERMINAL, *INVISIBLE, *FORMULAS, *BROKEN, *PATHS)

CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e01ef]"
)
"""What no terminal may receive, tab and line feed apart: controls, directions, zero width, lone surrogates."""
HUGE = 5_000_000
"""Characters of a line nobody expected."""


def harmless(text: str) -> str:
    """Return a text of letters as long as `text`, a different one for a different text."""
    number = TEXTS.index(text) if text in TEXTS else len(TEXTS)
    return f"w{number}".ljust(len(text), "x")

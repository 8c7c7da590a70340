"""Openings to continue in Russian, Arabic and Spanish, and of code in five languages.

Things are of one gender in each human language, so that every one fits every sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.suites.families.draws import Draws

    Bank = Mapping[str, Sequence[str]]

N_EACH = 2
_CONTINUE = {
    "ru": "Продолжи этот текст. Напиши только продолжение.", "ar": "أكمل هذا النص. اكتب التكملة فقط.",
    "es": "Continúa este texto. Escribe solo la continuación.",
    "und": "Continue this code. Write only the continuation, no explanation.",
}  # fmt: skip
_OPENINGS: Bank = {
    "ru": (
        "{place} есть {thing}, к которому много лет никто не прикасался. Однажды утром",
        "{thing} устроен просто. Сначала мастер",
        "Когда {who} впервые увидел {thing}, дождь только что кончился, и",
        "В старой описи сказано, что {thing} купили в год большого наводнения, потому что",
    ),
    "ar": (
        "لم يعرف أحد في القرية من ترك {thing} {place}، لكن",
        "فكرة {thing} بسيطة وقديمة. في البداية",
        "عندما رأى {who} {thing} لأول مرة كان المطر قد توقف، ثم",
        "تقول سجلات البلدة إن {thing} اشتري في سنة الفيضان لأن",
    ),
    "es": (
        "Nadie en el pueblo sabía quién había dejado {thing} {place}, pero",
        "{thing} funciona de un modo sencillo. Primero",
        "Cuando {who} vio {thing} por primera vez, acababa de llover y",
        "Según el registro del pueblo, {thing} se compró el año de la riada, porque",
    ),
}
_THINGS: Bank = {
    "ru": (
        "ткацкий станок", "печатный станок", "паровой насос", "деревянный плуг", "медный колокол", "старый фонарь",
        "гончарный круг", "речной буй",
    ),
    "ar": (
        "المحراث الخشبي", "النول القديم", "الفانوس الكبير", "الجرس النحاسي", "الميزان الكبير", "القارب الشراعي", "المغزل",  # noqa: E501 - wide characters
        "المنفاخ",
    ),
    "es": (
        "el telar", "el molino de agua", "el reloj de sol", "el fuelle", "el farol", "el órgano", "el arado",
        "el horno de ladrillo",
    ),
}  # fmt: skip
_PLACES: Bank = {
    "ru": ("В нашем посёлке", "На окраине Заречья", "В доме у моста", "За старой мельницей"),
    "ar": ("قرب البئر", "أمام المدرسة", "تحت الجسر", "عند باب السوق"),
    "es": ("junto a la escuela", "detrás del molino", "debajo del puente", "delante del mercado"),
}
_WHO: Bank = {
    "ru": ("Тимофей", "сторож", "мой дед", "учитель"),
    "ar": ("الحارس", "المعلم", "جدي", "سليم"),
    "es": ("Marta", "el barquero", "mi tía", "el maestro"),
}
_CODE: Sequence[str] = (
    'def group_{items}({items}):\n    """Return the {items} in lists, by their {group}."""\n    found = {{}}\n',
    "// Sum the {key} of all {items} for each {group}.\nfunction totals({items}) {{\n  const totals = new Map();\n",
    "-- For each {group}, the three {items} of largest {key}.\nSELECT g.name, x.title, x.{key}\nFROM {items} AS x\n",
    "/* Return the index of the smallest {key}, or -1 if there are no {items}. */\nstatic int smallest(const double *{key}, int n_{items})\n{{\n",  # noqa: E501 - an opening a line
    "#!/bin/sh\n# List the {items} of a folder by {key}, each {group} apart.\nset -eu\ndir=${{1:?usage: list DIR}}\n",
)
"""One opening for each of five programming languages."""
_NAMES: Bank = {
    "items": ("orders", "parcels", "tickets", "samples", "trips", "books", "invoices", "boats", "letters", "loans"),
    "key": ("weight", "price", "length", "score", "delay", "depth", "age", "height"),
    "group": ("customer", "town", "month", "shelf", "driver", "crew", "colour", "owner"),
}


def foreign_openings(draws: Draws) -> list[tuple[str, str]]:
    """Return two openings in each of three languages: language and prompt."""
    found = []
    for language, asks in _OPENINGS.items():
        own = draws.child(f"opening/{language}")
        things = own.sample(_THINGS[language], N_EACH)
        for ask, thing in zip(own.sample(asks, N_EACH), things, strict=True):
            place, who = own.pick(_PLACES[language]), own.pick(_WHO[language])
            opening = ask.format(thing=thing, place=place, who=who)
            found.append((language, f"{_CONTINUE[language]}\n\n{opening[0].upper()}{opening[1:]}"))
    return found


def code_openings(draws: Draws) -> list[dict[str, Any]]:
    """Return an opening in each of five programming languages."""
    own = draws.child("code")
    prompts = [ask.format(**{slot: own.pick(names) for slot, names in _NAMES.items()}) for ask in _CODE]
    return [
        {"id": f"code-{i}", "family": "code", "language": "und", "prompt": f"{_CONTINUE['und']}\n\n{prompt}"}
        for i, prompt in enumerate(prompts, start=1)
    ]
